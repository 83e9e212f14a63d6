import assert from "node:assert/strict";
import { parseStateOptions } from "../../../scripts/state/options.ts";
import { resolutions } from "../../../src/market/resolutions.ts";
import { summaryWindowMs } from "../../../src/market/tables.ts";

Deno.test("parseStateOptions() reads command, symbol and bounds", () => {
  const args = ["get", "IC MARKETS:1", "--from", "2024-01-02T00:00:00Z", "--to", "1704240000000"];
  assert.deepEqual(parseStateOptions([...args, "--limit", "5", "--resolution", "1m"]), {
    command: "get",
    symbol: "IC MARKETS:1",
    sizesMs: [60_000],
    fromMs: 1_704_153_600_000,
    toMs: 1_704_240_000_000,
    windowMs: undefined,
    limit: 5,
    dataDir: undefined,
    partitions: undefined,
    yes: false,
  });
});

Deno.test("parseStateOptions() takes --window for the windows that a time lies in", () => {
  const { windowMs } = parseStateOptions(["get", "A", "--window", "2024-01-02T00:00:29.999Z"]);
  assert.equal(windowMs, 1_704_153_629_999);
});

Deno.test.each([
  { args: ["get", "A"], sizesMs: [summaryWindowMs] },
  { args: ["scan"], sizesMs: [summaryWindowMs] },
  { args: ["export"], sizesMs: [...resolutions.values()] },
  { args: ["scan", "--resolution", "all"], sizesMs: [...resolutions.values()] },
  { args: ["export", "--resolution", "1d"], sizesMs: [86_400_000] },
])("parseStateOptions() understands the resolution of $args", ({ args, sizesMs }) => {
  assert.deepEqual(parseStateOptions(args).sizesMs, sizesMs);
});

Deno.test("parseStateOptions() exports everything, and shows twenty", () => {
  assert.equal(parseStateOptions(["export"]).limit, Number.MAX_SAFE_INTEGER);
  assert.equal(parseStateOptions(["scan", "--data", "x"]).limit, 20);
});

Deno.test.each([
  { args: [], problem: /command must be one of ls, get/ },
  { args: ["show"], problem: /received "show"/ },
  { args: ["get"], problem: /needs a symbol/ },
  { args: ["scan", "A", "B"], problem: /one symbol at most: received 2/ },
  { args: ["ls", "--from", "soon"], problem: /--from must be ISO 8601 or epoch ms/ },
  { args: ["ls", "--limit", "0"], problem: /--limit must be a whole number > 0/ },
  { args: ["scan", "--window", "1"], problem: /--window is for get/ },
  { args: ["get", "A", "--window", "1", "--to", "2"], problem: /must be absent beside --from/ },
  { args: ["scan", "--resolution", "2m"], problem: /one of .*1m, .*1d, all: .*"2m"/ },
  { args: ["ls", "--force"], problem: /--force/ },
])("parseStateOptions() refuses $args", ({ args, problem }) => {
  assert.throws(() => parseStateOptions(args), problem);
});

Deno.test("parseStateOptions() reads how many partitions the state is to have", () => {
  assert.equal(parseStateOptions(["repartition", "5"]).partitions, 5);
  assert.equal(parseStateOptions(["repartition", "--yes"]).partitions, undefined);
  assert.throws(() => parseStateOptions(["repartition", "0"]), /PARTITIONS must be a whole number/);
});
