import { assert } from "../base/assert.ts";
import type { Random } from "../base/random.ts";
import { PriceWalk } from "./price_walk.ts";
import type { SimulatedSymbol } from "./simulated_symbol.ts";

/** Trades of one frame at most: what was seen of the real feed. */
export const simulatedTradesPerFrameMax = 10;

/**
 * Trades of the present that one of history stands for: with their volume, and as much movement as
 * they have together. An hour takes a second so, and its candles look like those that follow.
 */
export const pastTradeSize = 5;

/** Shares of the trades that make the feed as untidy as the real one. */
const share = {
  /** Out of order, by at most five seconds. */
  outOfOrder: 0.03,
  /** In the same millisecond as the symbol's trade before. */
  sameMillisecond: 0.35,
  /** Alike in everything to the trade before, and yet another trade. */
  identical: 0.01,
  /** A price without a volume. */
  priceUpdate: 0.005,
  /** Of another symbol than the frame's first. */
  otherSymbol: 0.15,
  /** Frames that begin a burst. */
  burst: 0.01,
} as const;

/** Transport delay of an ordinary trade, ms: at least, and at most this much more. */
const delayMs = { least: 40, spread: 160 } as const;

/** How long a symbol stays busy or quiet before that is drawn again, ms. */
const moodMs = { least: 20_000, spread: 60_000 } as const;

/** A symbol with its state. */
interface Instrument {
  readonly terms: SimulatedSymbol;
  readonly walk: PriceWalk;
  /** Event time of the newest ordinary trade. */
  latestMs: number;
  /** Factor on the weight until `moodUntilMs`; 0 = quiet. */
  mood: number;
  moodUntilMs: number;
}

/** One entry of `data`; `c` is left out of the JSON when it is `undefined`. */
interface Entry {
  readonly c: readonly (string | null)[] | null | undefined;
  readonly p: number;
  readonly s: string;
  readonly t: number;
  readonly v: number;
}

/** A frame in Finnhub's format. */
export interface SimulatedFrame {
  readonly text: string;
  readonly tradeCount: number;
}

/**
 * A made-up market that sends frames as Finnhub does, with everything that makes them hard.
 *
 * Prices walk at random, with bursts; trades share milliseconds, repeat, and come out of order, late
 * ones only where that is asked for; symbols fall quiet; `c` is a list, empty, null or absent.
 *
 * Deterministic: the same symbols, seed and moments give the same frames.
 */
export class SimulatedMarket {
  readonly #random: Random;
  readonly #instruments: readonly Instrument[];
  readonly #lateShare: number;
  /** How many trades one stands for. */
  #each = 1;
  #burst: { readonly instrument: Instrument; readonly untilMs: number } | undefined;

  /**
   * @param options `lateShare` of the trades, 0 without it, is older than window and grace of the
   *   defaults together (75 s).
   */
  constructor(
    symbols: readonly SimulatedSymbol[],
    random: Random,
    { lateShare = 0 }: { readonly lateShare?: number } = {},
  ) {
    assert(symbols.length > 0, "a simulated market must have symbols: none");
    this.#random = random;
    this.#lateShare = lateShare;
    this.#instruments = symbols.map((terms) => ({
      terms,
      walk: new PriceWalk(terms, random),
      latestMs: 0,
      mood: 1,
      moodUntilMs: 0,
    }));
  }

  /**
   * The next frame, as received at a moment (epoch ms).
   *
   * @param past True for history: its trades are fewer and larger.
   */
  nextFrame(momentMs: number, { past = false }: { readonly past?: boolean } = {}): SimulatedFrame {
    const nowMs = Math.floor(momentMs);
    this.#each = past ? pastTradeSize : 1;
    const leader = this.#leader(nowMs);
    const count = this.#tradeCount();
    const data: Entry[] = [];
    while (data.length < count) {
      const before = data.at(-1);
      if (before && this.#chance(share.identical)) data.push(before);
      else data.push(this.#trade(this.#companion(leader, data.length, nowMs), nowMs));
    }
    return { text: JSON.stringify({ data, type: "trade" }), tradeCount: count };
  }

  #leader(nowMs: number): Instrument {
    if (this.#burst && nowMs >= this.#burst.untilMs) this.#burst = undefined;
    if (this.#burst) return this.#burst.instrument;
    const instrument = this.#pick(nowMs);
    if (this.#chance(share.burst)) {
      this.#burst = { instrument, untilMs: nowMs + 500 + this.#random.next() * 2_500 };
    }
    return instrument;
  }

  #companion(leader: Instrument, index: number, nowMs: number): Instrument {
    return index > 0 && this.#chance(share.otherSymbol) ? this.#pick(nowMs) : leader;
  }

  /** In a burst frames are full, otherwise most of them are short. */
  #tradeCount(): number {
    if (this.#burst) return 5 + Math.floor(this.#random.next() * 6);
    let count = 1;
    while (count < simulatedTradesPerFrameMax && this.#chance(0.55)) count++;
    return count;
  }

  #pick(nowMs: number): Instrument {
    const weights = this.#instruments.map((it) => it.terms.weight * this.#mood(it, nowMs));
    let point = this.#random.next() * weights.reduce((sum, weight) => sum + weight, 0);
    const index = weights.findIndex((weight) => (point -= weight) < 0);
    return this.#at(Math.max(0, index));
  }

  #at(index: number): Instrument {
    const instrument = this.#instruments[index];
    assert(instrument, `no instrument ${index}`);
    return instrument;
  }

  #mood(instrument: Instrument, nowMs: number): number {
    const { mood, moodUntilMs } = instrument;
    if (nowMs >= moodUntilMs) {
      const draw = this.#random.next();
      instrument.mood = nextMood(moodUntilMs === 0 ? "first" : mood, draw);
      instrument.moodUntilMs = nowMs + moodMs.least + this.#random.next() * moodMs.spread;
    }
    return instrument.mood;
  }

  #trade(instrument: Instrument, nowMs: number): Entry {
    const { terms, walk } = instrument;
    const agitation = this.#burst?.instrument === instrument ? 3 : 1;
    return {
      c: this.#conditions(terms),
      p: walk.step(agitation * Math.sqrt(this.#each)),
      s: terms.symbol,
      t: this.#eventTime(instrument, nowMs),
      v: this.#chance(share.priceUpdate) ? 0 : walk.volume(this.#each),
    };
  }

  #conditions({ conditions }: SimulatedSymbol): Entry["c"] {
    const draw = this.#random.next();
    if (draw < 0.01) return [];
    if (draw < 0.02) return undefined;
    if (conditions === "none") return null;
    return draw < 0.75 ? ["1"] : draw < 0.97 ? ["1", "12"] : ["1", "8"];
  }

  #eventTime(instrument: Instrument, nowMs: number): number {
    const draw = this.#random.next();
    const delay = delayMs.least + Math.floor(this.#random.next() * delayMs.spread);
    if (draw < this.#lateShare) return nowMs - 80_000 - delay * 300;
    if (draw < this.#lateShare + share.outOfOrder) return nowMs - delay * 25;
    const again = draw < this.#lateShare + share.outOfOrder + share.sameMillisecond;
    if (!again || instrument.latestMs < nowMs - 1_000) {
      instrument.latestMs = Math.max(instrument.latestMs, nowMs - delay);
    }
    return instrument.latestMs;
  }

  #chance(probability: number): boolean {
    return this.#random.next() < probability;
  }
}

/**
 * Every symbol begins in an ordinary mood, so that it is seen soon, and none is quiet twice in a row,
 * so that no chart seems to stand still.
 */
function nextMood(before: number | "first", draw: number): number {
  if (before === "first") return 1;
  if (before !== 0 && draw < 0.15) return 0;
  return draw < 0.85 ? 1 : 4;
}
