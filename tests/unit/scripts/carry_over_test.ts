import assert from "node:assert/strict";
import { type OldRow, portionsOf } from "../../../scripts/carry_over/old_row.ts";
import { parseCarryOverOptions } from "../../../scripts/carry_over/options.ts";

Deno.test("parseCarryOverOptions() reads command and file", () => {
  assert.deepEqual(parseCarryOverOptions(["save", "a.gz"]), { command: "save", file: "a.gz" });
});

Deno.test.each([
  { args: [], problem: /command must be one of save, load/ },
  { args: ["copy", "a.gz"], problem: /received "copy"/ },
  { args: ["load"], problem: /load must be told one file: received 0/ },
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
