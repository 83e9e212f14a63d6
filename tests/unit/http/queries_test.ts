import assert from "node:assert/strict";
import { newest } from "../../../src/http/peers/all_symbols.ts";
import type { SymbolSummary } from "../../../src/http/ports.ts";
import { fakePrices } from "../../support/fake_live_view.ts";
import { resolutions } from "../../../src/market/resolutions.ts";
import { summaryWindowMs } from "../../../src/market/tables.ts";
import { hostilePages } from "../../support/hostile/peer_answers.ts";
import { PacedWork } from "../../../src/http/paced_work.ts";
import { SteppingClock, type Surface, surface } from "./harness.ts";

const symbols = Object.keys(fakePrices).sort();

function byName(summaries: readonly SymbolSummary[]): SymbolSummary[] {
  return summaries.toSorted((a, b) => a.symbol < b.symbol ? -1 : 1);
}

Deno.test("/api/symbols lists every symbol with exactly the promised members", async () => {
  const { view, ask } = surface();
  const body = await (await ask("/api/symbols")).json();
  const members = ["symbol", "partition", "price", "time", "volume", "count"];
  for (const summary of body.symbols) assert.deepEqual(Object.keys(summary), members);
  assert.deepEqual(body.symbols.map(({ symbol }: { symbol: string }) => symbol), symbols);
  assert.deepEqual(body, { symbols: byName(view.symbols()), missing_partitions: [] });
});

Deno.test("/api/symbols?scope=local lists the symbols of the partitions that are open here", async () => {
  const { view, ask } = surface();
  const path = "/api/symbols?scope=local";
  assert.deepEqual(await (await ask(path)).json(), {
    symbols: byName(view.symbols()),
    partitions: [0],
  });
  view.layout = { own: [1], others: new Map([[0, "http://other:8081"]]) };
  assert.deepEqual(await (await ask(path)).json(), { symbols: [], partitions: [1] });
});

Deno.test("/api/symbols says which partitions no instance answers for, and lists what it remembers", async () => {
  const { view, ask } = surface();
  view.layout = { own: [1], others: new Map([[0, "http://refuses:8081"], [2, undefined]]) };
  const body = await (await ask("/api/symbols")).json();
  assert.deepEqual(body.missing_partitions, [0, 2]);
  assert.equal(body.symbols.length, symbols.length);
});

Deno.test("/api/symbols answers 503 while it is unknown which partitions there are", async () => {
  const { view, ask } = surface();
  view.layout = undefined;
  const response = await ask("/api/symbols");
  assert.equal(response.status, 503);
  assert.equal(response.headers.get("retry-after"), "5");
});

Deno.test("newest() takes of each symbol what knows most, whatever the order", async () => {
  const work = new PacedWork(new SteppingClock());
  const summary = (time: number, count: number) => ({
    ...{ symbol: "A", partition: 0, price: time, time, volume: 0, count },
  });
  const [old, more, latest] = [summary(1, 9), summary(1, 10), summary(2, 1)];
  assert.deepEqual(await newest([[old], [more]], work), [more]);
  assert.deepEqual(await newest([[latest], [more], [old]], work), [latest]);
  const other = { ...old, symbol: "B" };
  assert.deepEqual(await newest([[other], [old]], work), [old, other]);
});

Deno.test.each(["/api/symbols", "/api/stream"])("%s refuses an unknown scope", async (path) => {
  const response = await surface().ask(`${path}?scope=here`);
  assert.equal(response.status, 400);
  assert.match((await response.json()).detail, /"scope" must be all or local: "here"/);
});

Deno.test("/api/candles answers windows newest first in the promised shape", async () => {
  const { view, ask } = surface();
  const body = await (await ask("/api/candles?symbol=AAPL")).json();
  const found = await view.candles("AAPL", { limit: 500, sizeMs: summaryWindowMs });
  const last = found?.rows[1];
  assert.deepEqual(Object.keys(body), ["symbol", "resolution", "candles", "parts", "next"]);
  assert.deepEqual(body.parts, [{ from: "state", count: body.candles.length }]);
  assert.equal(body.symbol, "AAPL");
  assert.equal(body.resolution, [...resolutions.keys()][0]);
  assert.equal(body.next, null);
  assert.deepEqual(body.candles[1], {
    start: last?.startMs,
    end: last?.endMs,
    open: last?.open,
    high: last?.high,
    low: last?.low,
    close: last?.close,
    volume: last?.volume,
    vwap: last?.vwap,
    count: last?.count,
    price_volume_multiply: last?.priceVolumeMultiply,
    final: true,
  });
  const starts = body.candles.map(({ start }: { start: number }) => start);
  assert.deepEqual(starts, starts.toSorted((a: number, b: number) => b - a));
});

Deno.test.each([...resolutions])(
  "/api/candles answers windows of the resolution %s",
  async (resolution, sizeMs) => {
    const { ask } = surface();
    const body = await (await ask(`/api/candles?symbol=AAPL&resolution=${resolution}`)).json();
    assert.equal(body.resolution, resolution);
    for (const { start, end } of body.candles) {
      assert.deepEqual([start % sizeMs, end - start], [0, sizeMs]);
    }
    assert.ok(body.candles.length > 0);
  },
);

Deno.test("/api/candles answers the newest windows of a range, and where the rest is", async () => {
  const { ask } = surface();
  const all = (await (await ask("/api/candles?symbol=AAPL")).json()).candles;
  const path = "/api/candles?symbol=AAPL&limit=2";
  const newest = await (await ask(path)).json();
  assert.deepEqual(newest.candles, all.slice(0, 2));
  assert.equal(newest.next, `${path}&to=${all[1].start}`);
  assert.deepEqual((await (await ask(newest.next)).json()).candles, all.slice(2, 4));
  const [from, to] = [all[3].start, all[0].start];
  const range = await (await ask(`${path}&from=${from}&to=${to}`)).json();
  assert.deepEqual(range.candles, all.slice(1, 3));
  const rest = await (await ask(range.next)).json();
  assert.deepEqual([rest.candles, rest.next], [[all[3]], null]);
});

Deno.test.each([
  ["BINANCE:BTCUSDT", "a raw colon"],
  ["BINANCE%3ABTCUSDT", "an encoded colon"],
  ["IC%20MARKETS%3A1", "a space"],
  ["IC+MARKETS:1", "a plus sign"],
  ["OANDA:EUR_USD", "an underscore"],
  [".", "what is no part of a path"],
  ["..", "what is no part of a path"],
])("/api/candles and /api/trades understand the symbol %s with %s", async (encoded, _why) => {
  const prices = { ...fakePrices, ".": 1, "..": 2 };
  for (const path of ["/api/candles", "/api/trades"]) {
    const response = await surface({ prices }).ask(`${path}?symbol=${encoded}`);
    assert.equal(response.status, 200);
    const symbol = new URLSearchParams(`symbol=${encoded}`).get("symbol");
    assert.equal((await response.json()).symbol, symbol);
  }
});

Deno.test.each([["", /symbol is empty/], ["?symbol=", /symbol is empty/], [
  "?symbol=%EF%BB%BFAAPL",
  /U\+FEFF/,
]])(
  "/api/candles and /api/trades refuse a query %s without a symbol",
  async (query, expected) => {
    for (const path of ["/api/candles", "/api/trades"]) {
      const response = await surface().ask(path + query);
      assert.equal(response.status, 400);
      assert.match((await response.json()).detail, expected);
    }
  },
);

Deno.test("/api/candles and /api/trades answer 404 for an unknown symbol", async () => {
  const { ask } = surface();
  for (const path of ["/api/candles?symbol=NOBODY", "/api/trades?symbol=NOBODY"]) {
    const response = await ask(path);
    assert.equal(response.status, 404);
    assert.match((await response.json()).detail, /NOBODY/);
  }
});

Deno.test.each([
  ["resolution=2m", /"resolution" must be one of .*1m, .*, 1d: "2m"/],
  ["limit=0", /"limit" must be an integer from 1 to 5000: "0"/],
  ["limit=-3", /"limit" must be an integer/],
  ["limit=1e3", /"limit" must be an integer/],
  ["from=yesterday", /"from" must be epoch milliseconds: "yesterday"/],
  ["to=99999999999999999999", /"to" must be epoch milliseconds/],
  ["from=2&to=1", /"from" must not be after "to"/],
  ["scope=here", /"scope" must be all or local: "here"/],
  ["limit=x&from=y", /"limit".*"from"|"from".*"limit"/],
])("/api/candles refuses ?%s and says why", async (query, expected) => {
  const response = await surface().ask(`/api/candles?symbol=AAPL&${query}`);
  assert.equal(response.status, 400);
  assert.match((await response.json()).detail, expected);
});

Deno.test("/api/candles takes a limit above the maximum as the maximum", async () => {
  const { ask } = surface();
  assert.equal((await ask("/api/candles?symbol=AAPL&limit=1000000")).status, 200);
});

Deno.test("/api/trades answers the latest trades newest first, ids as text", async () => {
  const { view, ask } = surface();
  const body = await (await ask("/api/trades?symbol=AAPL&limit=3")).json();
  const rows = (await view.trades("AAPL", 3))?.rows ?? [];
  assert.equal(rows.length, 3);
  assert.equal(body.symbol, "AAPL");
  assert.equal(body.from, "cassandra");
  assert.deepEqual(
    body.trades,
    rows.map((row) => ({
      id: String(row.tradeId),
      time: row.tradeTimeMs,
      price: row.price,
      volume: row.volume,
      conditions: row.conditions,
      received: row.receivedAtMs,
    })),
  );
});

Deno.test("/api/trades answers an empty list for a known symbol without trades at hand", async () => {
  const { view, ask } = surface();
  view.trades = () => Promise.resolve({ from: "cassandra", rows: [] });
  const response = await ask("/api/trades?symbol=AAPL");
  assert.equal(response.status, 200);
  assert.deepEqual(await response.json(), { symbol: "AAPL", from: "cassandra", trades: [] });
});

/** A surface whose other instance answers this about AAPL. */
function withPeer(answer: () => Response): Surface & { readonly asked: string[] } {
  const asked: string[] = [];
  const askPeer = (url: string) => {
    asked.push(url);
    return Promise.resolve(answer());
  };
  const made = surface({ askPeer });
  made.view.owners.set("AAPL", "http://c1:8080");
  return { ...made, asked };
}

/** What an owner answers about AAPL. */
const page = {
  symbol: "AAPL",
  resolution: "15s",
  candles: [{
    ...{ start: 0, end: 15_000, open: null, high: null, low: null, close: null },
    ...{ volume: 0, vwap: null, count: 1, price_volume_multiply: 0, final: false },
  }],
  parts: [{ from: "state", count: 3 }, { from: "cassandra", count: 2 }],
  next: "/api/candles?symbol=AAPL&limit=5&scope=local&to=15000",
};

Deno.test("/api/candles passes on what the owner answers by itself", async () => {
  const { ask, asked } = withPeer(() => Response.json(page));
  const response = await ask("/api/candles?symbol=AAPL&limit=5");
  assert.equal(response.status, 200);
  assert.deepEqual(await response.json(), {
    ...page,
    parts: [{ from: "owner", count: 3 }, { from: "cassandra", count: 2 }],
    next: "/api/candles?symbol=AAPL&limit=5&to=15000",
  });
  assert.deepEqual(asked, ["http://c1:8080/api/candles?symbol=AAPL&limit=5&scope=local"]);
});

Deno.test("/api/candles?scope=local answers whichever instance owns the symbol", async () => {
  const { ask, asked } = withPeer(() => new Response("{}"));
  const body = await (await ask("/api/candles?symbol=AAPL&limit=2&scope=local")).json();
  assert.deepEqual(body.parts, [{ from: "state", count: 2 }]);
  assert.deepEqual(asked, []);
});

Deno.test.each([
  { what: "an error", answer: () => new Response("{}", { status: 404 }) },
  { what: "no JSON", answer: () => new Response("<html>") },
  { what: "no candles", answer: () => Response.json({ parts: [], next: null }) },
  { what: "nothing", answer: () => Response.json(null) },
])("/api/candles answers here where the owner answers $what", async ({ answer }) => {
  const { ask, asked } = withPeer(answer);
  const response = await ask("/api/candles?symbol=AAPL&limit=2");
  assert.equal(response.status, 200);
  assert.deepEqual((await response.json()).parts, [{ from: "state", count: 2 }]);
  assert.equal(asked.length, 1);
});

Deno.test("/api/candles answers here where the owner's page holds what none has", async () => {
  let told = "";
  const { ask } = withPeer(() => new Response(told));
  const own = await (await ask("/api/candles?symbol=AAPL&limit=5&scope=local")).json();
  for (const hostile of hostilePages(page)) {
    told = typeof hostile === "string" ? hostile : JSON.stringify(hostile);
    const body = await (await ask("/api/candles?symbol=AAPL&limit=5")).json();
    assert.deepEqual(body.candles, own.candles, told.slice(0, 500));
  }
});

Deno.test("/api/candles leaves out what a page of a later version has more", async () => {
  const more = { ...page, more: 1, candles: page.candles.map((c) => ({ ...c, more: 1 })) };
  const { ask } = withPeer(() => Response.json(more));
  const body = await (await ask("/api/candles?symbol=AAPL&limit=5")).json();
  assert.deepEqual([body.candles, body.more], [page.candles, undefined]);
});

Deno.test("/api/candles says what is wrong with a query before it sends it on", async () => {
  const { ask, asked } = withPeer(() => new Response("{}"));
  assert.equal((await ask("/api/candles?symbol=AAPL&limit=0")).status, 400);
  assert.deepEqual(asked, []);
});
