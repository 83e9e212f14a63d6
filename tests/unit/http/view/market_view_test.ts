import assert from "node:assert/strict";
import { systemClock } from "../../../../src/base/clock.ts";
import { silentLogger } from "../../../../src/base/logger.ts";
import { seededRandom } from "../../../../src/base/random.ts";
import { MarketView } from "../../../../src/http/view/market_view.ts";
import { noInput } from "../../../../src/http/ports.ts";
import { marketChangelog, marketJob } from "../../../../src/market/job.ts";
import { noTables } from "../../../../src/market/queries.ts";
import type { Trade } from "../../../../src/market/trade.ts";
import { createStateCodecs } from "../../../../src/registry/state_codecs.ts";
import { StreamsApp } from "../../../../src/streams/app/streams_app.ts";
import { MemoryLog, MemoryStores } from "../../../../src/streams/testing/mod.ts";
import { encodeText } from "../../../../src/streams/text.ts";
import { TestMembership } from "../../../support/counting_run.ts";
import { memoryTradeCodec, tradeWith } from "../../../support/trade_codecs.ts";
import { until } from "../../../support/until.ts";

const atMs = 1_700_000_000_000;

const atOnce = { commitIntervalMs: 0, pendingRowsMax: 1_000 };
const notReachable = false;

/** The market job over a log of its own, without a sink, as `RESULTS=none` has it. */
async function marketApp() {
  const { codec, registry } = await memoryTradeCodec();
  const changelogTopic = marketChangelog("app");
  const codecs = await createStateCodecs({ registry, changelogTopic });
  const log = new MemoryLog();
  const topics = ["trade1", "trade1-late", "trade1-dead-letters", "app-repartition"];
  for (const name of [...topics, changelogTopic]) log.createTopic(name, 1);
  const topology = marketJob({
    topic: "trade1",
    graceMs: 60_000,
    retentionMs: 3_600_000,
    maxFutureMs: 60_000,
    conditionPolicy: "all",
    tradeRows: false,
    tradeCodec: codec,
    windowCodec: codecs.windowState,
  });
  const ports = {
    log,
    commitLog: log.commitLogOf("app"),
    stores: new MemoryStores(),
    codecs,
    clock: systemClock,
    random: seededRandom(1),
    logger: silentLogger,
  };
  const settings = { application: "app", closeBoundMs: 1_000, stateCleanupDelayMs: 600_000 };
  const membership = new TestMembership([0]);
  const app = new StreamsApp(topology, ports, membership, { ...settings, ...atOnce });
  return { app, topology, log, codec };
}

/** It runs, with its view. */
async function runningMarket() {
  const { app, topology, log, codec } = await marketApp();
  const view = new MarketView({
    application: "app",
    feed: "live",
    app,
    topology,
    reader: noTables,
    ownerOf: () => undefined,
    peerOf: () => undefined,
    isReachable: () => Promise.resolve(notReachable),
    input: { status: noInput, problems: [], notices: [] },
    clock: systemClock,
    logger: silentLogger,
  });
  const stop = new AbortController();
  const running = app.run(stop.signal);
  return {
    view,
    /** Comes back when they are committed. */
    async trade(...trades: Partial<Trade>[]) {
      const place = { topic: "trade1", partition: 0 };
      await log.append(trades.map((fields, index) => {
        const trade = tradeWith({ eventTimeMs: atMs + index, ...fields });
        const key = encodeText(trade.symbol);
        return { ...place, timestampMs: atMs, key, value: codec.encode([trade]) };
      }));
      const { endOffset } = await log.bounds(place);
      const isCommitted = () => app.tasks[0]?.committedOffset === endOffset;
      await until(isCommitted, { what: "the commit", msMax: 5_000, lookMs: 1 });
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await running;
    },
  };
}

Deno.test("MarketView knows a symbol from the state while no one looks", async () => {
  await using market = await runningMarket();
  const { view } = market;
  await market.trade({ symbol: "A", price: 10, volume: 3 }, { symbol: "A", price: 11, volume: 4 });
  const seen = { symbol: "A", partition: 0, price: 11, time: atMs + 1, volume: 7, count: 2 };
  assert.deepEqual(view.symbol("A"), seen);
  assert.equal(view.symbol("B"), undefined);
  assert.deepEqual(view.partitions()?.own, [0]);
  await market.trade({ symbol: "A", price: 12, volume: 1, eventTimeMs: atMs + 2 });
  assert.deepEqual(view.symbol("A"), { ...seen, price: 12, time: atMs + 2, volume: 8, count: 3 });
});

Deno.test("MarketView lists all symbols once someone looks, and as they are from then on", async () => {
  await using market = await runningMarket();
  const { view } = market;
  await market.trade({ symbol: "B" }, { symbol: "A" });
  const listed = () =>
    [...view.eachSymbol()].map(({ symbol, count }) => `${symbol} ${count}`).sort();
  {
    using _looking = await view.look();
    assert.deepEqual(listed(), ["A 1", "B 1"]);
    await market.trade({ symbol: "C" }, { symbol: "A" });
    assert.deepEqual(listed(), ["A 2", "B 1", "C 1"]);
  }
  await market.trade({ symbol: "D" });
  using _looking = await view.look();
  assert.deepEqual(listed(), ["A 2", "B 1", "C 1", "D 1"]);
});

Deno.test("MarketView continues to list for a subscriber, and tells it which symbols are new", async () => {
  await using market = await runningMarket();
  const { view } = market;
  await market.trade({ symbol: "A" });
  const added: string[] = [];
  const looking = await view.look();
  const unsubscribe = view.subscribe((update) =>
    added.push(...update.added.map(({ symbol }) => symbol))
  );
  looking[Symbol.dispose]();
  await market.trade({ symbol: "A" }, { symbol: "B" });
  assert.deepEqual(added, ["B"]);
  assert.equal([...view.eachSymbol()].length, 2);
  unsubscribe();
  await market.trade({ symbol: "C" });
  assert.deepEqual(added, ["B"]);
});
