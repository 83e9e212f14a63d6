import type { Clock } from "../base/clock.ts";
import type { ParsedFrame } from "./frame.ts";
import type { Message } from "./message.ts";
import { Pacer } from "./pacer.ts";
import { parseMessage } from "./parse_frame.ts";
import { frameOfLine } from "./recorded_frame.ts";
import { shiftTimes } from "./shift_times.ts";

/**
 * Frames that follow each other lie no further apart, ms of recorded time: no market is closed for
 * longer. What does is of another recording, or has a wrong time, for which nothing may wait.
 */
const gapMsMax = 10 * 86_400_000;

/** How a recording is replayed. */
export interface ReplayPacingOptions {
  readonly speed: number | "max";
  readonly times: "recorded" | "shifted";
  readonly clock: Clock;
}

/**
 * When the frames of a replay are due, and how their times move. A frame further than `gapMsMax`
 * from the one before it is due at once; what follows it goes by its time.
 */
export class ReplayPacing {
  readonly #options: ReplayPacingOptions;
  readonly #newestMs: number | undefined;
  #pacer: Pacer;
  #latestMs: number | undefined;
  #shiftMs = 0;

  /** @param newestMs Event time of the recording's newest trade, where that is to happen now. */
  constructor(options: ReplayPacingOptions, newestMs: number | undefined) {
    this.#options = options;
    this.#newestMs = newestMs;
    this.#pacer = new Pacer(options.clock);
  }

  /** Waits until the frame of a moment is due; false if the signal fired instead. */
  async reach(timeMs: number | undefined, signal: AbortSignal): Promise<boolean> {
    const { speed } = this.#options;
    if (timeMs === undefined) return !signal.aborted;
    if (this.#latestMs === undefined || isGap(this.#latestMs, timeMs)) this.#begin(timeMs);
    this.#latestMs = timeMs;
    return speed === "max" ? !signal.aborted : await this.#pacer.reach(timeMs / speed, signal);
  }

  #begin(timeMs: number): void {
    const { clock, times } = this.#options;
    this.#pacer = new Pacer(clock);
    if (times === "shifted") this.#shiftMs = clock.nowMs() - (this.#newestMs ?? timeMs);
  }

  shifted(text: string): string {
    return shiftTimes(text, this.#shiftMs);
  }
}

/** When a frame was received or, where the recording does not say, its first trade happened. */
export function momentOf(
  parsed: ParsedFrame,
  receivedAtMs: number | undefined,
): number | undefined {
  if (receivedAtMs !== undefined) return receivedAtMs;
  return parsed.kind === "trades" ? parsed.trades[0]?.eventTimeMs : undefined;
}

/**
 * Event time of the newest trade behind the last gap; `undefined` where there is no trade. One
 * between two gaps does not count while there are others: its time is wrong.
 */
export async function newestTimeMs(lines: AsyncIterable<Message>): Promise<number | undefined> {
  let newestMs: number | undefined;
  let [partMs, latestMs] = [-Infinity, -Infinity];
  for await (const line of lines) {
    const parsed = parseMessage(frameOfLine(line).message);
    if (parsed.kind !== "trades") continue;
    for (const { eventTimeMs } of parsed.trades) {
      const isAlone = isGap(latestMs, eventTimeMs);
      partMs = isAlone ? eventTimeMs : Math.max(partMs, eventTimeMs);
      if (!isAlone || newestMs === undefined) newestMs = partMs;
      latestMs = eventTimeMs;
    }
  }
  return newestMs;
}

function isGap(fromMs: number, toMs: number): boolean {
  return Math.abs(toMs - fromMs) > gapMsMax;
}
