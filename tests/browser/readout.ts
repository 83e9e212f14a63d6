import assert from "node:assert/strict";
import { formatAmount, formatNumber } from "../../src/http/page/format.js";
import { zone } from "../../src/http/page/zone.js";
import type { CandleJson } from "../../src/http/wire.ts";

/** The figures that the page shows must be those of a candle, with the decimals that it shows. */
export function assertShown(
  readout: Readonly<Record<string, string>>,
  candle: CandleJson,
): void {
  const decimals = readout["Close"]?.split(".")[1]?.length ?? 0;
  assert.deepEqual(readout, expectedReadout(candle, decimals));
}

/** What the page must say of a candle; `decimals` as it shows prices now. */
function expectedReadout(
  candle: CandleJson,
  decimals: number,
): Record<string, string> {
  const price = (value: number | null) => formatNumber(value, decimals);
  return {
    "Window": `${zone.dateTime(candle.start)} ${zone.label(candle.start)}`,
    "Open": price(candle.open),
    "High": price(candle.high),
    "Low": price(candle.low),
    "Close": price(candle.close),
    "VWAP": price(candle.vwap),
    "Volume": formatAmount(candle.volume),
    "Trades": formatAmount(candle.count),
    "Avg p × v": formatAmount(candle.price_volume_multiply),
    "State": candle.final ? "final" : "open",
  };
}
