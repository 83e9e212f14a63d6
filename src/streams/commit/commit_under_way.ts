import { assert } from "../../base/assert.ts";

/**
 * The commit of a session that is made while its task processes on, one at a time, and what is done
 * alongside of commits.
 *
 * What was processed since it began rests on it: when it fails, that is lost as well. Whoever waits
 * with its `signal` is then woken.
 *
 * Owner: the task, for one session. Guarantee: disposed of, nothing is under way any more, so that
 * store and writer can be closed.
 */
export class CommitUnderWay implements AsyncDisposable {
  readonly #onEnd: () => void;
  readonly #abort = new AbortController();
  readonly #signal: AbortSignal;
  #work: Promise<void> | undefined;
  #alongside: Promise<void> | undefined;
  #again = false;
  #failure: { readonly error: unknown } | undefined;

  /**
   * @param signal Fires when everything since the last commit is to be dropped.
   * @param onEnd Told of every end, good or bad; must not throw.
   */
  constructor(signal: AbortSignal, onEnd: () => void) {
    this.#signal = AbortSignal.any([signal, this.#abort.signal]);
    this.#onEnd = onEnd;
  }

  /** Fires when a commit has failed, too. */
  get signal(): AbortSignal {
    return this.#signal;
  }

  /** True from the beginning of a commit to its good end; after a failure for ever. */
  get busy(): boolean {
    return this.#work !== undefined;
  }

  /** What ended the session, where it was a commit. */
  get failure(): { readonly error: unknown } | undefined {
    return this.#failure;
  }

  /**
   * Does some work while later commits may be made, once more if it is under way; returns at once.
   * What it fails with ends the session like a commit's failure.
   */
  alongside(work: (signal: AbortSignal) => Promise<void> | undefined): void {
    this.#again = true;
    this.#alongside ??= this.#runAlongside(work);
  }

  async #runAlongside(work: (signal: AbortSignal) => Promise<void> | undefined): Promise<void> {
    try {
      while (this.#again) {
        this.#again = false;
        await work(this.#signal);
      }
      this.#alongside = undefined;
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Begins a commit; returns at once. */
  begin(commit: (signal: AbortSignal) => Promise<void>): void {
    assert(!this.busy, "a commit must not begin before the last one is done");
    this.#work = this.#run(commit);
  }

  async #run(commit: (signal: AbortSignal) => Promise<void>): Promise<void> {
    try {
      await commit(this.#signal);
      this.#work = undefined;
      this.#onEnd();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#abort.abort();
    this.#onEnd();
  }

  /** @throws What the commit has failed with. */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /**
   * Waits until no commit is under way.
   *
   * @throws What it failed with, or what is done alongside.
   */
  async ended(): Promise<void> {
    await this.#work;
    this.check();
  }

  /** Waits no longer than it must: for no sink, and for no pause between two tries. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    await this.#work;
    await this.#alongside;
  }
}
