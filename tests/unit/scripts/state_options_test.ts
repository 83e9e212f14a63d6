import assert from "node:assert/strict";
import { parseStateOptions } from "../../../scripts/state/options.ts";

Deno.test("parseStateOptions() reads command, symbol and bounds", () => {
  const args = ["get", "IC MARKETS:1", "--from", "2024-01-02T00:00:00Z", "--to", "1704240000000"];
  assert.deepEqual(parseStateOptions([...args, "--limit", "5"]), {
    command: "get",
    symbol: "IC MARKETS:1",
    fromMs: 1_704_153_600_000,
    toMs: 1_704_240_000_000,
    limit: 5,
    dataDir: undefined,
    yes: false,
  });
});

Deno.test("parseStateOptions() exports everything, and shows twenty", () => {
  assert.equal(parseStateOptions(["export"]).limit, Number.MAX_SAFE_INTEGER);
  assert.equal(parseStateOptions(["scan", "--data", "x"]).limit, 20);
});

Deno.test.each([
  { args: [], problem: /command must be one of ls, get/ },
  { args: ["show"], problem: /received "show"/ },
  { args: ["get"], problem: /must be told a symbol/ },
  { args: ["scan", "A", "B"], problem: /one symbol at most: received 2/ },
  { args: ["ls", "--from", "soon"], problem: /--from must be ISO 8601 or epoch ms/ },
  { args: ["ls", "--limit", "0"], problem: /--limit must be a whole number > 0/ },
  { args: ["ls", "--force"], problem: /--force/ },
])("parseStateOptions() refuses $args", ({ args, problem }) => {
  assert.throws(() => parseStateOptions(args), problem);
});
