/**
 * One follower of the live stream, and the bytes that wait for it: a named maximum of them.
 *
 * The queue is our own, and not the stream's, so that it can be dropped when the client is cut
 * off: ending a stream otherwise waits until everything queued has been read.
 */
export class StreamClient {
  readonly stream: ReadableStream<Uint8Array>;
  readonly #queueBytesMax: number;
  #chunks: Uint8Array[] = [];
  #bytes = 0;
  /** True while the reader waits and nothing is queued. */
  #wanted = false;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;

  /** What a new follower is sent first, made as it reads. */
  #beginning: Iterator<Uint8Array> | undefined;
  #onGone: (() => void) | undefined;

  /** @param onGone Told once when the reader leaves, or is cut off. */
  constructor(queueBytesMax: number, onGone: (client: StreamClient) => void) {
    this.#queueBytesMax = queueBytesMax;
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

  /** Sends this before all that is queued, a chunk whenever the reader asks for one. */
  begin(chunks: Iterable<Uint8Array>): void {
    this.#beginning = chunks[Symbol.iterator]();
    if (this.#wanted) this.#handOver();
  }

  /** Queues a chunk, or says `false` when more than the maximum waits already. */
  offer(chunk: Uint8Array): boolean {
    if (this.#bytes >= this.#queueBytesMax) return false;
    if (chunk.byteLength === 0) return true;
    this.#chunks.push(chunk);
    this.#bytes += chunk.byteLength;
    if (this.#wanted) this.#handOver();
    return true;
  }

  /** Ends the stream at once; what is queued is dropped. */
  end(): void {
    this.#chunks = [];
    this.#beginning = undefined;
    this.#controller?.close();
    this.#leave();
  }

  #leave(): void {
    this.#onGone?.();
    this.#onGone = undefined;
  }

  #handOver(): void {
    const first: Uint8Array | undefined = this.#beginning?.next().value;
    if (first === undefined) this.#beginning = undefined;
    const chunk = first ?? this.#chunks.shift();
    this.#wanted = chunk === undefined;
    if (chunk === undefined) return;
    if (first === undefined) this.#bytes -= chunk.byteLength;
    this.#controller?.enqueue(chunk);
  }
}
