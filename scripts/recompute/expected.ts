import type { FeedTrade } from "./frames.ts";
import { type Moves, movesOf, type Policy } from "./policy.ts";
import { CompensatedSum } from "./sum.ts";

/** A window recomputed from the trades. */
export interface ExpectedWindow {
  readonly symbol: string;
  readonly startMs: number;
  readonly endMs: number;
  count: number;
  /** The trade that opens; `undefined` while none may. */
  first: FeedTrade | undefined;
  /** The trade that closes; `undefined` while none may. */
  last: FeedTrade | undefined;
  high: number | null;
  low: number | null;
  readonly volume: CompensatedSum;
  readonly priceVolume: CompensatedSum;
}

/** What the trades of a recording make. */
export class Expectation {
  readonly sizeMs: number;
  readonly graceMs: number;
  readonly #policy: Policy;
  /** Windows by symbol, then start. */
  readonly windows: Map<string, Map<number, ExpectedWindow>> = new Map();
  /** Greatest event time of each symbol, epoch ms. */
  readonly streamTimesMs: Map<string, number> = new Map();
  /** Trades by symbol, then UTC date, late ones included. */
  readonly tradesByDay: Map<string, Map<string, number>> = new Map();
  tradeCount = 0;
  lateCount = 0;

  constructor(
    options: { readonly sizeMs: number; readonly graceMs: number; readonly policy?: Policy },
  ) {
    this.sizeMs = options.sizeMs;
    this.graceMs = options.graceMs;
    this.#policy = options.policy ?? "all";
  }

  /** Takes the next trade of the input. */
  add(trade: FeedTrade): void {
    this.#count(trade);
    const startMs = Math.floor(trade.t / this.sizeMs) * this.sizeMs;
    const streamTimeMs = Math.max(this.streamTimesMs.get(trade.s) ?? 0, trade.t);
    this.streamTimesMs.set(trade.s, streamTimeMs);
    if (this.#closed(startMs, streamTimeMs)) this.lateCount += 1;
    else addTrade(this.#window(trade, startMs), trade, movesOf(this.#policy, trade.c));
  }

  /** True when no trade of the recording could change the window any more. */
  isFinal({ symbol, startMs }: ExpectedWindow): boolean {
    return this.#closed(startMs, this.streamTimesMs.get(symbol) ?? 0);
  }

  #closed(startMs: number, streamTimeMs: number): boolean {
    return streamTimeMs >= startMs + this.sizeMs + this.graceMs;
  }

  #count({ s, t }: FeedTrade): void {
    this.tradeCount += 1;
    const days = this.tradesByDay.get(s) ?? new Map<string, number>();
    this.tradesByDay.set(s, days);
    const day = new Date(t).toISOString().slice(0, 10);
    days.set(day, (days.get(day) ?? 0) + 1);
  }

  #window({ s }: FeedTrade, startMs: number): ExpectedWindow {
    const windows = this.windows.get(s) ?? new Map<number, ExpectedWindow>();
    this.windows.set(s, windows);
    const window = windows.get(startMs) ?? {
      symbol: s,
      startMs,
      endMs: startMs + this.sizeMs,
      count: 0,
      first: undefined,
      last: undefined,
      high: null,
      low: null,
      volume: new CompensatedSum(),
      priceVolume: new CompensatedSum(),
    };
    windows.set(startMs, window);
    return window;
  }
}

function addTrade(window: ExpectedWindow, trade: FeedTrade, moves: Moves): void {
  const { p, t, v } = trade;
  if (moves.volume) {
    window.count += 1;
    window.volume.add(v);
    window.priceVolume.add(p * v);
  }
  if (moves.range) {
    window.high = Math.max(window.high ?? p, p);
    window.low = Math.min(window.low ?? p, p);
  }
  if (!moves.last) return;
  // Of trades in the same millisecond the first in the input opens and the last closes.
  if (window.first === undefined || t < window.first.t) window.first = trade;
  if (window.last === undefined || t >= window.last.t) window.last = trade;
}
