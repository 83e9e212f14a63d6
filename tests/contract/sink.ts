/** What every place for results must do; run over each of them. */
import assert from "node:assert/strict";
import type { Clock } from "../../src/base/clock.ts";
import type { ResultReader } from "../../src/market/queries.ts";
import type { MarketRow, TradeRow, WindowRow } from "../../src/market/rows.ts";
import { summaryWindowMs, type TradesTable } from "../../src/market/tables.ts";
import type { Sink } from "../../src/streams/ports.ts";
import { rowsStartMs, tradeRowWith, windowRowWith } from "../support/market_rows.ts";

/** How the suite wants its results kept. */
export interface SinkSettings {
  readonly tradesTables: readonly TradesTable[];
  /** Stands a minute after the suite's latest trade. */
  readonly clock: Clock;
}

/** A sink, and a reader of what it wrote. */
export interface SinkUnderTest extends AsyncDisposable {
  readonly sink: Sink<MarketRow>;
  readonly reader: ResultReader;
}

/** Opens what is tested; rows of earlier tests may be in it, under other symbols. */
export type SinkFactory = (settings: SinkSettings) => Promise<SinkUnderTest>;

const dayMs = 86_400_000;
const fromMs = rowsStartMs - dayMs;
const toMs = rowsStartMs + 2 * dayMs;

/** Stands still, late enough for every row of the suite. */
const suiteClock: Clock = {
  nowMs: () => rowsStartMs + dayMs,
  monotonicMs: () => 0,
  sleep: () => Promise.resolve(),
};

/** Every candle of a length, newest first, page after page. */
async function everyCandle(
  reader: ResultReader,
  symbol: string,
  sizeMs: number,
): Promise<WindowRow[]> {
  const found: WindowRow[] = [];
  let toMs: number | undefined = rowsStartMs + 2 * dayMs;
  while (toMs !== undefined) {
    const page = await reader.candles(symbol, sizeMs, { fromMs: 0, toMs, limit: 70 });
    found.push(...page.rows);
    toMs = page.restToMs;
  }
  return found;
}

type Case = (test: { readonly symbol: string } & SinkUnderTest) => Promise<void>;

const cases: Readonly<Record<string, Case>> = {
  async "reads a trade back with all its fields"({ sink, reader, symbol }) {
    const row = tradeRowWith({ symbol });
    await sink.write([row]);
    assert.deepEqual(await reader.trades(symbol, 10), [row]);
  },

  async "reads a window back with all its fields"({ sink, reader, symbol }) {
    const row = windowRowWith({ symbol, final: true });
    await sink.write([row]);
    assert.deepEqual(await reader.windows(symbol, fromMs, toMs), [row]);
  },

  async "keeps trade ids beyond 2^53, negative prices and fractions exactly"(
    { sink, reader, symbol },
  ) {
    const row = tradeRowWith({ symbol, tradeId: 2n ** 53n + 1n, price: -37.63, volume: 0.1 + 0.2 });
    await sink.write([row]);
    assert.deepEqual(await reader.trades(symbol, 10), [row]);
  },

  async "keeps a trade without conditions, and with volume 0"({ sink, reader, symbol }) {
    const row = tradeRowWith({ symbol, conditions: null, volume: 0 });
    await sink.write([row]);
    assert.deepEqual(await reader.trades(symbol, 10), [row]);
  },

  async "keeps a window without prices"({ sink, reader, symbol }) {
    const row = windowRowWith({ symbol, ...noPrices });
    await sink.write([row]);
    assert.deepEqual(await reader.windows(symbol, fromMs, toMs), [row]);
  },

  async "keeps every trade of a busy millisecond"({ sink, reader, symbol }) {
    const rows = [3n, 2n, 1n, 0n].map((tradeId) => tradeRowWith({ symbol, tradeId }));
    await sink.write(rows.toReversed());
    assert.deepEqual(await reader.trades(symbol, 10), rows);
  },

  async "gives the latest trades, newest first, at most the limit"({ sink, reader, symbol }) {
    const rows = [5, 4, 3, 2, 1].map((n) => tradeAt(symbol, n * 20_000));
    await sink.write(rows.toSorted((a, b) => a.price - b.price || a.tradeTimeMs - b.tradeTimeMs));
    assert.deepEqual(await reader.trades(symbol, 3), rows.slice(0, 3));
    assert.deepEqual(await reader.trades(symbol, 9), rows);
  },

  async "gives the windows of [from, to), oldest first"({ sink, reader, symbol }) {
    const rows = [0, 1, 2, 3].map((n) =>
      windowRowWith({ symbol, startMs: rowsStartMs + n * summaryWindowMs })
    );
    await sink.write(rows.toReversed());
    const found = await reader.windows(
      symbol,
      rowsStartMs + summaryWindowMs,
      rowsStartMs + 3 * summaryWindowMs,
    );
    assert.deepEqual(found, rows.slice(1, 3));
  },

  async "gives candles over the ends of months and years, newest first, page after page"(
    { sink, reader, symbol },
  ) {
    const starts = ["2024-12-31T23:00", "2025-01-01T00:00", "2025-02-28T23:00", "2025-03-01T00:00"]
      .map((text) => Date.parse(`${text}Z`));
    for (const sizeMs of [300_000, 3_600_000]) {
      const rows = starts.map((startMs) => windowRowWith({ symbol, startMs, sizeMs })).reverse();
      await sink.write(rows);
      const range = { fromMs: starts[0] ?? 0, toMs: starts[3] ?? 0, limit: 9 };
      const all = { rows: rows.slice(1), restToMs: undefined };
      assert.deepEqual(await reader.candles(symbol, sizeMs, range), all);
      const first = await reader.candles(symbol, sizeMs, { fromMs: 0, toMs, limit: 3 });
      assert.deepEqual(first, { rows: rows.slice(0, 3), restToMs: starts[1] });
      const rest = await reader.candles(symbol, sizeMs, {
        fromMs: 0,
        toMs: starts[1] ?? 0,
        limit: 3,
      });
      assert.deepEqual(rest, { rows: rows.slice(3), restToMs: undefined });
    }
    const none = await reader.candles(symbol, 60_000, { fromMs: 0, toMs, limit: 9 });
    assert.deepEqual(none, { rows: [], restToMs: undefined });
  },

  async "finds candles before years without one, and does not stop at a day whose beginning is cut off"(
    { sink, reader, symbol },
  ) {
    const days = ["1971-01-01", "1999-06-04", "1999-06-07", "2025-03-09"].map((day) =>
      Date.parse(day)
    );
    const cut = days[1] ?? 0;
    const rows = days.flatMap((startMs) => [
      windowRowWith({ symbol, startMs: startMs + 12 * 3_600_000 }),
      ...startMs === cut ? [] : [windowRowWith({ symbol, startMs, sizeMs: dayMs })],
    ]);
    await sink.write(rows);
    const found = await everyCandle(reader, symbol, summaryWindowMs);
    assert.deepEqual(found, rows.filter(({ sizeMs }) => sizeMs === summaryWindowMs).reverse());
  },

  async "gives every candle of a symbol that trades once a day"({ sink, reader, symbol }) {
    const rows = Array.from({ length: 100 }, (_, day) => rowsStartMs - day * dayMs).flatMap((
      startMs,
    ) => [
      windowRowWith({ symbol, startMs }),
      windowRowWith({ symbol, startMs: startMs - startMs % dayMs, sizeMs: dayMs }),
    ]);
    await sink.write(rows);
    for (const size of [summaryWindowMs, dayMs]) {
      const expected = rows.filter(({ sizeMs }) => sizeMs === size);
      assert.deepEqual(await everyCandle(reader, symbol, size), expected);
    }
  },

  async "keeps windows of another length out of the shortest ones"({ sink, reader, symbol }) {
    await sink.write([windowRowWith({ symbol, sizeMs: 60_000 })]);
    assert.deepEqual(await reader.windows(symbol, fromMs, toMs), []);
  },

  async "finds nothing for a symbol nobody wrote"({ reader, symbol }) {
    assert.deepEqual(await reader.trades(symbol, 10), []);
    assert.deepEqual(await reader.windows(symbol, fromMs, toMs), []);
  },

  async "takes an empty write"({ sink, reader, symbol }) {
    await sink.write([]);
    assert.deepEqual(await reader.trades(symbol, 10), []);
  },

  async "is idempotent: a repeat changes nothing"({ sink, reader, symbol }) {
    const rows = [tradeRowWith({ symbol }), windowRowWith({ symbol })];
    for (let i = 0; i < 3; i++) await sink.write(rows);
    await sink.write([...rows, ...rows]);
    assert.deepEqual(await reader.trades(symbol, 10), [rows[0]]);
    assert.deepEqual(await reader.windows(symbol, fromMs, toMs), [rows[1]]);
  },

  async "lets a newer version replace an older one"({ sink, reader, symbol }) {
    await sink.write([older(symbol)]);
    await sink.write([newer(symbol)]);
    assert.deepEqual(await reader.windows(symbol, fromMs, toMs), [newer(symbol)]);
  },

  async "never lets an older version replace a newer one"({ sink, reader, symbol }) {
    await sink.write([newer(symbol)]);
    await sink.write([older(symbol)]);
    assert.deepEqual(await reader.windows(symbol, fromMs, toMs), [newer(symbol)]);
  },

  async "decides by version inside one write as well"({ sink, reader, symbol }) {
    await sink.write([newer(symbol), older(symbol)]);
    assert.deepEqual(await reader.windows(symbol, fromMs, toMs), [newer(symbol)]);
  },

  async "decides by version between a trade's writers"({ sink, reader, symbol }) {
    const first = tradeRowWith({ symbol, conditions: "1", price: 9 });
    const second = { ...first, conditions: null, price: 1, versionUs: first.versionUs + 1 };
    await sink.write([first]);
    await sink.write([second]);
    await sink.write([first]);
    assert.deepEqual(await reader.trades(symbol, 10), [second]);
  },

  async "replaces values by nulls, and keeps the nulls from an older write"(
    { sink, reader, symbol },
  ) {
    const emptied = { ...newer(symbol), ...noPrices };
    await sink.write([older(symbol)]);
    await sink.write([emptied]);
    await sink.write([older(symbol)]);
    assert.deepEqual(await reader.windows(symbol, fromMs, toMs), [emptied]);
  },

  async "replaces nulls by values"({ sink, reader, symbol }) {
    await sink.write([{ ...older(symbol), ...noPrices }]);
    await sink.write([newer(symbol)]);
    assert.deepEqual(await reader.windows(symbol, fromMs, toMs), [newer(symbol)]);
  },

  async "keeps the whole of a newer row, column by column"({ sink, reader, symbol }) {
    const low = { ...newer(symbol), open: 1, high: 1, low: 1, close: 1, volume: 1, count: 1 };
    const high = { ...older(symbol), open: 9, high: 9, low: 9, close: 9, volume: 9, count: 9 };
    await sink.write([high]);
    await sink.write([low]);
    await sink.write([high]);
    assert.deepEqual(await reader.windows(symbol, fromMs, toMs), [low]);
  },

  async "takes 5,000 rows of three symbols over two days at once"({ sink, reader, symbol }) {
    const symbols = ["A", "B", "C"].map((letter) => `${symbol}:${letter}`);
    const rows = Array.from({ length: 5_000 }, (_, i) => tradeAt(symbols[i % 3] ?? "", i * 20));
    await sink.write(rows);
    for (const one of symbols) {
      const written = rows.filter((row) => row.symbol === one).toReversed();
      assert.deepEqual(await reader.trades(one, 5_000), written);
    }
  },
};

const subsets: readonly { tables: readonly TradesTable[]; readable: boolean }[] = [
  { tables: ["recent"], readable: true },
  { tables: ["history"], readable: true },
  { tables: [], readable: false },
];

/** Registers the suite's tests for one kind of sink. */
export function sinkContract(
  name: string,
  factory: SinkFactory,
  { ignore = false }: { readonly ignore?: boolean } = {},
): void {
  for (const [criterion, run] of Object.entries(cases)) {
    const fn = () => runCase(factory, criterion, run);
    Deno.test({ name: `${name} ${criterion}`, ignore, fn });
  }
  for (const { tables, readable } of subsets) {
    const criterion = `with trades tables [${tables}] keeps ${readable ? "" : "no "}trades`;
    const fn = () => checkSubset(factory, tables, { criterion, readable });
    Deno.test({ name: `${name} ${criterion}`, ignore, fn });
  }
}

async function runCase(factory: SinkFactory, criterion: string, run: Case): Promise<void> {
  await using under = await factory({ tradesTables: ["recent", "history"], clock: suiteClock });
  await run({
    sink: under.sink,
    reader: under.reader,
    symbol: criterion,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  });
}

/** Trades on both sides of midnight are found in any table; windows do not depend on it. */
async function checkSubset(
  factory: SinkFactory,
  tradesTables: readonly TradesTable[],
  { criterion: symbol, readable }: { criterion: string; readable: boolean },
): Promise<void> {
  await using under = await factory({ tradesTables, clock: suiteClock });
  const trades = [tradeAt(symbol, 80_000), tradeAt(symbol, 0)];
  await under.sink.write([...trades, newer(symbol)]);
  assert.deepEqual(await under.reader.trades(symbol, 10), readable ? trades : []);
  assert.deepEqual(await under.reader.windows(symbol, fromMs, toMs), [newer(symbol)]);
}

const noPrices = { open: null, high: null, low: null, close: null, vwap: null };

function older(symbol: string) {
  return windowRowWith({ symbol });
}

function newer(symbol: string) {
  const row = windowRowWith({ symbol });
  return { ...row, high: 83_500, count: 432, final: true, versionUs: row.versionUs + 1 };
}

/** A trade some time after the suite's start; the first day ends 60 s after it. */
function tradeAt(symbol: string, afterMs: number): TradeRow {
  const tradeTimeMs = rowsStartMs + afterMs;
  return tradeRowWith({
    symbol,
    tradeTimeMs,
    tradeId: BigInt(afterMs),
    receivedAtMs: tradeTimeMs + 85,
    versionUs: tradeTimeMs * 1_000 + 85_000,
  });
}
