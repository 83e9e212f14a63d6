import assert from "node:assert/strict";
import { CandlePages } from "../../../../src/http/page/candle_pages.js";
import type { CandleJson } from "../../../../src/http/wire.ts";
import { candle } from "./candle.ts";

const sizeMs = 15_000;

interface Range {
  readonly limit: number;
  readonly from?: number;
  readonly to?: number;
}

/** Candles with these starts, counted in windows, and how the API answers for them. */
function market(windows: readonly number[]) {
  const all = windows.map((window) => candle(window * sizeMs, window));
  const asked: Range[] = [];
  const ask = (
    { limit, from = 0, to = Infinity }: Range,
  ): Promise<{ candles: CandleJson[]; complete: boolean }> => {
    asked.push({ limit, from, to });
    const found = all.filter(({ start }) => start >= from && start < to);
    return Promise.resolve({ candles: found.slice(-limit), complete: found.length <= limit });
  };
  return { ask, asked, all };
}

/** The loaded windows. */
function loaded(pages: CandlePages): number[] {
  return pages.all.map(({ start }: CandleJson) => start / sizeMs);
}

function numbers(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}

Deno.test("CandlePages walks to the first candle page by page, and knows that it is there", async () => {
  const { ask } = market(numbers(0, 1_234));
  const pages = new CandlePages(ask, sizeMs, { page: 100, max: 10_000 });
  await pages.latest();
  for (let page = 0; page < 20; page++) await pages.older();
  assert.deepEqual(loaded(pages), numbers(0, 1_234));
  assert.deepEqual([pages.atStart, pages.atEnd], [true, true]);
});

Deno.test("CandlePages keeps its maximum: what is far away goes, and comes again on the way back", async () => {
  const { ask } = market(numbers(0, 1_000));
  const pages = new CandlePages(ask, sizeMs, { page: 100, max: 300 });
  await pages.latest();
  while (!pages.atStart) await pages.older();
  assert.deepEqual(loaded(pages), numbers(0, 300));
  assert(!pages.atEnd);
  while (!pages.atEnd) await pages.newer();
  assert.deepEqual(loaded(pages), numbers(700, 1_000));
  assert(!pages.atStart);
});

Deno.test("CandlePages.newer() passes nights and weekends in few questions, and leaves nothing out", async () => {
  const days = [0, 40_000, 45_000, 46_000].flatMap((start) => numbers(start, start + 1_000));
  const { ask, asked } = market(days);
  const pages = new CandlePages(ask, sizeMs, { page: 100, max: 100_000 });
  await pages.around(0);
  while (!pages.atEnd) await pages.newer();
  assert.deepEqual(loaded(pages), days);
  assert.ok(asked.length < 150, `questions: ${asked.length}`);
});

Deno.test("CandlePages.around() shows both sides of a time, and the first candles of one before them", async () => {
  const { ask } = market(numbers(5_000, 9_000));
  const pages = new CandlePages(ask, sizeMs, { page: 100 });
  await pages.around(7_000 * sizeMs);
  const shown = loaded(pages);
  assert(shown.includes(6_960) && shown.includes(7_040));
  assert(!pages.atEnd);
  await pages.around(0);
  assert.deepEqual([loaded(pages)[0], pages.atStart], [5_000, true]);
  await pages.around(20_000 * sizeMs);
  assert.deepEqual([loaded(pages).at(-1), pages.atEnd], [8_999, true]);
});

Deno.test("CandlePages.newer() changes nothing once other candles have been asked for", async () => {
  const { ask } = market(numbers(0, 1_000));
  const elsewhere = Promise.withResolvers<void>();
  const pages = new CandlePages(
    async (range: Range) => {
      if (range.from === 950 * sizeMs) await elsewhere.promise;
      return await ask(range);
    },
    sizeMs,
    { page: 100 },
  );
  await pages.around(800 * sizeMs);
  const late = pages.newer();
  await pages.around(0);
  elsewhere.resolve();
  await late;
  assert.deepEqual([loaded(pages).at(-1), pages.atEnd], [149, false]);
});

Deno.test("CandlePages.merge() keeps order and replaces a window by its newer version", () => {
  const pages = new CandlePages(market([]).ask, sizeMs);
  pages.merge([candle(30_000, 3), candle(0, 1)]);
  pages.merge([candle(15_000, 2), candle(30_000, 4)]);
  assert.deepEqual(
    pages.all.map(({ start, close }: CandleJson) => [start, close]),
    [[0, 1], [15_000, 2], [30_000, 4]],
  );
});

Deno.test("CandlePages.merge() returns what changed at the end, or asks to draw everything", () => {
  const pages = new CandlePages(market([]).ask, sizeMs);
  pages.merge([candle(0, 1)]);
  const changed = [candle(15_000, 2), candle(0, 5)];
  assert.deepEqual(pages.merge(changed), [changed[1], changed[0]]);
  assert.equal(pages.merge([candle(0, 3)]), undefined);
});

Deno.test("CandlePages.merge() adds nothing behind a stretch that is not loaded", async () => {
  const { ask } = market(numbers(0, 1_000));
  const pages = new CandlePages(ask, sizeMs, { page: 100 });
  await pages.around(500 * sizeMs);
  const before = loaded(pages);
  pages.merge([candle(1_000 * sizeMs, 1), candle(0, 1)]);
  assert.deepEqual(loaded(pages), before);
});

Deno.test("CandlePages.catchUp() asks for what was missed, and for everything after a long time", async () => {
  const { ask, asked, all } = market(numbers(0, 50));
  const pages = new CandlePages(ask, sizeMs, { page: 20 });
  await pages.latest();
  all.push(candle(50 * sizeMs, 50));
  await pages.catchUp();
  assert.deepEqual(asked.at(-1)?.from, 49 * sizeMs);
  assert.deepEqual(loaded(pages), numbers(30, 51));
  all.push(...numbers(51, 90).map((window) => candle(window * sizeMs, window)));
  await pages.catchUp();
  assert.deepEqual(loaded(pages), numbers(70, 90));
});

Deno.test("CandlePages counts the windows without a trade", () => {
  const pages = new CandlePages(market([]).ask, sizeMs);
  assert.equal(pages.emptyWindows, 0);
  pages.merge([candle(0, 1), candle(4 * sizeMs, 2)]);
  assert.equal(pages.emptyWindows, 3);
});
