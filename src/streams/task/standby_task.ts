import { type Disposition, isAborted, problemOf } from "../../base/errors.ts";
import { parseCommitMetadata } from "../commit/commit_metadata.ts";
import { superviseTask } from "./supervision.ts";
import type { HeldState, StateStore } from "../ports.ts";
import { partitionName, type TopicPartition } from "../record.ts";
import { checkedPosition, entriesOf } from "./restore.ts";
import type { Lineage } from "../state/lineage.ts";
import type { StandbyStatus } from "./status.ts";
import { TaskControl } from "./task_control.ts";
import type { StreamsPorts } from "./streams_ports.ts";

/**
 * Offsets that a store may lack to count as current: what a restore makes up for in the blink of an
 * eye. A commit moves the end of the changelog, so a standby is seldom at it for long.
 *
 * @see Kafka Streams `acceptable.recovery.lag` (KIP-441), the same number by default.
 */
const currentLagMax = 10_000;

/** What a standby works with. */
export type StandbyPorts = Pick<
  StreamsPorts<unknown>,
  "log" | "commitLog" | "stores" | "clock" | "random" | "logger" | "remedies"
>;

/** Where a standby's state comes from, and whose it is. */
export interface StandbyPlace {
  readonly input: TopicPartition;
  readonly changelog: TopicPartition;
  readonly lineage: Pick<Lineage, "changelogId">;
}

/**
 * Keeps a partition's store near the end of its changelog, so that its task can begin here at once.
 *
 * It neither fences nor reads input: the store may lag, but is never ahead of what is committed. In
 * the middle of a transaction it holds no state of any moment; a task restores the rest before it
 * uses it.
 *
 * Owner: the `StreamsApp`.
 *
 * @see Kafka Streams StandbyTask; differs: its open store is handed to the task.
 */
export class StandbyTask {
  readonly #ports: StandbyPorts;
  readonly #place: StandbyPlace;
  readonly #onTurn: (failure?: unknown) => void;
  readonly #control: TaskControl;
  readonly #opened = Promise.withResolvers<void>();
  #status: StandbyStatus;
  #ended: Promise<void> | undefined;
  #promoted = false;
  #held: HeldState | undefined;
  #handedOver: StateStore | undefined;

  /** @param onTurn Called when the standby has become current, or with its failure; must not throw. */
  constructor(ports: StandbyPorts, place: StandbyPlace, onTurn: (failure?: unknown) => void) {
    this.#ports = ports;
    this.#place = place;
    this.#onTurn = onTurn;
    this.#control = new TaskControl(ports.clock);
    this.#status = {
      ...place.input,
      state: "opening",
      changelogPosition: undefined,
      remainingOffsets: undefined,
      problem: undefined,
    };
  }

  get status(): StandbyStatus {
    return this.#status;
  }

  /** How much of the state is here; `undefined` while that is not known. */
  get held(): HeldState | undefined {
    return this.#held;
  }

  /** Resolves when it is known how much is here, or that this cannot be known. */
  get opened(): Promise<void> {
    return this.#opened.promise;
  }

  /** Begins; returns at once. */
  start(): void {
    this.#ended ??= this.#run();
  }

  /** Ends at once, with everything kept that was read. */
  async close(): Promise<void> {
    await this.#control.close(0, this.#ended);
  }

  /** Ends at once and gives the open store away; `undefined` when it is not open. */
  async promote(): Promise<StateStore | undefined> {
    this.#promoted = true;
    await this.close();
    return this.#handedOver;
  }

  async #run(): Promise<void> {
    const { clock, random, stores } = this.#ports;
    await superviseTask(() => this.#live(), {
      clock,
      random,
      control: this.#control,
      destroyStore: () => stores.destroy(this.#place.input),
      onFailure: (error, disposition) => this.#failed(error, disposition),
    });
    this.#opened.resolve();
  }

  async #live(): Promise<void> {
    await using opening = new AsyncDisposableStack();
    const { input, lineage } = this.#place;
    const store = opening.use(await this.#ports.stores.open(input, lineage.changelogId));
    try {
      await this.#follow(store);
    } catch (error) {
      if (!isAborted(error) || !this.#promoted) throw error;
      opening.move();
      this.#handedOver = store;
    }
  }

  /** Writes what the changelog brings into the store, until it is stopped. */
  async #follow(store: StateStore): Promise<void> {
    const { log, commitLog } = this.#ports;
    const { changelog, input, lineage } = this.#place;
    const { signal } = this.#control;
    const bounds = await log.bounds(changelog);
    const { changelogPosition: have = 0 } = store.checkpoint ?? {};
    // Asked where it matters alone: the answer waits for a transaction that a dead owner left open.
    const committed = have > bounds.endOffset ? await commitLog.committed(input) : undefined;
    const there = parseCommitMetadata(committed?.metadata)?.changelogPosition;
    let position = checkedPosition(changelog, have, bounds, there);
    await using reader = log.open(changelog, { offset: position, topicId: lineage.changelogId });
    this.#at(position, bounds.endOffset);
    for (;;) {
      const { records, nextOffset, endOffset } = await reader.next(signal);
      position = nextOffset;
      await store.apply(entriesOf(records), { changelogPosition: position });
      this.#at(position, endOffset);
    }
  }

  #at(position: number, endOffset: number): void {
    const before = this.#held?.current;
    const remainingOffsets = Math.max(0, endOffset - position);
    this.#held = { position, current: remainingOffsets <= currentLagMax };
    this.#status = {
      ...this.#status,
      state: "following",
      changelogPosition: position,
      remainingOffsets,
      problem: undefined,
    };
    this.#opened.resolve();
    if (before === true || !this.#held.current) return;
    const { logger } = this.#ports;
    logger.info("standby is current", { task: partitionName(this.#place.input) });
    this.#onTurn();
  }

  #failed(error: unknown, disposition: Disposition): void {
    const { problem, code } = problemOf(error, this.#ports.remedies);
    const task = partitionName(this.#place.input);
    this.#ports.logger.warn("standby failed", { task, code, problem, then: disposition });
    this.#status = { ...this.#status, state: "failed", problem };
    this.#held &&= { ...this.#held, current: false };
    this.#onTurn(error);
    this.#opened.resolve();
  }
}
