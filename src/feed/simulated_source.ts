import type { Clock } from "../base/clock.ts";
import type { Random } from "../base/random.ts";
import type { Frame, FrameSource } from "./frame.ts";
import { Pacer } from "./pacer.ts";
import type { SimulatedMarket } from "./simulated_market.ts";

/** Trades per second when nothing else is asked for. */
export const simulatedTradesPerSecond = 25;

/** What a simulated source needs. */
export interface SimulatedSourceOptions {
  readonly market: SimulatedMarket;
  /** Must differ from run to run: the market starts anew each time, and so do the sequences. */
  readonly producerId: string;
  readonly clock: Clock;
  /** Decides the gaps between frames. */
  readonly random: Random;
  /** Trades per second on average, or as many as the reader takes. */
  readonly tradesPerSecond?: number | "max";
  /** Ends after so many frames; endless without it. */
  readonly frameCount?: number;
}

/** The simulated market in time with the clock. */
export class SimulatedSource implements FrameSource {
  readonly producerId: string;
  readonly #options: SimulatedSourceOptions;

  constructor(options: SimulatedSourceOptions) {
    this.producerId = options.producerId;
    this.#options = options;
  }

  async *frames(signal: AbortSignal): AsyncGenerator<Frame> {
    const { market, clock, frameCount = Infinity } = this.#options;
    const pacer = new Pacer(clock);
    let momentMs = 0;
    for (let sequence = 1; sequence <= frameCount; sequence++) {
      if (!await pacer.reach(momentMs, signal)) return;
      const receivedAtMs = clock.nowMs();
      const { text, tradeCount } = market.nextFrame(receivedAtMs);
      yield { text, receivedAtMs, sequence };
      momentMs += this.#gapMs(tradeCount);
    }
  }

  /** Exponential gaps, as between independent events, whose mean keeps the rate. */
  #gapMs(tradeCount: number): number {
    const { tradesPerSecond = simulatedTradesPerSecond, random } = this.#options;
    if (tradesPerSecond === "max") return 0;
    return -Math.log(1 - random.next()) * tradeCount * 1_000 / tradesPerSecond;
  }
}
