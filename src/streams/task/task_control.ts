import type { Clock } from "../../base/clock.ts";

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
  readonly #closing = Promise.withResolvers<void>();
  #closed = false;
  /** True while the task has nothing that its end would have to wait for. */
  #idle = true;
  #waker: (() => void) | undefined;
  /** The task was signalled while it did not wait. */
  #rung = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Fires when everything since the last commit is to be dropped. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get closing(): boolean {
    return this.#closed;
  }

  /**
   * Lets the task commit and end; what is not done after `boundMs` is dropped.
   *
   * @param ended Of the task; `undefined` for one that never began.
   */
  async close(boundMs: number, ended: Promise<void> | undefined): Promise<void> {
    this.#close();
    if (!this.#idle) await this.#within(ended, boundMs);
    this.#abort.abort();
    await ended;
  }

  /** Drops everything at once. */
  abort(): void {
    this.#close();
    this.#abort.abort();
  }

  /** Ends the `wait`, the one under way or the next one. */
  ring(): void {
    this.#rung = true;
    this.#waker?.();
  }

  /** Says that from now on the end has to wait for the task. */
  busy(): void {
    this.#idle = false;
  }

  /** Says that there is nothing to wait for. */
  idle(): void {
    this.#idle = true;
  }

  /** Waits until the task is to end. */
  untilClosed(): Promise<void> {
    return this.#closing.promise;
  }

  /** Waits for a wish of others, a ring, or the time. */
  async wait(waitMs: number | undefined): Promise<void> {
    // A wish of the moment between the last look and now woke nothing.
    if (this.#closed || this.#rung) {
      this.#rung = false;
      return;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = new AbortController();
    this.#waker = resolve;
    if (waitMs !== undefined) this.#clock.sleep(waitMs, timer.signal).then(resolve, () => {});
    await promise;
    this.#waker = undefined;
    this.#rung = false;
    timer.abort(notNeeded);
  }

  #close(): void {
    this.#closed = true;
    this.#closing.resolve();
    this.#waker?.();
  }

  async #within(work: Promise<void> | undefined, boundMs: number): Promise<void> {
    const timer = new AbortController();
    const due = this.#clock.sleep(boundMs, timer.signal).catch(() => {});
    await Promise.race([work, due]);
    timer.abort(notNeeded);
  }
}
