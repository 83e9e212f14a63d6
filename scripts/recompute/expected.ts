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
  /** Trades that were not late, in the order of the input. */
  readonly #inTime: FeedTrade[] = [];
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
    const endMs = startMs + this.sizeMs;
    if (this.#closed(endMs, streamTimeMs)) {
      this.lateCount += 1;
      return;
    }
    this.#inTime.push(trade);
    const window = windowIn(this.windows, trade.s, { startMs, endMs });
    addTrade(window, trade, movesOf(this.#policy, trade.c));
  }

  /**
   * The windows of a length, by symbol, then start: those longer than the recomputed ones come from
   * the same trades, not from shorter windows.
   */
  windowsOf(sizeMs: number): Map<string, Map<number, ExpectedWindow>> {
    if (sizeMs === this.sizeMs) return this.windows;
    const longer = new Map<string, Map<number, ExpectedWindow>>();
    for (const trade of this.#inTime) {
      const startMs = Math.floor(trade.t / sizeMs) * sizeMs;
      const window = windowIn(longer, trade.s, { startMs, endMs: startMs + sizeMs });
      addTrade(window, trade, movesOf(this.#policy, trade.c));
    }
    return longer;
  }

  /** True when no trade of the recording could change the window any more. */
  isFinal({ symbol, endMs }: ExpectedWindow): boolean {
    return this.#closed(endMs, this.streamTimesMs.get(symbol) ?? 0);
  }

  #closed(endMs: number, streamTimeMs: number): boolean {
    return streamTimeMs >= endMs + this.graceMs;
  }

  #count({ s, t }: FeedTrade): void {
    this.tradeCount += 1;
    const days = this.tradesByDay.get(s) ?? new Map<string, number>();
    this.tradesByDay.set(s, days);
    const day = new Date(t).toISOString().slice(0, 10);
    days.set(day, (days.get(day) ?? 0) + 1);
  }
}

/** A symbol's window among others; an empty one where there is none. */
function windowIn(
  all: Map<string, Map<number, ExpectedWindow>>,
  symbol: string,
  { startMs, endMs }: Pick<ExpectedWindow, "startMs" | "endMs">,
): ExpectedWindow {
  const windows = all.get(symbol) ?? new Map<number, ExpectedWindow>();
  all.set(symbol, windows);
  const window = windows.get(startMs) ?? {
    symbol,
    startMs,
    endMs,
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
