import { assert } from "../../base/assert.ts";
import { type BackoffPolicy, fullJitterMs } from "../../base/backoff.ts";
import type { Clock } from "../../base/clock.ts";
import { dispositionOf, PipelineError, throwIfAborted } from "../../base/errors.ts";
import type { Random } from "../../base/random.ts";
import { changelogRecords, type Changes } from "./changes.ts";
import { isSameCommit, parseCommitMetadata, writeCommitMetadata } from "./commit_metadata.ts";
import { ownOutputs } from "./own_outputs.ts";
import type { ErrorHandlers } from "../topology/handlers.ts";
import type {
  Checkpoint,
  CommitLog,
  CommittedOffset,
  FencedWriter,
  Sink,
  StateStore,
  Transaction,
} from "../ports.ts";
import type { Repartition } from "../processing/rekeying.ts";
import type { Lineage } from "../state/lineage.ts";
import { knownEpoch } from "../state/state.ts";
import { writeTimeUs } from "../state/write_times.ts";
import { type Offset, partitionName, type TopicPartition } from "../record.ts";
import { writeRows } from "./write_rows.ts";

const retryPolicy: BackoffPolicy = { baseMs: 100, maxMs: 5_000 };

/** Rows that the sink gets at once: what a task that is told to end waits for. */
export const portionRows = 2_000;

/** What a commit works with. */
export interface CommitPorts<R> {
  /** `undefined` where no one wants rows. */
  readonly sink: Sink<R> | undefined;
  readonly commitLog: CommitLog;
  readonly store: StateStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly onProductionError: ErrorHandlers["onProductionError"];
}

/** How one commit differs from another. */
export interface CommitOptions {
  /** Fires when the task is to end without it. */
  readonly signal: AbortSignal;
  /** The task is being closed: nothing follows. */
  readonly last: boolean;
  /**
   * Changelog position before the first commit whose results the sink may lack; without it, behind
   * the last one.
   */
  readonly shownTo?: Offset | undefined;
}

/** Where a task's commits go. */
export interface CommitPlace {
  /** What the state belongs to that is committed. */
  readonly lineage: Lineage;
  readonly input: TopicPartition;
  readonly changelog: TopicPartition;
  /** Its further inputs; none without it. */
  readonly others?: readonly TopicPartition[];
  /** The task's part of the repartition topic, for jobs that have one. */
  readonly repartition: (Repartition & TopicPartition) | undefined;
  /** Topics that its transactions write besides the changelog; none without it. */
  readonly outputs?: readonly string[];
}

/** What one commit makes true, and how it is found again. */
interface CommitAttempt<R> {
  readonly changes: Changes<R>;
  readonly id: string;
  readonly metadata: Transaction["metadata"];
}

/**
 * Makes a task's changes durable, in this order:
 *
 * 1. rows of events to the sink: functions of their records, so a repeat writes the same
 * 2. one transaction: changelog records, results for topics, late and dead-letter records, the
 * input position
 * 3. one batch to the local store: the same changes and the changelog position
 *
 * Rows of results follow (`task/results_under_way.ts`), so that the sink shows no window as it never was;
 * after a crash before they are written the next session finds them in the changelog
 * (`unshown_results.ts`).
 *
 * The store is thus never ahead of the log, and a crash costs the tail of one transaction.
 *
 * Owner: the task. Guarantee: state and input position change together or not at all; a writer
 * that lost its partition is refused.
 *
 * @see Quix Streams' checkpoint order; differs: the input position lies in the state as well.
 */
export class Committer<R> {
  readonly #ports: CommitPorts<R>;
  readonly #place: CommitPlace;
  readonly #onProblem: (error: unknown) => void;
  #writer: FencedWriter | undefined;
  /** The last commit; `undefined` before the first of this state. */
  #committed: CommittedOffset | undefined;

  constructor(
    ports: CommitPorts<R>,
    place: CommitPlace,
    writer: FencedWriter,
    committed: CommittedOffset | undefined,
    onProblem: (error: unknown) => void,
  ) {
    this.#ports = ports;
    this.#place = place;
    this.#writer = writer;
    this.#committed = committed;
    this.#onProblem = onProblem;
  }

  /**
   * Commits; waits and tries again while the sink or the log is unavailable.
   *
   * @throws {PipelineError} `LOG_FENCED`, `SINK_REJECTED`, a store error, or `ABORTED`.
   */
  async commit(changes: Changes<R>, options: CommitOptions): Promise<Checkpoint> {
    const { signal, last } = options;
    throwIfAborted(signal);
    const { meta } = changes;
    const id = commitId(this.#ports.random);
    const shownTo = options.shownTo ?? changelogPositionOf(this.#committed);
    const metadata = (changelogPosition: Offset) =>
      writeCommitMetadata({
        ...meta,
        leaderEpoch: knownEpoch(meta.inputEpoch),
        changelogPosition,
        shownTo,
        id,
        closed: last,
      });
    await this.show(changes.eventRows, signal);
    const changelogPosition = await this.#transact({ changes, id, metadata }, signal);
    this.#committed = { offset: meta.inputOffset, metadata: metadata(changelogPosition) };
    const checkpoint = { changelogPosition };
    await this.#ports.store.apply(changes.entries, checkpoint);
    return checkpoint;
  }

  /**
   * Writes rows to the sink, in portions, each made when the one before is written; waits while it
   * is unavailable.
   *
   * @param onTrouble Told of every try that has failed.
   * @throws {PipelineError} `SINK_REJECTED` if the job says to stop; `ABORTED`.
   */
  async show(rows: Iterable<R>, signal: AbortSignal, onTrouble?: () => void): Promise<void> {
    const { sink } = this.#ports;
    if (sink === undefined) return;
    const onProblem = (error: unknown) => {
      onTrouble?.();
      this.#onProblem(error);
    };
    const options = { ...this.#ports, sink, policy: retryPolicy, signal, onProblem };
    for (const portion of portions(rows, portionRows)) {
      throwIfAborted(signal);
      await writeRows(portion, options);
    }
  }

  /** Lets go of the writer. */
  async [Symbol.asyncDispose](): Promise<void> {
    const writer = this.#writer;
    this.#writer = undefined;
    await writer?.[Symbol.asyncDispose]();
  }

  /** @returns The changelog position after the transaction. */
  async #transact(attempt: CommitAttempt<R>, signal: AbortSignal): Promise<Offset> {
    const { clock, random } = this.#ports;
    for (let tries = 0;; tries++) {
      try {
        const settled = await this.#reconcile(attempt.id);
        return settled ?? await this.#tryTransaction(attempt);
      } catch (error) {
        const disposition = dispositionOf(error);
        if (disposition !== "retry" && disposition !== "reconcile") throw error;
        this.#onProblem(error);
        await this[Symbol.asyncDispose]();
        await clock.sleep(fullJitterMs(retryPolicy, tries, random), signal);
      }
    }
  }

  async #tryTransaction({ changes, metadata }: CommitAttempt<R>): Promise<Offset> {
    assert(this.#writer !== undefined, "a transaction needs a writer");
    const { input, changelog, repartition } = this.#place;
    const timestampMs = Math.floor(writeTimeUs(changes.meta) / 1000);
    return await this.#writer.commit({
      records: [
        ...changelogRecords(changes.entries, changelog, timestampMs),
        ...changes.sideOutputs,
        ...changes.sentOn,
        ...changes.published,
      ],
      changelog,
      input,
      inputOffset: changes.meta.inputOffset,
      ...(changes.meta.others === undefined ? {} : {
        others: changes.meta.others.map(({ topic, offset }) => ({
          topic,
          partition: input.partition,
          offset,
        })),
      }),
      rekeyed: repartition && { ...repartition, offset: changes.meta.rekeyedOffset },
      metadata,
    });
  }

  /**
   * Where no writer may commit, as after a transaction without a known outcome: fences again, which
   * decides it, and asks the log.
   *
   * Fencing again would also shut out a rightful new owner, so the last commit must be the one that
   * this state was built on, or have the id of this one; anything else means that another owner
   * continued with the partition.
   *
   * @returns The changelog position if the transaction had happened; `undefined` if it is to be
   *   done (again).
   */
  async #reconcile(id: string): Promise<Offset | undefined> {
    if (this.#writer?.spent === true) await this[Symbol.asyncDispose]();
    if (this.#writer !== undefined) return undefined;
    const { commitLog } = this.#ports;
    this.#writer = await commitLog.fence(this.#place.input, ownOutputs(this.#place));
    const committed = await commitLog.committed(this.#place.input);
    if (isSameCommit(committed, this.#committed)) return undefined;
    const found = parseCommitMetadata(committed?.metadata);
    if (found?.id === id) return found.changelogPosition;
    throw new PipelineError(
      "LOG_FENCED",
      `Cannot commit ${partitionName(this.#place.input)} as another owner continued with it: ` +
        `committed offset is ${committed?.offset}, ours was ${this.#committed?.offset}`,
    );
  }
}

/** Where the changelog stood behind a commit; at its beginning without one. */
export function changelogPositionOf(committed: CommittedOffset | undefined): Offset {
  return parseCommitMetadata(committed?.metadata)?.changelogPosition ?? 0;
}

/** By chance alone: two owners may commit the same positions after another order of two inputs. */
function commitId(random: Random): string {
  return Math.floor(random.next() * Number.MAX_SAFE_INTEGER).toString(36);
}

/** So many at once; the last ones may be fewer. */
export function* portions<T>(all: Iterable<T>, size: number): Generator<T[]> {
  let portion: T[] = [];
  for (const one of all) {
    portion.push(one);
    if (portion.length < size) continue;
    yield portion;
    portion = [];
  }
  if (portion.length > 0) yield portion;
}
