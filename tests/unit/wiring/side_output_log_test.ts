import assert from "node:assert/strict";
import type { MarketRow } from "../../../src/market/rows.ts";
import { SimulatedClock } from "../../../src/streams/testing/simulated_clock.ts";
import { encodeText } from "../../../src/streams/text.ts";
import type { OutputRecord } from "../../../src/streams/record.ts";
import { noItems } from "../../../src/streams/state/state.ts";
import type { CommitReport } from "../../../src/streams/task/task_listener.ts";
import { InputWatch } from "../../../src/wiring/input_watch.ts";
import { sideOutputLog } from "../../../src/wiring/side_output_log.ts";
import { LogLines } from "../../support/log_lines.ts";
import { marketDriver, marketStartMs } from "../../support/market_driver.ts";
import { tradeWith } from "../../support/trade_codecs.ts";

function setUp() {
  const logger = new LogLines();
  const clock = new SimulatedClock();
  const watch = new InputWatch({ program: "process", logger, clock });
  const terms = { topic: "trade1", maxFutureMs: 60_000 };
  const log = sideOutputLog<MarketRow>({ ...terms, watch, logger, clock });
  const meta = { counts: noItems };
  const commit = (...sideOutputs: readonly OutputRecord[]) =>
    log.committed(
      { topic: "trade1", partition: 0 },
      { sideOutputs, meta, previous: noItems } as CommitReport,
    );
  return { logger, clock, commit };
}

function dead(cause: string, offset: number): OutputRecord {
  const headers = { cause, detail: `detail ${offset}`, "origin-offset": String(offset) };
  return {
    topic: "trade1-dead-letters",
    timestampMs: 0,
    key: encodeText("AAPL"),
    value: null,
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, text]) => [name, encodeText(text)]),
    ),
  };
}

Deno.test("sideOutputLog() names each cause at once, then every half a minute with the count", async () => {
  const { logger, clock, commit } = setUp();
  commit(dead("malformed", 1), dead("malformed", 2), dead("far-future", 3));
  await clock.advance(29_999);
  commit(dead("malformed", 4));
  await clock.advance(1);
  commit(dead("malformed", 5));
  const lines = logger.lines.map(({ level, fields }) =>
    [level, fields["cause"], fields["count"], fields["offset"], fields["detail"]].join(" ")
  );
  assert.deepEqual(lines, [
    "warn malformed 1 1 detail 1",
    "warn far-future 1 3 detail 3",
    "warn malformed 3 5 detail 5",
  ]);
});

// A writer 58 minutes ahead: the symbol's real trades were late for an hour, and only counted.
Deno.test("sideOutputLog() names the symbol whose clock a writer has put ahead", async () => {
  await using market = await marketDriver();
  const { driver, codec } = market;
  const aheadMs = 58 * 60_000;
  const trade = (eventTimeMs: number) => codec.encode([tradeWith({ eventTimeMs })]);
  const ahead = { timestampMs: marketStartMs + aheadMs, value: trade(marketStartMs + aheadMs) };
  await driver.pipe({ key: "AAPL", ...ahead });
  await driver.pipe({ key: "AAPL", value: trade(marketStartMs) });
  await driver.pipe({
    key: "AAPL",
    value: trade(marketStartMs),
    timestampMs: marketStartMs + aheadMs,
  });
  await driver.commit();
  const { logger, commit } = setUp();
  commit(...driver.log.visible("trade1-late"));
  const [first, second] = logger.lines;
  assert.match(first?.message ?? "", /clock is ahead of their receipt/);
  const { symbol, symbolClock, aheadSeconds } = first?.fields ?? {};
  assert.deepEqual({ symbol, symbolClock, aheadSeconds }, {
    symbol: "AAPL",
    symbolClock: "2026-01-05T15:58:00.000Z",
    aheadSeconds: 3_480,
  });
  assert.match(second?.message ?? "", /after their windows had closed/);
});
