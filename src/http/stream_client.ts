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

  /** @param onGone Told once when the reader goes away by itself. */
  constructor(queueBytesMax: number, onGone: (client: StreamClient) => void) {
    this.#queueBytesMax = queueBytesMax;
    this.stream = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#controller = controller;
      },
      pull: () => this.#handOver(),
      cancel: () => onGone(this),
    }, { highWaterMark: 0 });
  }

  /** Whether everything offered has been taken. */
  get isIdle(): boolean {
    return this.#chunks.length === 0;
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
    this.#controller?.close();
  }

  #handOver(): void {
    const chunk = this.#chunks.shift();
    this.#wanted = chunk === undefined;
    if (chunk === undefined) return;
    this.#bytes -= chunk.byteLength;
    this.#controller?.enqueue(chunk);
  }
}
