import assert from "node:assert/strict";
import { SymbolBoard } from "../../../../src/http/view/symbol_board.ts";
import { windowRowWith } from "../../../support/market_rows.ts";

const dayMs = 86_400_000;
const day = 19_700 * dayMs;
const candle = { symbol: "A", sizeMs: dayMs };

Deno.test("SymbolBoard shows the price of the newest trade by event time", () => {
  const board = new SymbolBoard(() => 3);
  board.trade({ symbol: "A", price: 10, tradeTimeMs: day + 5 });
  board.trade({ symbol: "A", price: 11, tradeTimeMs: day + 7 });
  board.trade({ symbol: "A", price: 99, tradeTimeMs: day + 6 });
  const { price, time } = board.summary("A") ?? {};
  assert.deepEqual({ price, time }, { price: 11, time: day + 7 });
});

Deno.test("SymbolBoard takes the sums from the candle of the day, whatever else is known", () => {
  const board = new SymbolBoard(() => 3);
  board.trade({ symbol: "A", price: 10, tradeTimeMs: day });
  board.window(windowRowWith({ ...candle, startMs: day, volume: 9, count: 2 }));
  board.window(windowRowWith({ ...candle, startMs: day, volume: 10, count: 3 }));
  board.window(
    windowRowWith({ symbol: "A", startMs: day, sizeMs: 3_600_000, volume: 4, count: 1 }),
  );
  board.window(windowRowWith({ symbol: "A", startMs: day, volume: 1, count: 1 }));
  const { volume, count } = board.summary("A") ?? {};
  assert.deepEqual({ volume, count }, { volume: 10, count: 3 });
});

Deno.test("SymbolBoard starts from scratch with the UTC day", () => {
  const board = new SymbolBoard(() => 3);
  board.trade({ symbol: "A", price: 10, tradeTimeMs: day });
  board.window(windowRowWith({ ...candle, startMs: day, close: 10, volume: 5, count: 1 }));
  board.trade({ symbol: "A", price: 12, tradeTimeMs: day + dayMs });
  board.window(windowRowWith({ ...candle, startMs: day + dayMs, close: 12, volume: 2, count: 1 }));
  board.window(windowRowWith({ ...candle, startMs: day, volume: 50, count: 10 }));
  assert.deepEqual(board.summary("A"), {
    symbol: "A",
    partition: 3,
    price: 12,
    time: day + dayMs,
    volume: 2,
    count: 1,
  });
});

// With TRADES_TABLES= the list stayed empty beside full charts.
Deno.test("SymbolBoard knows a symbol by its windows where there are no rows of trades", () => {
  const board = new SymbolBoard(() => 3);
  const commit = (close: number, count: number, startMs: number) => {
    board.window(windowRowWith({ ...candle, startMs: day, close, volume: count, count }));
    board.window(windowRowWith({ symbol: "A", startMs, close, volume: 1, count: 1 }));
  };
  commit(10, 1, day + 15_000);
  commit(11, 2, day + 15_000);
  commit(12, 3, day + 30_000);
  board.window(windowRowWith({ symbol: "A", startMs: day + 15_000, close: 9 }));
  const expected = { price: 12, time: day + 30_000, volume: 3, count: 3 };
  assert.deepEqual(board.summary("A"), { symbol: "A", partition: 3, ...expected });
});

Deno.test("SymbolBoard lists every symbol", () => {
  const board = new SymbolBoard(() => 3);
  for (const symbol of ["B", "A"]) board.trade({ symbol, price: 1, tradeTimeMs: day });
  assert.deepEqual([...board.each()].map(({ symbol }) => symbol), ["B", "A"]);
});
