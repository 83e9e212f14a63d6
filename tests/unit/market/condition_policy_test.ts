// Another policy was another store with another changelog: a start with it was refused as one on
// the topics of a foreign state.
import assert from "node:assert/strict";
import type { WindowRow } from "../../../src/market/rows.ts";
import type { Trade } from "../../../src/market/trade.ts";
import { encodeText } from "../../../src/streams/text.ts";
import { type MarketDriver, marketDriver, marketStartMs } from "../../support/market_driver.ts";
import { tradeWith } from "../../support/trade_codecs.ts";

/** Conditions of an odd lot, which moves no price by the consolidated tape's rules. */
const oddLot = ["37"];

async function pipe({ driver, codec }: MarketDriver, ...trades: Partial<Trade>[]): Promise<void> {
  for (const trade of trades) {
    const value = codec.encode([tradeWith({ symbol: "AAPL", volume: 1, ...trade })]);
    await driver.pipe({ key: encodeText("AAPL"), value });
  }
  await driver.commit();
}

/** The rules in the newest commit, of one partition. */
function rules(
  { driver, state }: MarketDriver,
): { readonly text: string; readonly changes: number } {
  const meta = driver.changelog.findLast(({ key }) => key?.[0] === 0x6d);
  return state.meta.decode(meta?.value as Uint8Array).rules;
}

/** The newest row of each 15-second window, and that none came before an older one. */
function newest({ driver }: MarketDriver): Map<number, WindowRow> {
  const rows = new Map<number, WindowRow>();
  for (const row of driver.rows) {
    if (row.kind !== "window" || row.sizeMs !== 15_000) continue;
    const before = rows.get(row.startMs);
    assert.ok(before === undefined || row.versionUs >= before.versionUs);
    rows.set(row.startMs, row);
  }
  return rows;
}

for (const state of ["kept", "deleted"] as const) {
  Deno.test(`another CONDITION_POLICY continues with a state that is ${state} and keeps what is final`, async () => {
    await using market = await marketDriver();
    const { driver } = market;
    const finalMs = marketStartMs;
    const openMs = finalMs + 90_000;
    const laterMs = openMs + 90_000;
    await driver.advance(180_000);
    await pipe(
      market,
      { eventTimeMs: finalMs, price: 100 },
      { eventTimeMs: finalMs, price: 500, conditions: oddLot },
      { eventTimeMs: openMs, price: 101 },
    );
    const final = newest(market).get(finalMs);
    assert.deepEqual([final?.high, final?.count, final?.final], [500, 2, true]);

    assert.match(rules(market).text, /"1 all"/);
    await driver.crash(0, { state });
    await driver.restart(0, market.jobBy("consolidated"));
    await pipe(
      market,
      { eventTimeMs: finalMs, price: 102 },
      { eventTimeMs: openMs, price: 900, conditions: oddLot },
      { eventTimeMs: laterMs, price: 103 },
    );
    assert.match(rules(market).text, /"1 consolidated"/);
    assert.equal(rules(market).changes, 2);
    assert.equal(driver.counts.late, 1);
    assert.deepEqual(newest(market).get(finalMs), final);
    const open = newest(market).get(openMs);
    assert.deepEqual([open?.high, open?.count, open?.final], [101, 2, true]);
  });
}
