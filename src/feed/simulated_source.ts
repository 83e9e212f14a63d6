import { assert } from "../base/assert.ts";
import type { Clock } from "../base/clock.ts";
import type { Random } from "../base/random.ts";
import type { Frame, FrameSource } from "./frame.ts";
import { Pacer, sleepUnlessAborted } from "./pacer.ts";
import { pastTradeSize, type SimulatedMarket } from "./simulated_market.ts";

/** Trades per second when nothing else is asked for. */
export const simulatedTradesPerSecond = 25;

/** Frames of the past before others, such as those who ask for the page, have a turn. */
const framesTogether = 100;

/** What a simulated source needs. */
export interface SimulatedSourceOptions {
  readonly market: SimulatedMarket;
  /** Must differ from run to run: the market and the sequences start from scratch. */
  readonly producerId: string;
  readonly clock: Clock;
  /** Decides the gaps between frames. */
  readonly random: Random;
  /** Trades per second on average, or as many as the reader takes. */
  readonly tradesPerSecond?: number | "max";
  /**
   * Begins so long ago, ms, and comes up to now as fast as the reader takes it: frames of the past
   * are received in the past, and their trades happened then. Not with `max`, whose time stands
   * still.
   */
  readonly historyMs?: number;
  /** Ends after so many frames; endless without it. */
  readonly frameCount?: number;
}

/** The simulated market in time with the clock. */
export class SimulatedSource implements FrameSource {
  readonly producerId: string;
  readonly #options: SimulatedSourceOptions;

  constructor(options: SimulatedSourceOptions) {
    const { historyMs = 0, tradesPerSecond } = options;
    assert(
      historyMs === 0 || tradesPerSecond !== "max",
      "history needs a number of trades a second",
    );
    this.producerId = options.producerId;
    this.#options = options;
  }

  async *frames(signal: AbortSignal): AsyncGenerator<Frame> {
    const { market, clock, frameCount = Infinity, historyMs = 0 } = this.#options;
    const pacer = new Pacer(clock);
    let momentMs = clock.nowMs() - historyMs;
    let past = historyMs > 0;
    for (let sequence = 1; sequence <= frameCount; sequence++) {
      past &&= momentMs < clock.nowMs();
      if (past) {
        if (sequence % framesTogether === 0) await sleepUnlessAborted(clock, 0, signal);
        if (signal.aborted) return;
      } else if (!await pacer.reach(momentMs, signal)) return;
      const receivedAtMs = past ? Math.floor(momentMs) : clock.nowMs();
      const { text, tradeCount } = market.nextFrame(receivedAtMs, { past });
      yield { text, receivedAtMs, sequence };
      momentMs += this.#gapMs(tradeCount) * (past ? pastTradeSize : 1);
    }
  }

  /** Exponential gaps, as between independent events, whose mean keeps the rate. */
  #gapMs(tradeCount: number): number {
    const { tradesPerSecond = simulatedTradesPerSecond, random } = this.#options;
    if (tradesPerSecond === "max") return 0;
    return -Math.log(1 - random.next()) * tradeCount * 1_000 / tradesPerSecond;
  }
}
