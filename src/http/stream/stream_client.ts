/**
 * One follower of the live stream, and the few chunks that wait for it: whoever offers one waits
 * until it is idle.
 *
 * The queue is our own, and not the stream's, so that it can be dropped when the client is cut
 * off: ending a stream otherwise waits until everything queued has been read.
 */
export class StreamClient {
  readonly stream: ReadableStream<Uint8Array>;
  #chunks: Uint8Array[] = [];
  /** What comes where none of them waits, made as the client reads. */
  #more: Iterator<Uint8Array> | undefined;
  /** True while the reader waits and nothing is queued. */
  #wanted = false;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #onGone: (() => void) | undefined;

  /** @param onGone Told once when the reader leaves, or is cut off. */
  constructor(onGone: (client: StreamClient) => void) {
    this.stream = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#controller = controller;
      },
      pull: () => this.#handOver(),
      cancel: () => this.#leave(),
    }, { highWaterMark: 0 });
    this.#onGone = () => onGone(this);
  }

  /** Whether everything offered has been taken. */
  get isIdle(): boolean {
    return this.#chunks.length === 0;
  }

  /** Whether the reader has left, or was cut off. */
  get hasEnded(): boolean {
    return this.#onGone === undefined;
  }

  /** Queues a chunk. */
  offer(chunk: Uint8Array): void {
    if (chunk.byteLength === 0) return;
    this.#chunks.push(chunk);
    if (this.#wanted) this.#handOver();
  }

  /** Sends these as well, one whenever the client asks and nothing else waits. */
  follow(chunks: Iterable<Uint8Array>): void {
    this.#more = chunks[Symbol.iterator]();
    if (this.#wanted) this.#handOver();
  }

  /** Ends the stream at once; what is queued is dropped. */
  end(): void {
    this.#chunks = [];
    this.#more = undefined;
    this.#controller?.close();
    this.#leave();
  }

  #leave(): void {
    this.#onGone?.();
    this.#onGone = undefined;
  }

  #handOver(): void {
    const chunk = this.#chunks.shift() ?? this.#nextOfMore();
    this.#wanted = chunk === undefined;
    if (chunk !== undefined) this.#controller?.enqueue(chunk);
  }

  #nextOfMore(): Uint8Array | undefined {
    const { value } = this.#more?.next() ?? {};
    if (value === undefined) this.#more = undefined;
    return value;
  }
}
