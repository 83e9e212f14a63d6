import type { Clock } from "../base/clock.ts";
import { BoundedQueue } from "../base/queue.ts";
import type { FeedObserver } from "./feed_observer.ts";
import type { Frame } from "./frame.ts";
import { type Message, messageSize } from "./message.ts";

/** Frames taken at once; they are out of the buffer's account while they are yielded. */
const takeFramesMax = 64;

/** What can be told to pause and resume sending. */
export interface Pausable {
  pause(): void;
  resume(): void;
}

/** What a buffer needs. */
export interface FrameBufferOptions {
  readonly clock: Clock;
  readonly observer: FeedObserver;
  readonly bufferBytesMax: number;
}

/**
 * Holds frames between a socket and their reader, and the socket back when the reader is slow.
 *
 * A socket cannot stop within what it has read already, so the buffer may exceed its maximum by
 * what one read brings.
 */
export class FrameBuffer {
  readonly #options: FrameBufferOptions;
  readonly #queue: BoundedQueue<Frame>;
  #sender: Pausable | undefined;
  #sequence = 0;

  constructor(options: FrameBufferOptions) {
    this.#options = options;
    this.#queue = new BoundedQueue(options.bufferBytesMax);
  }

  /** True while a sender is held back. */
  get isPaused(): boolean {
    return this.#sender !== undefined;
  }

  /** Takes a frame in: numbered, with the time of its arrival. */
  add(message: Message, sender: Pausable): void {
    const receivedAtMs = this.#options.clock.nowMs();
    const size = messageSize(message);
    this.#queue.push({ ...message, receivedAtMs, sequence: ++this.#sequence }, size);
    this.#options.observer.frameReceived(size);
    if (this.#queue.full && !this.isPaused) this.#pause(sender);
  }

  /** A sender that has ended need not be told to resume. */
  forget(sender: Pausable): void {
    if (this.#sender === sender) this.#sender = undefined;
  }

  /** Nothing more will be added. */
  close(): void {
    this.#queue.close();
  }

  /** Yields in order of arrival, until closed and empty. */
  async *frames(): AsyncGenerator<Frame> {
    for (;;) {
      const frames = await this.#queue.take(takeFramesMax);
      if (frames.length === 0) return;
      if (!this.#queue.full) this.#resume();
      yield* frames;
    }
  }

  #pause(sender: Pausable): void {
    this.#sender = sender;
    sender.pause();
    this.#options.observer.paused();
  }

  #resume(): void {
    if (!this.#sender) return;
    this.#sender.resume();
    this.#sender = undefined;
    this.#options.observer.resumed();
  }
}
