import assert from "node:assert/strict";
import type { MarketRow } from "../../src/market/rows.ts";
import { openSqlite } from "../../src/sqlite/results.ts";
import { tradeRowWith, windowRowWith } from "../support/market_rows.ts";

const script = new URL("../../scripts/recompute_windows.ts", import.meta.url).pathname;
const ignore = Deno.permissions.querySync({ name: "run" }).state !== "granted";

/** Five trades of one symbol: out of order, two in one millisecond, the last one late. */
const frames = [
  [[100, 3, 20_000], [104, 1, 15_000]],
  [[99, 2, 20_000], [101.5, 0, 30_000 + 90_000]],
  [[7, 7, 29_999]],
].map((trades) => ({
  type: "trade",
  data: trades.map(([p, v, t]) => ({ c: null, p, s: "AAPL", t, v })),
}));

const tradeTimesMs = [20_000, 15_000, 20_000, 120_000, 29_999];

const closed = windowRowWith({
  symbol: "AAPL",
  startMs: 15_000,
  open: 104,
  high: 104,
  low: 99,
  close: 99,
  volume: 6,
  count: 3,
  priceVolumeMultiply: (300 + 104 + 198) / 3,
  vwap: (300 + 104 + 198) / 6,
  final: true,
});

const open = windowRowWith({
  symbol: "AAPL",
  startMs: 120_000,
  open: 101.5,
  high: 101.5,
  low: 101.5,
  close: 101.5,
  volume: 0,
  count: 1,
  priceVolumeMultiply: 0,
  vwap: null,
  final: false,
});

const trades = tradeTimesMs.map((tradeTimeMs, index) =>
  tradeRowWith({ symbol: "AAPL", tradeTimeMs, tradeId: BigInt(index) })
);

/** The candles of these two windows: a minute apart, and together in the longer ones. */
const candles = [
  { ...closed, sizeMs: 60_000, startMs: 0, endMs: 60_000, final: true },
  { ...open, sizeMs: 60_000, startMs: 120_000, endMs: 180_000 },
  ...[300_000, 3_600_000, 86_400_000].map((sizeMs) => ({
    ...closed,
    sizeMs,
    startMs: 0,
    endMs: sizeMs,
    close: 101.5,
    count: 4,
    priceVolumeMultiply: (300 + 104 + 198) / 4,
    final: false,
  })),
];

/** Writes a recording and results into a folder and lets the script compare them. */
async function recompute(rows: readonly MarketRow[]): Promise<{ code: number; out: string }> {
  const dir = await Deno.makeTempDir();
  try {
    const [recording, path] = [`${dir}/frames.jsonl`, `${dir}/results.sqlite`];
    await Deno.writeTextFile(recording, frames.map((frame) => JSON.stringify(frame)).join("\n"));
    await writeResults(path, rows);
    const { code, stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", script, "--frames", recording, "--sqlite", path],
      stderr: "inherit",
    }).output();
    return { code, out: new TextDecoder().decode(stdout) };
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

async function writeResults(path: string, rows: readonly MarketRow[]): Promise<void> {
  const clock = { nowMs: () => 0, monotonicMs: () => 0, sleep: () => Promise.resolve() };
  const tradesTables = ["recent", "history"] as const;
  await using results = openSqlite({ path, tradesTables, tradesTtlSeconds: 0, clock });
  await results.sink.write(rows);
}

Deno.test({
  name: "recompute_windows.ts finds nothing in right results",
  ignore,
  async fn() {
    const { code, out } = await recompute([closed, open, ...candles, ...trades]);
    assert.equal(
      out,
      [
        "recording: 5 trades, 1 of them late",
        "running_averages_15_sec: 2 compared, 0 mismatches",
        "candles 15s: 2 compared, 0 mismatches",
        "candles 1m: 2 compared, 0 mismatches",
        "candles 5m: 1 compared, 0 mismatches",
        "candles 1h: 1 compared, 0 mismatches",
        "candles 1d: 1 compared, 0 mismatches",
        "trades: 1 compared, 0 mismatches",
        "trades_by_day: 1 compared, 0 mismatches",
        "",
      ].join("\n"),
    );
    assert.equal(code, 0);
  },
});

Deno.test({
  name: "recompute_windows.ts names what is wrong, missing and too much",
  ignore,
  async fn() {
    const wrong = { ...closed, close: 100, priceVolumeMultiply: 200.7 };
    const extra = { ...open, startMs: 135_000, endMs: 150_000 };
    const { code, out } = await recompute([
      ...[wrong, extra, ...trades.slice(1)],
      ...candles.slice(0, -1).map((row) => row.sizeMs === 300_000 ? { ...row, high: 105 } : row),
    ]);
    const windows = [
      "3 compared, 3 mismatches",
      "  AAPL 1970-01-01T00:00:15.000Z: close 100 instead of 99, " +
      "price_volume_multiply 200.7 instead of 200.66666666666666",
      "  AAPL 1970-01-01T00:02:15.000Z: must not be there",
      "  AAPL 1970-01-01T00:02:00.000Z: missing",
    ].join("\n");
    assert.equal(
      out,
      [
        "recording: 5 trades, 1 of them late",
        `running_averages_15_sec: ${windows}`,
        `candles 15s: ${windows}`,
        "candles 1m: 2 compared, 0 mismatches",
        "candles 5m: 1 compared, 1 mismatches",
        "  AAPL 1970-01-01T00:00:00.000Z: high 105 instead of 104",
        "candles 1h: 1 compared, 0 mismatches",
        "candles 1d: 1 compared, 1 mismatches",
        "  AAPL 1970-01-01T00:00:00.000Z: missing",
        "trades: 1 compared, 1 mismatches",
        "  AAPL: 4 trades instead of 5",
        "trades_by_day: 1 compared, 1 mismatches",
        "  AAPL 1970-01-01: 4 trades instead of 5",
        "",
      ].join("\n"),
    );
    assert.equal(code, 1);
  },
});

Deno.test({
  name: "recompute_windows.ts ends with 2 when it is called wrongly",
  ignore,
  async fn() {
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", script, "--frames", "x"],
    }).output();
    assert.equal(code, 2);
    assert.equal(
      new TextDecoder().decode(stderr),
      "one of --sqlite, --cassandra, --results must be given\n",
    );
  },
});
