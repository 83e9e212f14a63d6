import assert from "node:assert/strict";
import type { CandleJson, CandlesJson } from "../../src/http/wire.ts";
import type { WindowRow } from "../../src/market/rows.ts";
import { resolutionName } from "../../src/market/tables.ts";
import type { Trade } from "../../src/market/trade.ts";
import { candlesOf } from "./plain_candles.ts";

/** Asks for a path of the HTTP surface. */
export type AskPath = (path: string) => Promise<Response>;

/** Everything that a paged walk gave, oldest first. */
export interface Walked {
  readonly candles: readonly CandleJson[];
  readonly pages: number;
  /** Where any of them came from. */
  readonly places: ReadonlySet<string>;
}

/** Follows `next` from the newest candle to the first one. */
export async function walkCandles(ask: AskPath, path: string): Promise<Walked> {
  const candles: CandleJson[] = [];
  const places = new Set<string>();
  let pages = 0;
  for (let next: string | null = path; next !== null; pages++) {
    const response = await ask(next);
    assert.equal(response.status, 200, `${next}: ${await response.clone().text()}`);
    const page: CandlesJson = await response.json();
    assert.equal(page.parts.reduce((sum, { count }) => sum + count, 0), page.candles.length);
    for (const { from } of page.parts) places.add(from);
    candles.push(...page.candles);
    next = page.next;
  }
  return { candles: candles.reverse(), pages, places };
}

/** What must be answered about these trades, by an independent computation: by symbol and resolution. */
export function expectedCandles(
  trades: readonly Trade[],
  graceMs: number,
): Map<string, CandleJson[]> {
  const rows = [...candlesOf(trades, graceMs).values()].sort((a, b) => a.startMs - b.startMs);
  const groups = Map.groupBy(rows, ({ symbol, sizeMs }) => candlesPath(symbol, sizeMs));
  return new Map([...groups].map(([path, rows]) => [path, rows.map(plainJson)]));
}

/** Where the candles of a symbol are asked for. */
export function candlesPath(symbol: string, sizeMs: number): string {
  return `/api/candles?${new URLSearchParams({ symbol, resolution: resolutionName(sizeMs) })}`;
}

function plainJson(
  { startMs, endMs, open, high, low, close, volume, vwap, count, ...row }: Omit<
    WindowRow,
    "receivedAtMs" | "versionUs"
  >,
): CandleJson {
  const price_volume_multiply = row.priceVolumeMultiply;
  const times = { start: startMs, end: endMs };
  const { final } = row;
  return { ...times, open, high, low, close, volume, vwap, count, price_volume_multiply, final };
}
