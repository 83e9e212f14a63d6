import type { Clock } from "../base/clock.ts";
import type { Frame } from "./frame.ts";
import { sleepUnlessAborted } from "./pacer.ts";
import { SharedFrame } from "./shared_frame.ts";
import type { Subscriber } from "./subscriber.ts";

/** Bytes that may wait for one listener's network. */
const backlogBytesMax = 1024 * 1024;

/** How often a backlog is looked at, ms. */
const backlogPollMs = 5;

/** The part of a WebSocket that an audience uses. */
export interface ListenerSocket {
  readonly readyState: number;
  readonly bufferedAmount: number;
  send(content: string | Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
}

/** A connected client. */
export interface Listener {
  readonly socket: ListenerSocket;
  readonly subscriber: Subscriber;
}

/** What was sent to all listeners together. */
export interface SentCounts {
  readonly frames: number;
  readonly trades: number;
}

/** How an audience behaves. */
export interface AudienceOptions {
  readonly clock: Clock;
  /** How long subscriptions must have been quiet before the first frame, ms. */
  readonly settleMs: number;
  /** How long a listener may take nothing before it is let go, ms. */
  readonly stuckMsMax: number;
  /** Told when a listener was let go. */
  readonly onStuck: (listener: Listener) => void;
}

/** All listeners: the slowest one sets the pace, so that none loses a frame. */
export class Audience {
  readonly #options: AudienceOptions;
  readonly #listeners = new Set<Listener>();
  #changedAtMs = 0;
  #changed = Promise.withResolvers<void>();
  #frames = 0;
  #trades = 0;

  constructor(options: AudienceOptions) {
    this.#options = options;
  }

  get listeners(): ReadonlySet<Listener> {
    return this.#listeners;
  }

  get sent(): SentCounts {
    return { frames: this.#frames, trades: this.#trades };
  }

  /** True while there is a subscription. */
  get isListening(): boolean {
    return [...this.#listeners].some(({ subscriber }) => subscriber.symbols.size > 0);
  }

  add(listener: Listener): void {
    this.#listeners.add(listener);
  }

  remove(listener: Listener): void {
    this.#listeners.delete(listener);
    this.noteChange();
  }

  /** A client subscribed, unsubscribed or left; also ends a wait whose signal has fired. */
  noteChange(): void {
    this.#changedAtMs = this.#options.clock.monotonicMs();
    this.#changed.resolve();
  }

  /** Waits until there is a subscription and none changes; false once aborted. */
  async settled(signal: AbortSignal): Promise<boolean> {
    const { clock, settleMs } = this.#options;
    while (!signal.aborted) {
      if (!this.isListening) {
        this.#changed = Promise.withResolvers();
        await this.#changed.promise;
        continue;
      }
      const quietMs = clock.monotonicMs() - this.#changedAtMs;
      if (quietMs >= settleMs) return true;
      await sleepUnlessAborted(clock, settleMs - quietMs, signal);
    }
    return false;
  }

  /** Sends a frame to all subscribers of a part of it, then waits for the slowest. */
  async send({ text, unreadable }: Frame, signal: AbortSignal): Promise<void> {
    if (unreadable !== undefined) return this.sendToAll(unreadable.bytes.slice());
    const frame = new SharedFrame(text);
    for (const { socket, subscriber } of this.#listeners) {
      if (subscriber.symbols.size === 0 || !isOpen(socket)) continue;
      const share = frame.shareOf(subscriber.symbols);
      if (!share) continue;
      socket.send(share.text);
      this.#frames++;
      this.#trades += share.tradeCount;
    }
    for (const listener of this.#listeners) {
      if (listener.socket.bufferedAmount > backlogBytesMax) await this.#unclog(listener, signal);
    }
  }

  /** Sends the same to all clients, subscribed or not; bytes as a binary message. */
  sendToAll(content: string | Uint8Array<ArrayBuffer>): void {
    for (const { socket } of this.#listeners) if (isOpen(socket)) socket.send(content);
  }

  /** Waits until half of a backlog is gone; lets a listener go whose backlog does not move. */
  async #unclog(listener: Listener, signal: AbortSignal): Promise<void> {
    const { clock, stuckMsMax, onStuck } = this.#options;
    const { socket } = listener;
    let least = socket.bufferedAmount;
    let movedAtMs = clock.monotonicMs();
    while (isOpen(socket) && socket.bufferedAmount > backlogBytesMax / 2) {
      if (!await sleepUnlessAborted(clock, backlogPollMs, signal)) return;
      if (socket.bufferedAmount < least) movedAtMs = clock.monotonicMs();
      least = Math.min(least, socket.bufferedAmount);
      if (clock.monotonicMs() - movedAtMs < stuckMsMax) continue;
      this.remove(listener);
      socket.close();
      return onStuck(listener);
    }
  }
}

function isOpen(socket: ListenerSocket): boolean {
  return socket.readyState === WebSocket.OPEN;
}
