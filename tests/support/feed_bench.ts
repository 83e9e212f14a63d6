import { systemClock } from "../../src/base/clock.ts";
import { systemRandom } from "../../src/base/random.ts";
import { Secret } from "../../src/base/secret.ts";
import { FinnhubClient } from "../../src/feed/finnhub_client.ts";
import type { FinnhubClientOptions } from "../../src/feed/finnhub_settings.ts";
import type { Frame, FrameSource } from "../../src/feed/frame.ts";
import type { ReconnectPolicy } from "../../src/feed/reconnect.ts";
import {
  type FinnhubServer,
  type FinnhubServerOptions,
  serveFinnhub,
} from "../../src/feed/server.ts";
import { openWebSocket } from "../../src/feed/ws_socket.ts";
import { LogLines } from "./log_lines.ts";

/** Finnhub's waits, a hundred times as fast. */
export const hastyPolicy: ReconnectPolicy = {
  backoff: { baseMs: 20, maxMs: 100 },
  stableMs: 10_000,
  tooManyRequestsMs: 600,
};

/** What a test may choose about its client. */
export interface RunningClientOptions extends Partial<FinnhubClientOptions> {
  /** Makes a slow reader: rests so long after every 200 frames, ms. */
  readonly restMs?: number;
}

/** Frames between two rests of a slow reader. */
const restEveryFrames = 200;

/** A client on a real socket, with its frames in a list. */
export class RunningClient implements AsyncDisposable {
  readonly log: LogLines = new LogLines();
  readonly frames: Frame[] = [];
  readonly stop: AbortController = new AbortController();
  /** The error it ended with, if it did. */
  readonly done: Promise<unknown>;

  constructor(apiUrl: string, { restMs = 0, ...options }: RunningClientOptions = {}) {
    const client = new FinnhubClient({
      apiUrl,
      key: new Secret("good"),
      symbols: ["AAPL"],
      producerId: "finnhub-1",
      openSocket: openWebSocket,
      clock: systemClock,
      random: systemRandom,
      logger: this.log,
      policy: hastyPolicy,
      ...options,
    });
    this.done = this.#collect(client, restMs).catch((error: unknown) => error);
  }

  async #collect(client: FinnhubClient, restMs: number): Promise<void> {
    for await (const frame of client.frames(this.stop.signal)) {
      this.frames.push(frame);
      const isTired = restMs > 0 && this.frames.length % restEveryFrames === 0;
      if (isTired) await systemClock.sleep(restMs);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop.abort();
    await this.done;
  }

  get texts(): string[] {
    return this.frames.map(({ text }) => text);
  }

  complained(pattern: RegExp): boolean {
    return this.log.complaints.some(({ message }) => pattern.test(message));
  }
}

/** Our server on a free port, quick to start. */
export function startServer(
  source: FrameSource,
  options: Partial<FinnhubServerOptions> = {},
): FinnhubServer {
  return serveFinnhub({
    source,
    clock: systemClock,
    logger: new LogLines(),
    key: new Secret("good"),
    settleMs: 20,
    ...options,
  });
}

/** Waits until something is true; fails after ten seconds. */
export async function until(isTrue: () => boolean): Promise<void> {
  const endMs = systemClock.monotonicMs() + 10_000;
  while (!isTrue()) {
    if (systemClock.monotonicMs() > endMs) throw new Error(`never happened: ${isTrue}`);
    await systemClock.sleep(5);
  }
}
