import { fullJitterMs } from "../../base/backoff.ts";
import { type Offset, partitionName } from "../../streams/record.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { ProtocolFault } from "../wire/errors.ts";
import {
  type Divergence,
  type FetchedPartition,
  type FetchLimits,
  fetchRequest,
  type FetchTarget,
} from "./fetch_protocol.ts";
import type { KafkaPartitionReader } from "./partition_reader.ts";
import type { Timing } from "../cluster/retry.ts";

/** What a loop asks of the log that owns it. */
export interface FetchLoopOwner {
  /** A partition answered, with records or without. */
  partitionServed(reader: KafkaPartitionReader): void;
  /** A partition answered with an error. */
  partitionFailed(reader: KafkaPartitionReader, fault: ProtocolFault): void;
  /** The log is not the one that led to the position that was asked for. */
  partitionDiverged(reader: KafkaPartitionReader, asked: FetchTarget, where: Divergence): void;
  /** A partition answered with nothing though its log continues to `endOffset`. */
  partitionWithheld(reader: KafkaPartitionReader, asked: FetchTarget, endOffset: Offset): void;
  /** The broker did not answer: its partitions may be elsewhere by now. */
  brokerFailed(readers: readonly KafkaPartitionReader[], error: unknown): void;
}

/** A reader, and what it asked for: that may have changed when the answer comes. */
interface Asked {
  readonly reader: KafkaPartitionReader;
  readonly target: FetchTarget;
}

/** How long a broker may wait while a reader is full, ms: it shall not wait out the others. */
const waitMsWhileFull = 10;

/** Waits after a broker did not answer. */
const failurePolicy = { baseMs: 100, maxMs: 2_000 };

/**
 * Fetches from one broker, for all its readers at once, one request at a time.
 *
 * A reader that joins is served from the next round on, at the latest after `maxWaitMs`.
 */
export class FetchLoop {
  readonly #cluster: Cluster;
  readonly #nodeId: number;
  readonly #limits: FetchLimits;
  readonly #timing: Timing;
  readonly #owner: FetchLoopOwner;
  readonly #readers = new Set<KafkaPartitionReader>();
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;
  #wake = Promise.withResolvers<void>();
  #round = 0;
  #failures = 0;

  constructor(
    cluster: Cluster,
    nodeId: number,
    options: {
      readonly limits: FetchLimits;
      readonly timing: Timing;
      readonly owner: FetchLoopOwner;
    },
  ) {
    this.#cluster = cluster;
    this.#nodeId = nodeId;
    this.#limits = options.limits;
    this.#timing = options.timing;
    this.#owner = options.owner;
    this.#done = this.#run();
  }

  add(reader: KafkaPartitionReader): void {
    this.#readers.add(reader);
    this.wake();
  }

  remove(reader: KafkaPartitionReader): void {
    this.#readers.delete(reader);
  }

  /** Something changed: a reader joined or has room again. */
  wake(): void {
    this.#wake.resolve();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.wake();
    await this.#done;
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      this.#wake = Promise.withResolvers();
      const due = this.#due();
      if (due.length === 0) await this.#wake.promise;
      else await this.#fetch(due);
    }
  }

  /**
   * Readers with room, one per partition; each round starts with another one, as the first is
   * served best.
   */
  #due(): KafkaPartitionReader[] {
    const ready = [...this.#readers].filter((reader) => reader.hasRoom);
    const first = this.#round++ % Math.max(1, ready.length);
    const due = new Map<string, KafkaPartitionReader>();
    for (const reader of [...ready.slice(first), ...ready.slice(0, first)]) {
      const name = partitionName(reader.partition);
      if (!due.has(name)) due.set(name, reader);
    }
    return [...due.values()];
  }

  async #fetch(due: readonly KafkaPartitionReader[]): Promise<void> {
    const asked = due.map((reader) => ({ reader, target: reader.fetchTarget }));
    const someAreFull = due.length < this.#readers.size;
    const maxWaitMs = someAreFull ? waitMsWhileFull : this.#limits.maxWaitMs;
    try {
      const targets = asked.map(({ target }) => target);
      const request = fetchRequest(targets, { ...this.#limits, maxWaitMs });
      const answer = await this.#cluster.send(this.#nodeId, request);
      if (answer.errorCode !== 0) throw new ProtocolFault(answer.errorCode, "Fetch");
      this.#failures = 0;
      this.#deliver(asked, answer.partitions);
    } catch (error) {
      await this.#failed(due, error);
    }
  }

  #deliver(asked: readonly Asked[], answered: readonly FetchedPartition[]): void {
    const byName = new Map(answered.map((fetched) => [nameOf(fetched), fetched]));
    const nothingCame = answered.every(({ records }) => records.length === 0);
    for (const each of asked) {
      const fetched = byName.get(nameOf(each.target));
      if (fetched !== undefined) this.#deliverTo(each, { fetched, nothingCame });
    }
  }

  #deliverTo(
    { reader, target: asked }: Asked,
    answer: { readonly fetched: FetchedPartition; readonly nothingCame: boolean },
  ): void {
    const { errorCode, divergence, lastStableOffset } = answer.fetched;
    if (errorCode !== 0) return this.#partitionFailed(reader, errorCode);
    if (divergence !== undefined) {
      return this.#owner.partitionDiverged(reader, asked, divergence);
    }
    // Where something came, the others' share may have been used up by it.
    if (answer.nothingCame && lastStableOffset > asked.offset) {
      return this.#owner.partitionWithheld(reader, asked, lastStableOffset);
    }
    this.#owner.partitionServed(reader);
    reader.accept(answer.fetched, asked.offset);
  }

  #partitionFailed(reader: KafkaPartitionReader, errorCode: number): void {
    const fault = new ProtocolFault(errorCode, `Fetch of ${partitionName(reader.partition)}`);
    this.#owner.partitionFailed(reader, fault);
  }

  async #failed(due: readonly KafkaPartitionReader[], error: unknown): Promise<void> {
    if (this.#stop.signal.aborted) return;
    this.#owner.brokerFailed(due, error);
    const delayMs = fullJitterMs(failurePolicy, this.#failures++, this.#timing.random);
    await this.#timing.clock.sleep(delayMs, this.#stop.signal).catch(() => {});
  }
}

function nameOf({ topicId, partition }: Pick<FetchTarget, "topicId" | "partition">): string {
  return `${topicId}-${partition}`;
}
