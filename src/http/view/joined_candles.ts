import { dispositionOf } from "../../base/errors.ts";
import { candlePage, type CandleQuery, type ResultReader } from "../../market/queries.ts";
import type { WindowRow } from "../../market/rows.ts";
import type { CandlePart, FoundCandles } from "../ports.ts";

/** Where candles are read. */
export interface CandlePlaces {
  /** The newest committed windows of the range in this instance's state, newest first. */
  readonly state: (query: CandleQuery) => Promise<readonly WindowRow[]>;
  /** Where results are kept: everything that the state has, and what it has dropped. */
  readonly kept: (query: CandleQuery) => ReturnType<ResultReader["candles"]>;
  /** Name of that. */
  readonly place: ResultReader["place"];
}

/**
 * A page of candles from the state and, before the oldest one there, from where results are kept.
 *
 * No seam: the state drops a symbol's windows from the oldest on, and what it shows was kept before.
 * No double: the two never answer for one time. While results cannot be read, what the state has is
 * a page of its own, and the rest is for the next one.
 */
export async function joinedCandles(
  query: CandleQuery,
  { state, kept, place }: CandlePlaces,
): Promise<FoundCandles> {
  const { fromMs, toMs, limit } = query;
  const newest = await state(query);
  const seamMs = newest.at(-1)?.startMs ?? toMs;
  const parts: CandlePart[] = [];
  if (newest.length > 0) parts.push({ from: "state", count: newest.length });
  if (newest.length === limit || seamMs <= fromMs) return { ...candlePage(newest, query), parts };
  try {
    const rest = { fromMs, toMs: seamMs, limit: limit - newest.length };
    const { rows, restToMs } = await kept(rest);
    if (rows.length > 0) parts.push({ from: place, count: rows.length });
    return { rows: [...newest, ...rows], restToMs, parts };
  } catch (error) {
    if (newest.length === 0 || dispositionOf(error) !== "retry") throw error;
    return { rows: newest, restToMs: seamMs, parts };
  }
}
