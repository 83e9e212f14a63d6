import assert from "node:assert/strict";
import { resolutionName, summaryWindowMs } from "../../../../src/market/tables.ts";
import { fakePrices } from "../../../support/fake_live_view.ts";
import { surface } from "../harness.ts";
import { beginning, follow, nothing, readEvents, running } from "../stream_harness.ts";

/** Ticks of the hub in the two seconds between two states, and in a second. */
const stateTicks = 20;
const secondTicks = 10;

Deno.test("/api/stream begins with the state, the rows looked at and the names of all", async () => {
  const { view, ask } = surface();
  const reader = await follow(ask, "?row=AAPL&row=MSFT");
  const events = await beginning(reader);
  assert.deepEqual(events.map(({ name }) => name), ["health", "symbols", "listing"]);
  assert.equal(events[0]?.data.feed, "simulated");
  const [row] = events[1]?.data.symbols;
  assert.deepEqual(row, view.symbols().find(({ symbol }) => symbol === "AAPL"));
  const names = view.symbols().map(({ symbol }) => symbol);
  const { partitions, total } = events[2]?.data;
  assert.deepEqual([partitions, total], [{ 0: names }, names.length]);
  await reader.cancel();
});

Deno.test("/api/stream does not repeat the names that a client has", async () => {
  await using made = running();
  const first = await follow(made.ask);
  const { version } = (await beginning(first)).at(-1)?.data;
  const second = await follow(made.ask, `?listed=${version}`);
  assert.deepEqual((await readEvents(second)).map(({ name }) => name), ["health"]);
  made.view.commit();
  await made.pass(stateTicks);
  assert.deepEqual((await readEvents(second)).map(({ name }) => name), ["health", "elsewhere"]);
  await Promise.all([first.cancel(), second.cancel()]);
});

Deno.test("/api/stream sends what is looked at: the symbol's candles and trades, the rows", async () => {
  await using made = running();
  const watched = "BINANCE:BTCUSDT";
  const reader = await follow(made.ask, `?symbol=${watched}&resolution=15s&row=AAPL`);
  await beginning(reader);
  const updates = Array.from({ length: 5 }, () => made.view.commit());
  await made.pass();
  const events = await readEvents(reader);
  const told = (name: string) => events.find((event) => event.name === name)?.data[name];
  const ids = updates.flatMap(({ trades }) => trades).filter(({ symbol }) => symbol === watched)
    .map(({ tradeId }) => String(tradeId));
  assert.deepEqual(told("trades").map(({ id }: { id: string }) => id), ids);
  const [window] = updates.at(-1)?.windows.filter(({ symbol }) => symbol === watched) ?? [];
  const { symbol, resolution, start } = told("candles")[0];
  assert.deepEqual({ symbol, resolution, start }, {
    symbol: watched,
    resolution: resolutionName(summaryWindowMs),
    start: window?.startMs,
  });
  const rows = told("symbols").map(({ symbol }: { symbol: string }) => symbol);
  assert.deepEqual(rows.toSorted(), ["AAPL", watched]);
  await reader.cancel();
});

Deno.test("/api/stream sends a commit at once, and the next ones behind a pause", async () => {
  await using made = running();
  const reader = await follow(made.ask, "?symbol=AAPL");
  await beginning(reader);
  made.view.commit();
  assert((await readEvents(reader)).length > 0, "no time has passed");
  const last = Array.from({ length: 3 }, () => made.view.commit()).at(-1);
  await made.pass();
  const events = await readEvents(reader);
  const { trades } = events.find(({ name }) => name === "trades")?.data;
  const ids = last?.trades.filter(({ symbol }) => symbol === "AAPL").map((it) =>
    String(it.tradeId)
  );
  assert.equal(trades.at(-1).id, ids?.at(-1));
  await reader.cancel();
});

Deno.test.each([
  { client: "a page", scope: "all" },
  { client: "another instance", scope: "local" },
])(
  "/api/stream of 3,000 symbols at 5,000 trades/s sends $client below 100 kB/s",
  async (wanted) => {
    const prices = Object.fromEntries(
      Array.from({ length: 3_000 }, (_, index) => [`S${String(index).padStart(4, "0")}`, 100]),
    );
    await using made = running({ prices, seconds: 2 });
    const rows = Object.keys(prices).slice(0, 40).map((row) => `row=${row}`).join("&");
    const reader = await follow(made.ask, `?scope=${wanted.scope}&symbol=S0000&${rows}`);
    for (let names = 0; names < made.view.symbols().length;) {
      for (const { data } of await readEvents(reader)) names += data.partitions?.[0]?.length ?? 0;
    }
    let [bytes, trades] = [0, 0];
    const seconds = 4;
    for (let second = 0; second < seconds; second++) {
      trades += made.view.commit().trades.length;
      for (let tick = 0; tick < secondTicks; tick++) {
        await made.pass();
        if (tick === 0) bytes += (await reader.read()).value?.byteLength ?? 0;
      }
    }
    assert(trades / seconds > 4_000, `trades/s: ${trades / seconds}`);
    assert(bytes / seconds < 100_000, `bytes/s: ${bytes / seconds}`);
    await reader.cancel();
  },
);

Deno.test("/api/stream gives another instance what its readers look at, and every name", async () => {
  await using made = running();
  const query = "?scope=local&symbol=AAPL&symbol=OANDA:EUR_USD&row=BINANCE:BTCUSDT";
  const reader = await follow(made.ask, query);
  const first = [...await beginning(reader), ...await readEvents(reader)];
  assert.deepEqual(first.map(({ name }) => name), [
    ...["health", "symbols", "listing", "listing", "symbols"],
  ]);
  assert.deepEqual(first[2]?.data, { partitions: { 0: Object.keys(fakePrices) } });
  const { version } = first[3]?.data;
  assert.equal(typeof version, "string");
  const update = made.view.commit();
  await made.pass();
  const [candles, trades, symbols] = await readEvents(reader);
  const full = ({ symbol }: { readonly symbol: string }) => /^AAPL|^OANDA/.test(symbol);
  assert.equal(candles?.data.candles.length, update.windows.filter(full).length);
  assert.equal(trades?.data.trades.length, update.trades.filter(full).length);
  const rows = update.symbols.filter((row) => full(row) || row.symbol === "BINANCE:BTCUSDT");
  const bySymbol = (a: { symbol: string }, b: { symbol: string }) => a.symbol < b.symbol ? -1 : 1;
  assert.deepEqual(symbols?.data.symbols.toSorted(bySymbol), rows.toSorted(bySymbol));
  const second = await follow(made.ask, `?scope=local&listed=${version}`);
  assert.deepEqual((await readEvents(second)).map(({ name }) => name), ["health"]);
  await made.pass(stateTicks);
  assert.deepEqual((await readEvents(second)).map(({ name }) => name), ["health", "symbols"]);
  await Promise.all([reader.cancel(), second.cancel()]);
});

Deno.test("/api/stream tells another instance a name when it is new, and the latest trade of all", async () => {
  await using made = running({ seconds: 0 });
  const reader = await follow(made.ask, "?scope=local");
  assert.deepEqual((await beginning(reader)).map(({ name }) => name), ["health", "listing"]);
  const update = made.view.commit();
  await made.pass();
  const [listing] = await readEvents(reader);
  assert.deepEqual(listing?.data.partitions[0], update.added.map(({ symbol }) => symbol));
  await made.pass(stateTicks);
  const events = await readEvents(reader);
  const latest = Math.max(...update.symbols.map(({ time }) => time));
  assert.deepEqual(events.at(-1), { name: "symbols", data: { symbols: [], latest } });
  await reader.cancel();
});

Deno.test("/api/stream gives another instance every row where it cannot name them", async () => {
  await using made = running();
  const reader = await follow(made.ask, "?scope=local&rows=all");
  const [health, listing, symbols] = await beginning(reader);
  assert.deepEqual([health?.name, listing?.name], ["health", "listing"]);
  assert.deepEqual(symbols?.data.symbols, made.view.symbols());
  await readEvents(reader);
  const update = made.view.commit();
  await made.pass();
  const [changed] = await readEvents(reader);
  assert.deepEqual(changed?.data.symbols, update.symbols);
  await reader.cancel();
});

Deno.test("/api/stream tells the state again and again until stopped", async () => {
  await using made = running();
  const reader = await follow(made.ask);
  await beginning(reader);
  made.view.readiness = { ready: false, problems: ["sink does not answer"] };
  await made.pass(stateTicks);
  const [health] = await readEvents(reader);
  assert.equal(health?.name, "health");
  assert.deepEqual(health?.data.problems, ["sink does not answer"]);
  await reader.cancel();
});

Deno.test("/api/stream subscribes to the view only while someone listens", async () => {
  const { view, context, ask } = surface();
  assert.equal(view.listenerCount, 0);
  const readers = [await follow(ask), await follow(ask, "?scope=local")];
  assert.equal(view.listenerCount, 1);
  for (const reader of readers) await reader.cancel();
  assert.equal(view.listenerCount, 0);
  assert.equal(context.events.clientCount, 0);
});

Deno.test("/api/stream never cuts off a slow reader: what waits gets newer, not longer", async () => {
  await using made = running();
  const reader = await follow(made.ask, "?symbol=AAPL&row=AAPL");
  await beginning(reader);
  for (let second = 0; second < 50; second++) {
    made.view.commit();
    await made.pass(secondTicks);
  }
  assert.equal(made.context.events.clientCount, 1);
  const waiting = [await readEvents(reader)];
  await made.pass();
  waiting.push(await readEvents(reader));
  const summaries = waiting.flat().filter(({ name }) => name === "symbols");
  assert.deepEqual(
    summaries.at(-1)?.data.symbols[0],
    made.view.symbols().find(({ symbol }) => symbol === "AAPL"),
  );
  const trades = waiting.flat().filter(({ name }) => name === "trades");
  assert(trades.at(-1)?.data.trades.length <= 80);
  await reader.cancel();
});

Deno.test.each([
  { client: "a reader", query: "?symbol=AAPL" },
  { client: "another instance", query: "?scope=local&symbol=AAPL" },
])(
  "/api/stream ends the connection of $client that takes nothing for a minute",
  async ({ query }) => {
    await using made = running();
    const dead = await follow(made.ask, query);
    const alive = await follow(made.ask, query);
    const reading = (async () => {
      while (!(await alive.read()).done);
    })();
    for (let second = 0; second < 62; second++) {
      made.view.commit();
      await made.pass(secondTicks);
    }
    assert.equal(made.context.events.clientCount, 1);
    assert((await dead.read()).done);
    await alive.cancel();
    await reading;
  },
);

Deno.test.each([
  "?row=",
  "?symbol=%EF%BB%BFAAPL",
  "?symbol=AAPL&resolution=7m",
  `?${Array.from({ length: 1_001 }, (_, index) => `row=S${index}`).join("&")}`,
])("/api/stream refuses %s", async (query) => {
  const { ask } = surface();
  const response = await ask(`/api/stream${query}`);
  assert.equal(response.status, 400);
  await response.body?.cancel();
});

Deno.test("/api/stream answers 503 when no more clients are allowed", async () => {
  const { ask } = surface({ places: { total: 1 } });
  const reader = await follow(ask);
  const refused = await ask("/api/stream");
  assert.equal(refused.status, 503);
  assert.equal(refused.headers.get("retry-after"), "10");
  await refused.body?.cancel();
  await reader.cancel();
});

Deno.test("/api/stream takes a new address in where others hold all places, and refuses theirs", async () => {
  const { context } = surface({ places: { total: 4, perAddress: 3 } });
  const connect = async (address: string) =>
    (await context.events.connect(nothing, { scope: "local", address }))?.getReader();
  const connectAll = (...addresses: string[]) => Promise.all(addresses.map(connect));
  const [oldest, ...held] = await connectAll("192.0.2.1", "192.0.2.1", "192.0.2.1");
  assert.equal(await connect("192.0.2.1"), undefined);
  const others = await connectAll("192.0.2.2", "192.0.2.3");
  assert.ok((await oldest?.read())?.done, "its address held most");
  assert.equal(context.events.clientCount, 4);
  await held[0]?.cancel();
  const fourth = await connect("192.0.2.4");
  assert.ok(fourth !== undefined && others.every((reader) => reader !== undefined));
  context.events.close();
});

Deno.test("/api/stream keeps one event of its beginning for an instance, however many symbols", async () => {
  const prices = Object.fromEntries(Array.from({ length: 2_200 }, (_, i) => [`S${i}`, 100]));
  const { view, ask } = surface({ prices, seconds: 5 });
  const reader = await follow(ask, "?scope=local");
  const counts: number[] = [];
  const names = new Set<string>();
  while (names.size < view.symbols().length) {
    const [event] = await readEvents(reader);
    const symbols: string[] = event?.data.partitions?.[0] ?? [];
    counts.push(symbols.length);
    for (const symbol of symbols) names.add(symbol);
  }
  assert.deepEqual(counts.slice(0, 5), [0, 500, 500, 500, 500]);
  await reader.cancel();
});

Deno.test("HEAD /api/stream answers the headers and occupies no place", async () => {
  const { context, ask } = surface();
  const response = await ask("/api/stream", { method: "HEAD" });
  assert.equal(response.headers.get("content-type"), "text/event-stream");
  assert.equal(context.events.clientCount, 0);
});

Deno.test("EventHub.close() ends every stream and takes no more clients", async () => {
  const { context, ask } = surface();
  const reader = await follow(ask);
  context.events.close();
  assert((await reader.read()).done);
  const client = { scope: "all", address: "192.0.2.1" } as const;
  assert.equal(await context.events.connect(nothing, client), undefined);
});
