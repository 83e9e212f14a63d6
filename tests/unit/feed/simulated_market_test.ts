import assert from "node:assert/strict";
import { seededRandom } from "../../../src/base/random.ts";
import { parseFrame } from "../../../src/feed/parse_frame.ts";
import { SimulatedMarket } from "../../../src/feed/simulated_market.ts";
import { SimulatedSource } from "../../../src/feed/simulated_source.ts";
import { simulatedSymbol } from "../../../src/feed/simulated_symbol.ts";
import type { Trade } from "../../../src/market/trade.ts";
import { collect } from "../../support/frames.ts";
import { JumpingClock } from "../../support/jumping_clock.ts";

const startMs = 1_700_000_000_000;
const gapMs = 40;
const names = ["BINANCE:BTCUSDT", "AAPL", "MSFT", "OANDA:EUR_USD", "RARE"];

function market(seed: number, options?: { readonly lateShare: number }): SimulatedMarket {
  const symbols = names.map((name) => simulatedSymbol(name, name === "RARE" ? 0.02 : 1));
  return new SimulatedMarket(symbols, seededRandom(seed), options);
}

function texts(
  seed: number,
  count: number,
  options?: { readonly lateShare: number },
): string[] {
  const simulated = market(seed, options);
  return Array.from({ length: count }, (_, i) => simulated.nextFrame(startMs + i * gapMs).text);
}

/** A trade with the moment its frame was made. */
function tradesOf(frames: readonly string[]): { readonly trade: Trade; readonly nowMs: number }[] {
  return frames.flatMap((text, index) => {
    const parsed = parseFrame(text);
    assert(parsed.kind === "trades");
    assert.deepEqual(parsed.faults, []);
    assert(parsed.trades.length >= 1 && parsed.trades.length <= 10);
    return parsed.trades.map((trade) => ({ trade, nowMs: startMs + index * gapMs }));
  });
}

const sample = texts(11, 20_000);
const trades = tradesOf(sample);

Deno.test("SimulatedMarket repeats itself for the same seed and moments", () => {
  assert.deepEqual(texts(3, 500), texts(3, 500));
  assert.notDeepEqual(texts(3, 500), texts(4, 500));
});

Deno.test("SimulatedMarket never trades in the future, and long ago only if it is to", () => {
  const ages = trades.map(({ trade, nowMs }) => nowMs - trade.eventTimeMs);
  assert(ages.every((ageMs) => ageMs >= 0 && ageMs <= 6_000));
  const untidy = tradesOf(texts(11, 20_000, { lateShare: 0.0005 }));
  const late = untidy.filter(({ trade, nowMs }) => nowMs - trade.eventTimeMs > 75_000);
  assert(late.length > 0 && late.length < untidy.length / 500);
});

Deno.test("SimulatedMarket has trades out of order, in the same millisecond, and identical", () => {
  const latest = new Map<string, Trade>();
  const seen = { outOfOrder: 0, sameMillisecond: 0, identical: 0 };
  for (const { trade } of trades) {
    const before = latest.get(trade.symbol);
    if (before && trade.eventTimeMs < before.eventTimeMs) seen.outOfOrder++;
    if (before?.eventTimeMs === trade.eventTimeMs) seen.sameMillisecond++;
    if (before && JSON.stringify(before) === JSON.stringify(trade)) seen.identical++;
    latest.set(trade.symbol, trade);
  }
  assert(seen.outOfOrder > 100 && seen.sameMillisecond > 1_000 && seen.identical > 100);
});

Deno.test("SimulatedMarket has every shape of c and frames of several symbols", () => {
  assert(sample.some((text) => text.includes(`"c":null`)));
  assert(sample.some((text) => text.includes(`"c":[]`)));
  assert(sample.some((text) => text.includes(`{"p":`)));
  assert(sample.some((text) => text.includes(`"c":["1"]`)));
  assert(sample.some((text) => new Set(text.match(/"s":"[^"]*"/g)).size > 1));
});

Deno.test("SimulatedMarket leaves no symbol quiet for longer than one mood", () => {
  const hourMs = 3_600_000;
  for (const seed of [1, 2, 3]) {
    const symbols = ["AAPL", "BINANCE:BTCUSDT"].map((name) => simulatedSymbol(name));
    const two = new SimulatedMarket(symbols, seededRandom(seed));
    const latest = new Map<string, number>();
    let longestMs = 0;
    for (let nowMs = startMs; nowMs < startMs + 6 * hourMs; nowMs += 250) {
      const parsed = parseFrame(two.nextFrame(nowMs).text);
      assert(parsed.kind === "trades");
      for (const { symbol } of parsed.trades) {
        longestMs = Math.max(longestMs, nowMs - (latest.get(symbol) ?? nowMs));
        latest.set(symbol, nowMs);
      }
    }
    assert(longestMs > 20_000 && longestMs < 90_000, `seed ${seed}: ${longestMs} ms`);
  }
});

Deno.test("SimulatedMarket has price updates without volume, and quiet symbols", () => {
  const counts = Map.groupBy(trades, ({ trade }) => trade.symbol);
  const volumes = (name: string) => counts.get(name)?.map(({ trade }) => trade.volume) ?? [];
  assert(volumes("OANDA:EUR_USD").every((volume) => volume === 0));
  assert(volumes("AAPL").includes(0) && volumes("AAPL").some((volume) => volume > 0));
  assert(volumes("RARE").length > 0 && volumes("RARE").length < volumes("AAPL").length / 5);
});

Deno.test("SimulatedMarket keeps prices near where they began, on the tick", () => {
  for (const { trade } of trades) {
    const { price, tickSize } = simulatedSymbol(trade.symbol);
    assert(trade.price > price * 0.5 && trade.price < price * 2, `${trade.symbol} ${trade.price}`);
    const ticks = trade.price / tickSize;
    assert(Math.abs(ticks - Math.round(ticks)) < 1e-6 * ticks);
  }
});

Deno.test("SimulatedSource keeps the rate, numbers its frames and tells when it made them", async () => {
  const clock = new JumpingClock(startMs);
  const frames = await collect(
    new SimulatedSource({
      market: market(5),
      producerId: "simulated-5",
      clock,
      random: seededRandom(6),
      tradesPerSecond: 100,
      frameCount: 2_000,
    }).frames(new AbortController().signal),
  );
  const tradeCount = frames.reduce((sum, { text }) => sum + JSON.parse(text).data.length, 0);
  const rate = tradeCount * 1_000 / (clock.nowMs() - startMs);
  assert(rate > 85 && rate < 115, `${rate} trades/s`);
  assert.deepEqual(frames.map(({ sequence }) => sequence), frames.map((_, index) => index + 1));
  assert.equal(frames[0]?.receivedAtMs, startMs);
});

Deno.test("SimulatedSource at max does not wait, and ends with the signal", async () => {
  const clock = new JumpingClock(startMs);
  const source = new SimulatedSource({
    market: market(5),
    producerId: "simulated-5",
    clock,
    random: seededRandom(6),
    tradesPerSecond: "max",
  });
  const stop = new AbortController();
  let count = 0;
  for await (const _ of source.frames(stop.signal)) if (++count === 100) stop.abort();
  assert.equal(count, 100);
  assert.equal(clock.nowMs(), startMs);
});

// ETHBTC was 252, as a share of that name might be.
Deno.test.each([
  { symbol: "AAPL", price: 230, tickSize: 0.01, lotSize: 1 },
  { symbol: "ETHBTC", price: 0.0343, tickSize: 0.000001, lotSize: 0.0001 },
  { symbol: "BINANCE:ETHBTC", price: 0.0343, tickSize: 0.000001, lotSize: 0.0001 },
  { symbol: "BINANCE:BTCUSDT", price: 105_000, tickSize: 0.01, lotSize: 0.00001 },
  { symbol: "BINANCE:DOGEUSDT", price: 0.22, tickSize: 0.00001, lotSize: 1 },
  { symbol: "COINBASE:BTC-EUR", price: 91_304, tickSize: 0.01, lotSize: 0.00001 },
  { symbol: "BINANCE:SHIBUSDT", price: 0.0000125, tickSize: 1e-9, lotSize: 1 },
  { symbol: "OANDA:EUR_USD", price: 1.15, tickSize: 0.00001, lotSize: 0 },
  { symbol: "OANDA:EUR_JPY", price: 169, tickSize: 0.001, lotSize: 0 },
])("simulatedSymbol() makes $symbol cost about $price", ({ symbol, price, ...steps }) => {
  const { price: simulated, tickSize, lotSize } = simulatedSymbol(symbol);
  assert(Math.abs(simulated / price - 1) < 0.01, `${simulated}`);
  assert.deepEqual({ tickSize, lotSize }, steps);
});

Deno.test("simulatedSymbol() makes up the same price for an unknown name each time", () => {
  for (const symbol of ["NONAME", "BINANCE:NONAME", "constructor", "USD", "OANDA:X_Y"]) {
    const { price, tickSize } = simulatedSymbol(symbol);
    assert(price >= 20 && price < 420 && tickSize <= 0.01, symbol);
    assert.equal(simulatedSymbol(symbol).price, price);
  }
});

Deno.test("SimulatedSource brings an hour of the past at once, in order, none of it late", async () => {
  const clock = new JumpingClock(startMs);
  const historyMs = 65 * 60_000;
  const stop = new AbortController();
  const source = new SimulatedSource({
    market: market(5),
    producerId: "simulated-5",
    clock,
    random: seededRandom(6),
    historyMs,
  });
  const frames = [];
  for await (const frame of source.frames(stop.signal)) {
    frames.push(frame);
    if (clock.nowMs() > startMs + 10_000) stop.abort();
  }
  const past = frames.filter(({ receivedAtMs }) => receivedAtMs < startMs);
  assert.equal(frames[0]?.receivedAtMs, startMs - historyMs);
  assert.deepEqual(
    frames.map(({ receivedAtMs }) => receivedAtMs),
    frames.map(({ receivedAtMs }) => receivedAtMs).toSorted((a, b) => a - b),
  );
  const live = frames.length - past.length;
  assert(past.length > 60 * live && live > 50, `${past.length} and ${live} frames`);
  const minutes = new Map<string, Set<number>>();
  for (const { text, receivedAtMs } of past) {
    const parsed = parseFrame(text);
    assert(parsed.kind === "trades");
    for (const { symbol, eventTimeMs } of parsed.trades) {
      assert(eventTimeMs <= receivedAtMs && eventTimeMs > receivedAtMs - 6_000);
      minutes.getOrInsert(symbol, new Set()).add(Math.floor(eventTimeMs / 60_000));
    }
  }
  for (const symbol of ["AAPL", "MSFT", "BINANCE:BTCUSDT"]) {
    assert((minutes.get(symbol)?.size ?? 0) >= 60, symbol);
  }
});
