import assert from "node:assert/strict";
import { noFeedObserver } from "../../../src/feed/feed_observer.ts";
import { noIngestObserver } from "../../../src/ingest/observer.ts";
import { SimulatedClock } from "../../../src/streams/testing/simulated_clock.ts";
import { InputWatch } from "../../../src/wiring/input_watch.ts";
import { type Refusal, refusalOf, type Teller } from "../../../src/wiring/refusals.ts";
import { LogLines } from "../../support/log_lines.ts";
import { marketDriver, marketStartMs } from "../../support/market_driver.ts";
import { tradeWith } from "../../support/trade_codecs.ts";

const minuteMs = 60_000;

function setUp(program: Teller = "start") {
  const clock = new SimulatedClock();
  const logger = new LogLines();
  const watch = new InputWatch({ program, clock, logger });
  const running = new AbortController();
  const run = watch.run(running.signal);
  const stop = async () => {
    running.abort();
    await run;
  };
  return { clock, logger, watch, stop };
}

/** What the job makes of trades with these times ahead of their receipt, each in a record. */
async function refusalsOf(...aheadMs: readonly number[]): Promise<Refusal[]> {
  await using market = await marketDriver();
  const { driver, codec } = market;
  for (const ms of aheadMs) {
    const value = codec.encode([tradeWith({ eventTimeMs: marketStartMs + ms })]);
    await driver.pipe({ key: "AAPL", value, timestampMs: marketStartMs });
  }
  await driver.commit();
  return ["trade1-dead-letters", "trade1-late"].flatMap((topic) =>
    driver.log.visible(topic).flatMap((record) =>
      refusalOf(record, { topic: "trade1", maxFutureMs: minuteMs }) ?? []
    )
  );
}

Deno.test("InputWatch names the clock when all trades lie ahead of it, once a minute", async () => {
  const { clock, logger, watch, stop } = setUp();
  const [ahead] = await refusalsOf(2 * minuteMs);
  assert(ahead);
  for (let second = 0; second < 120; second++) {
    watch.refused(ahead);
    watch.refused(ahead);
    await clock.advance(1_000);
  }
  const blocked = "all 240 trades of the last 2 min lie 2 min ahead of this machine's clock: " +
    "check the clock";
  assert.equal(watch.status.blocked, blocked);
  assert.deepEqual(watch.problems, [`nothing gets through: ${blocked}`]);
  assert(!watch.health.ready);
  const { deadLetters, late, passed } = watch.status;
  assert.deepEqual({ deadLetters, late, passed }, { deadLetters: 240, late: 0, passed: 0 });
  assert.deepEqual(logger.complaints.map(({ message }) => message), [
    "Nothing gets through: all 20 trades of the last 10 s lie 2 min ahead of this machine's " +
    "clock: check the clock",
    "Nothing gets through: all 140 trades of the last 70 s lie 2 min ahead of this machine's " +
    "clock: check the clock",
  ]);
  watch.passed(1);
  await clock.advance(2_000);
  assert.equal(watch.status.blocked, undefined);
  assert(watch.health.ready);
  assert.equal(logger.lines.at(-1)?.message, "Trades get through again");
  await stop();
});

Deno.test("InputWatch tells a reader of the log whose clock it is", async () => {
  const { clock, watch, stop } = setUp("process");
  for (const refusal of await refusalsOf(2 * minuteMs, 5 * minuteMs)) watch.refused(refusal);
  await clock.advance(10_000);
  assert.equal(
    watch.status.blocked,
    "all 2 trades of the last 10 s lie 2 min to 5 min ahead of the clock of the machine that " +
      "received them: check that clock",
  );
  await stop();
});

Deno.test("InputWatch says of late trades how old they are and what helps", async () => {
  const { clock, watch, stop } = setUp();
  for (const refusal of await refusalsOf(0, -3 * 60 * minuteMs)) watch.refused(refusal);
  await clock.advance(10_000);
  assert.match(watch.status.blocked ?? "", /^1 of 1 trades .* are late, 3 h behind .*--data$/);
  await stop();
});

Deno.test("InputWatch names the unit of frames that never reach a task, and counts entries", async () => {
  const { clock, watch, stop } = setUp();
  const observer = watch.watchingIngest(noIngestObserver);
  const detail =
    "data[0]: time is before 1971, as seconds in place of milliseconds are: 1700000000";
  observer.deadLettered({ cause: "impossible-value", detail, items: 4 });
  await clock.advance(10_000);
  assert.equal(watch.status.deadLetters, 4);
  assert.match(watch.status.blocked ?? "", /all 4 trades .* dead letters: .* as seconds in place/);
  await stop();
});

Deno.test("InputWatch lets a few late trades of a quiet market be", async () => {
  const { clock, logger, watch, stop } = setUp();
  watch.passed(1);
  for (let item = 0; item < 9; item++) watch.refused({ kind: "late", items: 1, offMs: 1 });
  await clock.advance(minuteMs);
  assert.deepEqual([watch.status.blocked, logger.complaints], [undefined, []]);
  watch.refused({ kind: "late", items: 1, offMs: 1 });
  assert.match(watch.status.blocked ?? "", /^all 10 trades/);
  await stop();
});

Deno.test("InputWatch is not ready before the feed is connected, and notices its silence", async () => {
  const { clock, logger, watch, stop } = setUp("produce");
  const feed = watch.watchingFeed(noFeedObserver);
  assert.deepEqual(watch.problems, ["the feed is not connected"]);
  feed.connected();
  const ingest = watch.watchingIngest(noIngestObserver);
  ingest.frameSent("trades", 1);
  assert.deepEqual([watch.status.passed, watch.health.ready], [1, true]);
  await clock.advance(45 * minuteMs);
  ingest.frameSent("ping", 0);
  assert(watch.health.ready);
  assert.match(watch.health.notices?.join() ?? "", /^no trade came for 45 min: the markets/);
  const said = logger.complaints.map(({ message }) => message.match(/for (\d+ min)/)?.[1]);
  assert.deepEqual(said, ["5 min", "10 min", "20 min", "40 min"]);
  ingest.frameSent("trades", 1);
  assert.deepEqual(watch.health.notices, []);
  await stop();
});
