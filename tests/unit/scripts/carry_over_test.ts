import assert from "node:assert/strict";
import {
  isMixture,
  type OldRow,
  portionsOf,
  tradeRowOf,
} from "../../../scripts/carry_over/old_row.ts";
import { loadedText } from "../../../scripts/carry_over/loaded_text.ts";
import { parseCarryOverOptions } from "../../../scripts/carry_over/options.ts";

Deno.test("parseCarryOverOptions() reads command and file", () => {
  assert.deepEqual(parseCarryOverOptions(["save", "a.gz"]), { command: "save", file: "a.gz" });
});

Deno.test.each([
  { args: [], problem: /command must be one of save, load/ },
  { args: ["copy", "a.gz"], problem: /received "copy"/ },
  { args: ["load"], problem: /load takes one file: received 0/ },
  { args: ["load", "a", "b"], problem: /received 2/ },
  { args: ["load", "--yes"], problem: /--yes/ },
])("parseCarryOverOptions() refuses $args", ({ args, problem }) => {
  assert.throws(() => parseCarryOverOptions(args), { name: "TypeError", message: problem });
});

Deno.test.each([
  { symbols: "", portions: [] },
  { symbols: "AAB", portions: ["AA", "B"] },
  { symbols: "AAAAABA", portions: ["AAA", "AA", "B", "A"] },
])("portionsOf() cuts $symbols at a new partition and at three rows", async (row) => {
  const rows = [...row.symbols].map((symbol) => ({ symbol }) as OldRow);
  const portions = await Array.fromAsync(
    portionsOf(ReadableStream.from(rows), ({ symbol }) => symbol, 3),
  );
  assert.deepEqual(
    portions.map((portion) => portion.map(({ symbol }) => symbol).join("")),
    row.portions,
  );
});

Deno.test.each([
  { old: "[1,12]", today: "1,12" },
  { old: "[1, 12]", today: "1,12" },
  { old: "[]", today: null },
  { old: null, today: null },
  { old: "1,12", today: "1,12" },
])("tradeRowOf() writes the conditions $old in the form of today", ({ old, today }) => {
  assert.equal(tradeRowOf({ trade_conditions: old } as OldRow).conditions, today);
});

Deno.test("isMixture() sees a price of one trade with the volume of another", () => {
  const trades = [{ price: 10, volume: 2 }, { price: 9, volume: 3 }];
  const row = (price: number, volume: number) => ({ price, volume }) as OldRow;
  assert.ok(isMixture(row(10, 3), trades));
  assert.ok(!isMixture(row(9, 3), trades));
});

Deno.test.each([
  { report: { written: 0, known: 9, mixed: 2 }, text: /^0 rows written, 9 left out: k\.trades/ },
  { report: { written: 200, known: 682, mixed: 132 }, text: /132 .*\(19\.4 %\).* about 39 of/ },
  { report: { written: 5, known: 0, mixed: 0 }, text: /cannot be measured/ },
])("loadedText() says how many rows may be mixtures: $text", ({ report, text }) => {
  assert.match(loadedText(report, { name: "k.trades", form: "new" }), text);
});
