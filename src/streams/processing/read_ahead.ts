import type { Fetched, PartitionReader } from "../ports.ts";
import type { Offset } from "../record.ts";

/**
 * One of a task's inputs, read one fetch ahead of its processing: no more than that is in memory
 * besides what is being processed.
 *
 * Owner: the task's session.
 */
export class ReadAhead implements AsyncDisposable {
  readonly topic: string;
  readonly #reader: PartitionReader;
  readonly #onArrival: () => void;
  readonly #signal: AbortSignal;
  #position: Offset;
  #endOffset: Offset;
  #arrived: Fetched | undefined;
  #failure: { readonly error: unknown } | undefined;

  /**
   * @param from Where the reader begins, and where its input ended then.
   * @param onArrival Told when `take` has something to say; must not throw.
   */
  constructor(
    topic: string,
    reader: PartitionReader,
    from: { readonly offset: Offset; readonly endOffset: Offset },
    onArrival: () => void,
    signal: AbortSignal,
  ) {
    this.topic = topic;
    this.#reader = reader;
    this.#onArrival = onArrival;
    this.#signal = signal;
    this.#position = from.offset;
    this.#endOffset = from.endOffset;
  }

  /** True where it is known to have more than what was taken. */
  get behind(): boolean {
    return this.#position < this.#endOffset;
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
   * What has arrived, once, and begins to read what follows; `undefined` while nothing has.
   *
   * @throws {PipelineError} As the reader did.
   */
  take(): Fetched | undefined {
    if (this.#failure !== undefined) throw this.#failure.error;
    const arrived = this.#arrived;
    this.#arrived = undefined;
    if (arrived === undefined) return undefined;
    this.#position = arrived.nextOffset;
    this.#endOffset = arrived.endOffset;
    this.start();
    return arrived;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reader[Symbol.asyncDispose]();
  }
}
