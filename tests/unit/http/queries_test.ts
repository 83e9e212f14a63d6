import assert from "node:assert/strict";
import { newest } from "../../../src/http/peers.ts";
import { fakePrices } from "../../support/fake_live_view.ts";
import { resolutions } from "../../../src/market/resolutions.ts";
import { summaryWindowMs } from "../../../src/market/tables.ts";
import { type Surface, surface } from "./harness.ts";

const symbols = Object.keys(fakePrices).sort();

Deno.test("/api/symbols lists every symbol with exactly the promised members", async () => {
  const { view, ask } = surface();
  const body = await (await ask("/api/symbols")).json();
  const members = ["symbol", "partition", "price", "time", "volume", "count"];
  for (const summary of body.symbols) assert.deepEqual(Object.keys(summary), members);
  assert.deepEqual(body.symbols.map(({ symbol }: { symbol: string }) => symbol), symbols);
  assert.deepEqual(body, { symbols: newest([view.symbols()]), missing_partitions: [] });
});

Deno.test("/api/symbols?scope=local lists the symbols of the partitions that are open here", async () => {
  const { view, ask } = surface();
  const path = "/api/symbols?scope=local";
  assert.deepEqual(await (await ask(path)).json(), { symbols: view.symbols(), partitions: [0] });
  view.layout = { own: [1], others: new Map([[0, "http://other:8081"]]) };
  assert.deepEqual(await (await ask(path)).json(), { symbols: [], partitions: [1] });
});

Deno.test("/api/symbols says which partitions nobody answers for, and lists what it remembers", async () => {
  const { view, ask } = surface();
  view.layout = { own: [1], others: new Map([[0, "http://refuses:8081"], [2, undefined]]) };
  const body = await (await ask("/api/symbols")).json();
  assert.deepEqual(body.missing_partitions, [0, 2]);
  assert.equal(body.symbols.length, symbols.length);
});

Deno.test("/api/symbols answers 503 while nobody knows which partitions there are", async () => {
  const { view, ask } = surface();
  view.layout = undefined;
  const response = await ask("/api/symbols");
  assert.equal(response.status, 503);
  assert.equal(response.headers.get("retry-after"), "5");
});

Deno.test("newest() takes of each symbol what knows most, whatever the order", () => {
  const summary = (time: number, count: number) => ({
    ...{ symbol: "A", partition: 0, price: time, time, volume: 0, count },
  });
  const [old, more, latest] = [summary(1, 9), summary(1, 10), summary(2, 1)];
  assert.deepEqual(newest([[old], [more]]), [more]);
  assert.deepEqual(newest([[latest], [more], [old]]), [latest]);
  const other = { ...old, symbol: "B" };
  assert.deepEqual(newest([[other], [old]]), [old, other]);
});

Deno.test.each(["/api/symbols", "/api/stream"])("%s refuses an unknown scope", async (path) => {
  const response = await surface().ask(`${path}?scope=here`);
  assert.equal(response.status, 400);
  assert.match((await response.json()).detail, /"scope" must be all or local: "here"/);
});

Deno.test("/api/candles answers windows oldest first in the promised shape", async () => {
  const { view, ask } = surface();
  const body = await (await ask("/api/candles/AAPL")).json();
  const [first] = (await view.candles("AAPL", { limit: 500, sizeMs: summaryWindowMs }))?.rows ?? [];
  assert.deepEqual(Object.keys(body), ["symbol", "resolution", "from", "candles"]);
  assert.equal(body.from, "state");
  assert.equal(body.symbol, "AAPL");
  assert.equal(body.resolution, [...resolutions.keys()][0]);
  assert.deepEqual(body.candles[0], {
    start: first?.startMs,
    end: first?.endMs,
    open: first?.open,
    high: first?.high,
    low: first?.low,
    close: first?.close,
    volume: first?.volume,
    vwap: first?.vwap,
    count: first?.count,
    price_volume_multiply: first?.priceVolumeMultiply,
    final: true,
  });
  const starts = body.candles.map(({ start }: { start: number }) => start);
  assert.deepEqual(starts, starts.toSorted((a: number, b: number) => a - b));
});

Deno.test.each([...resolutions])(
  "/api/candles answers windows of the resolution %s",
  async (resolution, sizeMs) => {
    const { ask } = surface();
    const body = await (await ask(`/api/candles/AAPL?resolution=${resolution}`)).json();
    assert.equal(body.resolution, resolution);
    for (const { start, end } of body.candles) {
      assert.deepEqual([start % sizeMs, end - start], [0, sizeMs]);
    }
    assert.ok(body.candles.length > 0);
  },
);

Deno.test("/api/candles answers the newest windows of a range", async () => {
  const { ask } = surface();
  const all = (await (await ask("/api/candles/AAPL")).json()).candles;
  const newest = await (await ask("/api/candles/AAPL?limit=2")).json();
  assert.deepEqual(newest.candles, all.slice(-2));
  const [from, to] = [all[1].start, all[3].start];
  const range = await (await ask(`/api/candles/AAPL?from=${from}&to=${to}&limit=1`)).json();
  assert.deepEqual(range.candles, [all[2]]);
});

Deno.test.each([
  ["BINANCE:BTCUSDT", "a raw colon"],
  ["BINANCE%3ABTCUSDT", "an encoded colon"],
  ["IC%20MARKETS%3A1", "a space"],
  ["OANDA:EUR_USD", "an underscore"],
])("/api/candles understands the symbol %s with %s", async (encoded, _why) => {
  const response = await surface().ask(`/api/candles/${encoded}`);
  assert.equal(response.status, 200);
  assert.equal((await response.json()).symbol, decodeURIComponent(encoded));
});

Deno.test("/api/candles and /api/trades answer 404 for a symbol nobody has seen", async () => {
  const { ask } = surface();
  for (const path of ["/api/candles/NOBODY", "/api/trades/NOBODY"]) {
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
  ["from=2&to=1", /"from" must not lie after "to"/],
  ["redirect=perhaps", /"redirect" must be true or false: "perhaps"/],
  ["limit=x&from=y", /"limit".*"from"|"from".*"limit"/],
])("/api/candles refuses ?%s and says why", async (query, expected) => {
  const response = await surface().ask(`/api/candles/AAPL?${query}`);
  assert.equal(response.status, 400);
  assert.match((await response.json()).detail, expected);
});

Deno.test("/api/candles takes a limit above the maximum as the maximum", async () => {
  const { ask } = surface();
  assert.equal((await ask("/api/candles/AAPL?limit=1000000")).status, 200);
});

Deno.test("/api/trades answers the latest trades newest first, ids as text", async () => {
  const { view, ask } = surface();
  const body = await (await ask("/api/trades/AAPL?limit=3")).json();
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
  const response = await ask("/api/trades/AAPL");
  assert.equal(response.status, 200);
  assert.deepEqual(await response.json(), { symbol: "AAPL", from: "cassandra", trades: [] });
});

Deno.test("/api/candles sends to the owner, which must answer itself", async () => {
  const { view, ask } = surface();
  view.owners.set("IC MARKETS:1", { address: "http://other:8081", peer: "http://c1:8080" });
  const response = await ask("/api/candles/IC%20MARKETS:1?limit=2&redirect=true");
  assert.equal(response.status, 307);
  assert.equal(
    response.headers.get("location"),
    "http://other:8081/api/candles/IC%20MARKETS:1?limit=2&redirect=false",
  );
});

Deno.test("/api/candles answers a redirected request whoever owns the symbol", async () => {
  const { view, ask } = surface();
  view.owners.set("AAPL", { address: "http://other:8081", peer: "http://c1:8080" });
  const response = await ask("/api/candles/AAPL?limit=2&redirect=false");
  assert.equal(response.status, 200);
  assert.equal((await response.json()).candles.length, 2);
});

/** A surface whose other instance, which no client can reach, answers this about AAPL. */
function withPeer(answer: () => Response): Surface & { readonly asked: string[] } {
  const asked: string[] = [];
  const askPeer = (url: string) => {
    asked.push(url);
    return Promise.resolve(answer());
  };
  const made = surface({ askPeer });
  made.view.owners.set("AAPL", { peer: "http://c1:8080" });
  return { ...made, asked };
}

Deno.test("/api/candles passes on what an owner that no client reaches answers itself", async () => {
  const candles = [{ start: 0, open: 1 }];
  const { ask, asked } = withPeer(() =>
    Response.json({ symbol: "AAPL", resolution: "15s", from: "state", candles })
  );
  const response = await ask("/api/candles/AAPL?limit=2");
  assert.equal(response.status, 200);
  const body = await response.json();
  assert.deepEqual(body, { symbol: "AAPL", resolution: "15s", from: "owner", candles });
  assert.deepEqual(asked, ["http://c1:8080/api/candles/AAPL?limit=2&redirect=false"]);
  assert.equal((await (await ask("/api/candles/AAPL?redirect=false")).json()).from, "state");
  assert.equal(asked.length, 1);
});

Deno.test.each([
  { what: "an error", answer: () => new Response("{}", { status: 404 }) },
  { what: "no JSON", answer: () => new Response("<html>") },
  { what: "no candles", answer: () => Response.json({ from: "state" }) },
  { what: "nothing", answer: () => Response.json(null) },
  {
    what: "what it has from where results are kept",
    answer: () => Response.json({ from: "cassandra", candles: [] }),
  },
])("/api/candles answers here where the owner answers $what", async ({ answer }) => {
  const { ask } = withPeer(answer);
  const response = await ask("/api/candles/AAPL?limit=2");
  assert.equal(response.status, 200);
  const { from, candles } = await response.json();
  assert.deepEqual([from, candles.length], ["state", 2]);
});

Deno.test("/api/candles says what is wrong with a query before it sends it on", async () => {
  const { view, ask } = surface();
  view.owners.set("AAPL", { address: "http://other:8081", peer: "http://c1:8080" });
  assert.equal((await ask("/api/candles/AAPL?limit=0")).status, 400);
});
