import assert from "node:assert/strict";
import { CandleHistory } from "../../../../src/http/page/candle_history.js";
import { candle } from "./candle.ts";

Deno.test("CandleHistory.merge() keeps order and replaces a window by its newer version", () => {
  const history = new CandleHistory(10);
  history.merge([candle(30_000, 3), candle(0, 1)]);
  history.merge([candle(15_000, 2), candle(30_000, 4)]);
  assert.deepEqual(
    history.all.map(({ start, close }: { start: number; close: number }) => [start, close]),
    [[0, 1], [15_000, 2], [30_000, 4]],
  );
});

Deno.test("CandleHistory.merge() returns what changed at the end, in order", () => {
  const history = new CandleHistory(10);
  history.merge([candle(0, 1)]);
  const changed = [candle(15_000, 2), candle(0, 5)];
  assert.deepEqual(history.merge(changed), [changed[1], changed[0]]);
});

Deno.test("CandleHistory.merge() asks to draw anew when something before the end changed", () => {
  const history = new CandleHistory(10);
  history.merge([candle(0, 1), candle(15_000, 2)]);
  assert.equal(history.merge([candle(0, 3)]), undefined);
});

Deno.test("CandleHistory holds at most its maximum: the newest", () => {
  const history = new CandleHistory(2);
  assert.equal(history.merge([candle(0, 1), candle(15_000, 2), candle(30_000, 3)]), undefined);
  assert.deepEqual(history.all.map(({ start }: { start: number }) => start), [15_000, 30_000]);
});

Deno.test("CandleHistory.recent() counts back from the last window's end", () => {
  const history = new CandleHistory(10);
  history.merge([candle(0, 1), candle(15_000, 2), candle(60_000, 3)]);
  const starts = history.recent(60_000).map(({ start }: { start: number }) => start);
  assert.deepEqual(starts, [15_000, 60_000]);
  assert.deepEqual(new CandleHistory(1).recent(60_000), []);
});
