import type { Fetched, PartitionReader } from "../ports.ts";
import type { LogRecord } from "../record.ts";

/**
 * A task's partition of the repartition topic, read one portion ahead.
 *
 * What was read waits until the task has planned it, committed the plan and processed it; only then
 * the next portion is read, so no more than one is in memory.
 *
 * Owner: the task's session.
 */
export class RekeyedInput implements AsyncDisposable {
  readonly #reader: PartitionReader;
  readonly #onArrival: () => void;
  readonly #signal: AbortSignal;
  #arrived: Fetched | undefined;
  #failure: { readonly error: unknown } | undefined;
  #portion: readonly LogRecord[] | undefined;

  /** @param onArrival Told when `arrived` has something to say; must not throw. */
  constructor(reader: PartitionReader, onArrival: () => void, signal: AbortSignal) {
    this.#reader = reader;
    this.#onArrival = onArrival;
    this.#signal = signal;
  }

  /** Begins to read; returns at once. */
  start(): void {
    this.#reader.next(this.#signal).then(
      (fetched) => {
        this.#arrived = fetched;
        this.#onArrival();
      },
      (error) => {
        this.#failure = { error };
        this.#onArrival();
      },
    );
  }

  /**
   * What has been read since the last call; `undefined` while nothing has.
   *
   * @throws {PipelineError} As the reader did.
   */
  arrived(): Fetched | undefined {
    if (this.#failure !== undefined) throw this.#failure.error;
    const arrived = this.#arrived;
    this.#arrived = undefined;
    return arrived;
  }

  /** Keeps the records of a planned portion until it is taken. */
  keep(portion: readonly LogRecord[]): void {
    this.#portion = portion;
  }

  /** The portion that was planned, once; `undefined` without one. Reading goes on. */
  take(): readonly LogRecord[] | undefined {
    const portion = this.#portion;
    this.#portion = undefined;
    if (portion !== undefined) this.start();
    return portion;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reader[Symbol.asyncDispose]();
  }
}
