import type { Clock } from "../../base/clock.ts";
import { isAborted } from "../../base/errors.ts";
import { encodeText } from "../../streams/text.ts";
import { FairPlaces } from "../admission/fair_places.ts";

/** Pause between two beats, ms. */
export const beatMs = 200;

/** The last event of a process that ends in order: no one has to take it for dead. */
export const farewell = "data: bye\n\n";

/** Followers, in all and of one address; a group has fewer members. */
const followersMax = { total: 200, perAddress: 100 };

type Follower = ReadableStreamDefaultController<Uint8Array>;

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
  readonly #followers = new FairPlaces<Follower>(followersMax);

  constructor(run: string, clock: Clock) {
    this.run = run;
    this.#clock = clock;
  }

  /** A stream for one follower; `undefined` where there are too many of its address. */
  connect(address: string): ReadableStream<Uint8Array> | undefined {
    let leaving: Follower[] | undefined;
    let own: Follower;
    const stream = new ReadableStream<Uint8Array>({
      start: (controller) => {
        own = controller;
        leaving = this.#followers.ask(address, own);
        own.enqueue(encodeText(greeting(this.run)));
      },
      cancel: () => this.#followers.leave(address, own),
    });
    leaving?.forEach((follower) => follower.close());
    return leaving === undefined ? undefined : stream;
  }

  /** Beats until the signal fires, then says farewell. */
  async beat(signal: AbortSignal): Promise<void> {
    try {
      for (;;) {
        await this.#clock.sleep(beatMs, signal);
        for (const follower of this.#followers.holders) {
          // One that does not read is behind anyway.
          if ((follower.desiredSize ?? 0) > 0) follower.enqueue(encodeText(":\n\n"));
        }
      }
    } catch (error) {
      if (!isAborted(error)) throw error;
    }
    for (const follower of this.#followers.holders) {
      follower.enqueue(encodeText(farewell));
      follower.close();
    }
  }
}
