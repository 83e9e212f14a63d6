import type { Clock } from "../base/clock.ts";
import { PipelineError } from "../base/errors.ts";
import type { TaskReport } from "./task_report.ts";

type Wanted = "running" | "suspended" | "closed";

/** Why a timer ends early; given, as an exception would be made for each abort without a reason. */
const notNeeded = "no longer needed";

/**
 * What others want of a task, and the points at which the task obeys: between batches, never in
 * the middle of one.
 *
 * Owner: the task.
 */
export class TaskControl {
  readonly #clock: Clock;
  readonly #abort = new AbortController();
  #wanted: Wanted = "running";
  /** True while the task has nothing that a suspension would have to wait for. */
  #idle = true;
  #changed = Promise.withResolvers<void>();
  #settled = Promise.withResolvers<void>();
  #waker: (() => void) | undefined;
  /** Somebody rang while the task did not wait. */
  #rung = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Fires when everything since the last commit is to be dropped. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get closing(): boolean {
    return this.#wanted === "closed";
  }

  async suspend(boundMs: number): Promise<void> {
    if (this.closing) return;
    this.#want("suspended");
    if (!this.#idle) await this.#within(this.#settled.promise, boundMs);
  }

  resume(): void {
    if (this.#wanted === "suspended") this.#want("running");
  }

  async close(boundMs: number, ended: Promise<void>): Promise<void> {
    this.#want("closed");
    if (this.#idle) this.#abort.abort();
    else await this.#within(ended, boundMs);
    this.#abort.abort();
    await ended;
  }

  /** Drops everything at once. */
  abort(): void {
    this.#want("closed");
    this.#abort.abort();
  }

  /** Ends the wait of `race`, the one under way or the next one. */
  ring(): void {
    this.#rung = true;
    this.#waker?.();
  }

  /** Says that there is nothing to commit or to wait for. */
  idle(): void {
    this.#idle = true;
    this.#settled.resolve();
  }

  /** Waits until the task is closed. */
  async untilClosed(): Promise<never> {
    while (!this.closing) await this.#changed.promise;
    throw new PipelineError("ABORTED", "Cannot go on as the task is closed");
  }

  /**
   * Obeys: commits and waits while suspended.
   *
   * @returns True when the task is to end, everything committed.
   */
  async settle(commit: () => Promise<void>, report: TaskReport): Promise<boolean> {
    this.#idle = false;
    while (this.#wanted === "suspended") {
      await commit();
      report.state("suspended");
      this.idle();
      while (this.#wanted === "suspended") await this.#changed.promise;
      this.#idle = false;
      if (this.#wanted === "running") report.state("running");
    }
    if (!this.closing) return false;
    await commit();
    return true;
  }

  /**
   * Waits for `work`, a wish of others, a ring, or the time; `undefined` if `work` was not first.
   *
   * Leaves nothing behind on promises that outlive the call, except on `work` itself.
   */
  async race<T>(work: Promise<T>, waitMs: number | undefined): Promise<T | undefined> {
    // A wish of the moment between the last `settle` and now woke nobody.
    if (this.#wanted !== "running" || this.#rung) {
      this.#rung = false;
      return undefined;
    }
    const { promise, resolve, reject } = Promise.withResolvers<T | undefined>();
    const timer = new AbortController();
    // The runtime keeps a timer for a while after it was stopped. It must not keep the result, too:
    // with all the records in it, a third of what is allocated would outlive its use.
    const waiter: { wake: (() => void) | undefined } = { wake: resolve as () => void };
    const wake = () => waiter.wake?.();
    this.#waker = wake;
    work.then(resolve, reject);
    if (waitMs !== undefined) this.#clock.sleep(waitMs, timer.signal).then(wake, () => {});
    try {
      return await promise;
    } finally {
      waiter.wake = undefined;
      this.#waker = undefined;
      this.#rung = false;
      timer.abort(notNeeded);
    }
  }

  #want(wanted: Wanted): void {
    if (this.#wanted === wanted || this.closing) return;
    this.#wanted = wanted;
    this.#settled = Promise.withResolvers();
    const changed = this.#changed;
    this.#changed = Promise.withResolvers();
    changed.resolve();
    this.#waker?.();
  }

  async #within(work: Promise<void>, boundMs: number): Promise<void> {
    const timer = new AbortController();
    const due = this.#clock.sleep(boundMs, timer.signal).catch(() => {});
    await Promise.race([work, due]);
    timer.abort(notNeeded);
  }
}
