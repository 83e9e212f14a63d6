import { assert } from "../../base/assert.ts";
import { type ErrorCode, PipelineError } from "../../base/errors.ts";
import type { FencedWriter, Transaction } from "../../streams/ports.ts";
import {
  type Offset,
  type OutputRecord,
  partitionName,
  type TopicPartition,
} from "../../streams/record.ts";
import { recordSizeBytesMax } from "./batch_encoder.ts";
import { partitionsOf, type PlacedRecord } from "./batch_plan.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { faultType, isPassing, toPipelineError } from "../wire/errors.ts";
import type { MarkerSearch } from "./lost_markers.ts";
import { MarkerWatch } from "./marker_watch.ts";
import { placeRecords, type ProduceLimits, ProducerSession } from "./producer_session.ts";
import { Deadline, type Timing } from "../cluster/retry.ts";
import type { TransactionClient } from "./transaction_protocol.ts";
import type { ProducerIdentity } from "./transaction_requests.ts";

/** A marker takes milliseconds, a broker that starts again some seconds. */
const markersLookMs = 5_000;

/** How long and how much a writer sends. */
export interface TransactionOptions extends ProduceLimits {
  /** After that a commit gives up, ms; less than `transactionTimeoutMs`. */
  readonly commitTimeoutMs: number;
  /** After that the coordinator aborts a transaction by itself, ms. */
  readonly transactionTimeoutMs: number;
  /** Between two looks for markers that Kafka has lost, ms; 5,000 without it. */
  readonly markersLookMs?: number;
  /** Told when a transaction was ended that Kafka had left without its markers. */
  readonly onMarkersGiven?: (input: TopicPartition, end: "commit" | "abort") => void;
}

/** What a writer is made from. */
export interface TransactionWriterOptions {
  readonly cluster: Cluster;
  readonly client: TransactionClient;
  readonly identity: ProducerIdentity;
  readonly transactionalId: string;
  readonly input: TopicPartition;
  readonly timing: Timing;
  readonly options: TransactionOptions;
  /** Where markers are looked for that Kafka may have lost; nowhere without it. */
  readonly search?: MarkerSearch | undefined;
  /** End of the changelog, asked when a transaction brings no changelog record. */
  readonly endOf: (partition: TopicPartition) => Promise<Offset>;
}

/**
 * ```
 * open ──commit──► committing ──► open          each request was answered, or the epoch is new
 *                       └───────► spent         an error, or a request was repeated: fence again
 * ```
 */
type WriterState = "open" | "committing" | "spent";

/** Commits through one epoch of a transactional producer, or in Transactions V2 one after another. */
export class TransactionWriter implements FencedWriter {
  readonly #parts: TransactionWriterOptions;
  #identity: ProducerIdentity;
  #session: ProducerSession;
  #state: WriterState = "open";
  #changelogPosition: Offset | undefined;
  /** True where a transaction has left its marker behind that. */
  #markerFollows = false;
  #settled: Promise<void> = Promise.resolve();
  readonly #watch: MarkerWatch | undefined;

  constructor(parts: TransactionWriterOptions) {
    this.#parts = parts;
    this.#identity = parts.identity;
    this.#session = this.#newSession();
    this.#watch = parts.search && this.#newWatch(parts.search);
  }

  async commit(transaction: Transaction): Promise<Offset> {
    assert(this.#state === "open", `a writer that is ${this.#state} cannot commit`);
    this.#state = "committing";
    const settled = Promise.withResolvers<void>();
    this.#settled = settled.promise;
    try {
      await this.#watch?.hold();
      if (this.#watch?.spent === true) throw this.#outdated();
      const deadline = new Deadline(this.#parts.timing, this.#parts.options.commitTimeoutMs);
      const position = await this.#prepare(transaction, deadline);
      const next = await this.#end(deadline);
      this.#changelogPosition = position;
      this.#state = this.#follow(next) || !deadline.repeated ? "open" : "spent";
      this.#watch?.committed();
      return position;
    } catch (error) {
      this.#state = "spent";
      throw error;
    } finally {
      settled.resolve();
    }
  }

  get spent(): boolean {
    return this.#state === "spent" || this.#watch?.spent === true;
  }

  /** Waits for a commit under way; a transaction that failed stays open until the next fence. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#settled;
    this.#state = "spent";
    await this.#watch?.[Symbol.asyncDispose]();
  }

  #newWatch(search: MarkerSearch): MarkerWatch {
    const { input, timing, options } = this.#parts;
    return new MarkerWatch({
      search,
      timing,
      everyMs: options.markersLookMs ?? markersLookMs,
      timeoutMs: options.commitTimeoutMs,
      identity: () => this.#identity,
      onGiven: () => options.onMarkersGiven?.(input, "commit"),
    });
  }

  /** A late copy of a request could end what would be written now. */
  #outdated(): PipelineError {
    const place = partitionName(this.#parts.input);
    const reason = "its writer must be fenced again: the answer to one of its requests was lost";
    return new PipelineError("LOG_UNAVAILABLE", `Cannot commit ${place} as ${reason}`);
  }

  /** Takes the identity for the next transaction; returns whether it is a new one. */
  #follow(next: ProducerIdentity): boolean {
    const { producerId, producerEpoch } = this.#identity;
    if (next.producerId === producerId && next.producerEpoch === producerEpoch) return false;
    this.#identity = next;
    this.#session = this.#newSession();
    return true;
  }

  #newSession(): ProducerSession {
    const { cluster, client, transactionalId, options } = this.#parts;
    return new ProducerSession(cluster, this.#identity, {
      transactionalId,
      v2: client.v2,
      limits: options,
    });
  }

  /**
   * Everything before the decision: what fails here has certainly not happened. It is not aborted
   * here, as a late request would then open it again in this epoch, without end: the next fence
   * does, or the coordinator's time-out.
   */
  async #prepare(transaction: Transaction, deadline: Deadline): Promise<Offset> {
    try {
      const placed = await deadline.retry(() =>
        placeRecords(this.#parts.cluster, transaction.records)
      );
      return await this.#write(transaction, placed, deadline);
    } catch (error) {
      throw this.#wrap(error);
    }
  }

  /**
   * Writes records and position, at the same time: where the changelog will end is known, as no one
   * else writes to it. Were it to end elsewhere, the position is written once more.
   *
   * @returns Where it ends.
   */
  async #write(
    transaction: Transaction,
    records: readonly PlacedRecord[],
    deadline: Deadline,
  ): Promise<Offset> {
    const { client } = this.#parts;
    const identity = this.#identity;
    const { changelog } = transaction;
    const expected = this.#expectedEnd(changelog, records);
    // In V2 nothing names them, so that they need not be looked for.
    if (records.length > 0 && !client.v2) {
      await client.addPartitions(identity, partitionsOf(records), deadline);
    }
    const commitAhead = async () => {
      await client.addOffsets(identity, deadline);
      if (expected !== undefined) await this.#commitOffset(transaction, expected, deadline);
    };
    const [sent] = await bothSettled(this.#session.send(records, deadline), commitAhead());
    const [refused] = sent.refused;
    if (refused !== undefined) throw tooLarge(refused);
    const last = sent.lastOffsets.get(partitionName(changelog));
    const position = last === undefined
      ? this.#changelogPosition ?? await deadline.retry(() => this.#parts.endOf(changelog))
      : last + 1;
    if (position !== expected) await this.#commitOffset(transaction, position, deadline);
    if (last !== undefined) this.#markerFollows = true;
    return position;
  }

  /** Where the changelog ends with these records; `undefined` in a writer's first transaction. */
  #expectedEnd(changelog: TopicPartition, records: readonly PlacedRecord[]): Offset | undefined {
    if (this.#changelogPosition === undefined) return undefined;
    const name = partitionName(changelog);
    const count = records.filter((record) => partitionName(record) === name).length;
    if (count === 0) return this.#changelogPosition;
    return this.#changelogPosition + (this.#markerFollows ? 1 : 0) + count;
  }

  async #commitOffset(
    { input, inputOffset, others = [], metadata }: Transaction,
    position: Offset,
    deadline: Deadline,
  ): Promise<void> {
    assert(
      input.topic === this.#parts.input.topic && input.partition === this.#parts.input.partition,
      `${partitionName(input)} cannot be committed by the writer of another partition`,
    );
    const commit = { ...input, offset: inputOffset, metadata: metadata(position) };
    const commits = [commit, ...others.map((other) => ({ ...other, metadata: "" }))];
    await this.#parts.client.commitOffsets(this.#identity, commits, deadline);
  }

  /**
   * Asks for the commit until it is answered.
   *
   * Once it had to ask again, the coordinator may have committed: an error that would otherwise mean
   * "not committed" then means "unknown", except that a newer owner exists either way.
   */
  async #end(deadline: Deadline): Promise<ProducerIdentity> {
    const { client } = this.#parts;
    const identity = this.#identity;
    let inDoubt = false;
    const isWorthRetrying = (error: unknown) => {
      const passing = isPassing(error);
      inDoubt ||= passing;
      return passing;
    };
    try {
      return await deadline.retry(() => client.end(identity, "commit"), isWorthRetrying);
    } catch (error) {
      throw this.#wrap(error, inDoubt ? "COMMIT_UNKNOWN" : undefined);
    }
  }

  #wrap(error: unknown, code?: ErrorCode): unknown {
    const { input, transactionalId } = this.#parts;
    const place = partitionName(input);
    const wrapped = toPipelineError(error, `commit ${place}`, { transactionalId });
    if (code === undefined || !(wrapped instanceof PipelineError)) return wrapped;
    if (wrapped.code === "LOG_FENCED") return wrapped;
    return new PipelineError(
      code,
      `Cannot know whether ${place} was committed as the answer must arrive: ${
        faultType(error) ?? "it was lost"
      }`,
      { cause: error, context: { transactionalId } },
    );
  }
}

/** Waits for both, so that nothing of a failed commit is still under way when it is fenced. */
async function bothSettled<A, B>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> {
  const [a, b] = await Promise.allSettled([first, second]);
  if (a.status === "rejected") throw a.reason;
  if (b.status === "rejected") throw b.reason;
  return [a.value, b.value];
}

function tooLarge(record: OutputRecord): PipelineError {
  const { topic } = record;
  const bytes = recordSizeBytesMax(record);
  return new PipelineError(
    "TOPIC_UNSUITABLE",
    `Cannot write to ${topic} as its setting max.message.bytes must allow a record of ${bytes} ` +
      `bytes: the broker refuses it; raise the setting, as with "kafka-configs --alter ` +
      `--entity-type topics --entity-name ${topic} --add-config max.message.bytes=2097152" and ` +
      `the brokers' address, then start again`,
    { context: { topic, bytes } },
  );
}
