import type { Clock } from "../base/clock.ts";
import { isAborted } from "../base/errors.ts";
import { encodeText } from "../streams/text.ts";

/** Pause between two beats, ms. */
export const beatMs = 200;

/** The last event of a process that ends in order: nobody has to take it for dead. */
export const farewell = "data: bye\n\n";

/** Followers at most; a group has fewer members. */
const followersMax = 100;

/** The first event, which says who lives. */
export function greeting(run: string): string {
  return `data: ${run}\n\n`;
}

/**
 * The sign of life that other instances follow, as server-sent events: one that names this run of the
 * program, then an empty comment every 200 ms, and a last event at the end.
 *
 * Owner: the HTTP server.
 */
export class Pulse {
  /** Names this run of the program. */
  readonly run: string;
  readonly #clock: Clock;
  readonly #followers = new Set<ReadableStreamDefaultController<Uint8Array>>();

  constructor(run: string, clock: Clock) {
    this.run = run;
    this.#clock = clock;
  }

  /** A stream for one follower; `undefined` where there are too many. */
  connect(): ReadableStream<Uint8Array> | undefined {
    if (this.#followers.size >= followersMax) return undefined;
    let own: ReadableStreamDefaultController<Uint8Array>;
    return new ReadableStream({
      start: (controller) => {
        own = controller;
        this.#followers.add(own);
        own.enqueue(encodeText(greeting(this.run)));
      },
      cancel: () => void this.#followers.delete(own),
    });
  }

  /** Beats until the signal fires, then says farewell. */
  async beat(signal: AbortSignal): Promise<void> {
    try {
      for (;;) {
        await this.#clock.sleep(beatMs, signal);
        for (const follower of this.#followers) {
          // One that does not read is behind anyway.
          if ((follower.desiredSize ?? 0) > 0) follower.enqueue(encodeText(":\n\n"));
        }
      }
    } catch (error) {
      if (!isAborted(error)) throw error;
    }
    for (const follower of this.#followers) {
      follower.enqueue(encodeText(farewell));
      follower.close();
    }
    this.#followers.clear();
  }
}
