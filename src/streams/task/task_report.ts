import type { Clock } from "../../base/clock.ts";
import { type Disposition, problemOf, type Remedies } from "../../base/errors.ts";
import type { Logger } from "../../base/logger.ts";
import { type Offset, partitionName, type TopicPartition } from "../record.ts";
import { noItems, type TaskMeta } from "../state/state.ts";
import type { RestoreProgress, TaskState, TaskStatus } from "./status.ts";
import type { StreamsPorts } from "./streams_ports.ts";

/** Pause between two log lines about one restore, ms. */
const progressLogMs = 5_000;

const noProblem = { problem: undefined, code: undefined };

/** Keeps what a task shows of itself, and logs its turns. Owner: the task. */
export class TaskReport {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #remedies: Remedies | undefined;
  readonly #name: string;
  #status: TaskStatus;
  /** Where each of the task's inputs ends, by topic. */
  readonly #ends = new Map<string, Offset>();
  #rekeyedOffset: Offset = 0;
  #others: TaskMeta["others"];
  #progressLoggedMs = 0;
  /** What the task's punctuators have last failed with; a commit does not make it good. */
  #punctuation: Pick<TaskStatus, "problem" | "code"> = noProblem;

  constructor(
    input: TopicPartition,
    { clock, logger, remedies }: Pick<StreamsPorts<never>, "clock" | "logger" | "remedies">,
  ) {
    this.#clock = clock;
    this.#logger = logger;
    this.#remedies = remedies;
    this.#name = partitionName(input);
    this.#status = {
      topic: input.topic,
      partition: input.partition,
      state: "created",
      committedOffset: undefined,
      lagRecords: undefined,
      changelogPosition: undefined,
      lastCommitAtMs: undefined,
      lastCommitDurationMs: undefined,
      resultsUnderWay: false,
      restore: undefined,
      counts: noItems,
      ...noProblem,
    };
  }

  get status(): TaskStatus {
    return this.#status;
  }

  state(state: TaskState): void {
    if (state === this.#status.state) return;
    this.#logger.debug("task changed state", { task: this.#name, state });
    this.#update({ state });
  }

  restoring(restore: RestoreProgress): void {
    this.#update({ restore, changelogPosition: restore.position });
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#progressLoggedMs < progressLogMs) return;
    this.#progressLoggedMs = nowMs;
    const secondsLeft = Math.ceil(restore.remainingOffsets / Math.max(1, restore.recordsPerSecond));
    this.#logger.info("restoring state", { task: this.#name, ...restore, secondsLeft });
  }

  opened(meta: TaskMeta, changelogPosition: Offset | undefined): void {
    this.#at(meta);
    this.#update({
      state: "running",
      committedOffset: meta.inputOffset,
      counts: meta.counts,
      changelogPosition,
      ...noProblem,
    });
    this.#logger.info("task is running", {
      task: this.#name,
      inputOffset: meta.inputOffset,
      restoredRecords: this.#status.restore?.restoredRecords ?? 0,
    });
  }

  /** An input ends there, as far as is known. */
  ends(topic: string, endOffset: Offset): void {
    this.#ends.set(topic, endOffset);
    this.#update({});
  }

  committed(meta: TaskMeta, changelogPosition: Offset, durationMs: number): void {
    this.#at(meta);
    this.#update({
      committedOffset: meta.inputOffset,
      counts: meta.counts,
      changelogPosition,
      lastCommitAtMs: this.#clock.nowMs(),
      lastCommitDurationMs: durationMs,
      ...this.#punctuation,
    });
  }

  /** Punctuators have run, well or not. */
  punctuated(failure: { readonly error: unknown } | undefined): void {
    const before = this.#punctuation;
    this.#punctuation = failure === undefined
      ? noProblem
      : problemOf(failure.error, this.#remedies);
    if (failure !== undefined) this.problem(failure.error);
    else if (this.#status.problem === before.problem) this.#update(noProblem);
  }

  /** Something stands in the way that is tried again. */
  problem(error: unknown): void {
    const { problem, code } = problemOf(error, this.#remedies);
    if (problem !== this.#status.problem) {
      this.#logger.warn("task waits", { task: this.#name, code, problem });
    }
    this.#update({ problem, code });
  }

  /** The session ended with an error. */
  failed(error: unknown, disposition: Disposition): void {
    const { problem, code } = problemOf(error, this.#remedies);
    this.#logger.error("task failed", { task: this.#name, code, problem, then: disposition });
    this.#update({ state: "failed", problem, code });
  }

  #update(change: Partial<TaskStatus>): void {
    const status = { ...this.#status, ...change };
    this.#status = { ...status, lagRecords: this.#lagAt(status) };
  }

  #lagAt({ topic, committedOffset }: TaskStatus): number | undefined {
    if (committedOffset === undefined || !this.#ends.has(topic)) return undefined;
    let lag = 0;
    for (const [name, endOffset] of this.#ends) {
      lag += Math.max(0, endOffset - (name === topic ? committedOffset : this.#offsetIn(name)));
    }
    return lag;
  }

  /** The committed position in a topic beside the first input. */
  #offsetIn(topic: string): Offset {
    return this.#others?.find((other) => other.topic === topic)?.offset ?? this.#rekeyedOffset;
  }

  #at({ rekeyedOffset, others }: TaskMeta): void {
    this.#rekeyedOffset = rekeyedOffset;
    this.#others = others;
  }
}
