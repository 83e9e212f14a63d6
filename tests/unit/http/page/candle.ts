import type { CandleJson } from "../../../../src/http/wire.ts";

/** A window of 15 s that closes at `close`. */
export function candle(
  start: number,
  close: number | null,
  rest: Partial<CandleJson> = {},
): CandleJson {
  return {
    start,
    end: start + 15_000,
    open: close,
    high: close,
    low: close,
    close,
    volume: 1,
    vwap: close,
    count: 1,
    price_volume_multiply: close ?? 0,
    final: true,
    ...rest,
  };
}
