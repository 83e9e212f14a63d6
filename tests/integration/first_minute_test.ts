/** `start` without a key has something to show at once, and the same once only. */
import assert from "node:assert/strict";
import type { HealthJson } from "../../src/http/wire.ts";
import { Program } from "../support/program.ts";
import { until } from "../support/until.ts";

const symbols = ["AAPL", "BINANCE:BTCUSDT"];

async function answer<T>(page: string, path: string): Promise<T> {
  return await (await fetch(new URL(path, page))).json();
}

/** Starts of the 1m candles that are shown of a symbol. */
async function minutes(page: string, symbol: string): Promise<number[]> {
  const path = `/api/candles?symbol=${encodeURIComponent(symbol)}&resolution=1m&limit=500`;
  const { candles } = await answer<{ candles?: { start: number }[] }>(page, path);
  return (candles ?? []).map(({ start }) => start);
}

/** Runs until an hour is shown that reaches up to now; gives what became of the items. */
async function run(data: string): Promise<{ read: number; late: number }> {
  const env = { HTTP_PORT: "0", FINHUB_SYMBOLS: symbols.join(",") };
  await using program = new Program("start", { args: ["--data", data], env });
  const { message } = await program.line("Running on a SIMULATED market");
  const [, page = ""] = /page +(\S+)/.exec(message) ?? [];
  await until(async () => {
    const shown = await Promise.all(symbols.map((symbol) => minutes(page, symbol)));
    return shown.every((starts) =>
      starts.length >= 60 && Math.max(...starts) > Date.now() - 120_000
    );
  }, { what: "an hour of candles", msMax: 60_000 });
  const { tasks, feed, input } = await answer<HealthJson>(page, "/api/tasks");
  assert.deepEqual([feed, input.blocked], ["simulated", null]);
  assert.equal(await program.stop(), 0);
  const counts = tasks.map(({ counts }) => counts);
  return {
    read: counts.reduce((sum, { read }) => sum + read, 0),
    late: counts.reduce((sum, { late }) => sum + late, 0),
  };
}

Deno.test("start shows an hour at once, and does not add it again after a restart", async () => {
  const data = await Deno.makeTempDir({ prefix: "first-minute-" });
  const first = await run(data);
  const second = await run(data);
  // Of 19,500; what the live market adds depends on how long a run took.
  assert(first.read > 15_000 && second.read - first.read < 10_000, JSON.stringify([first, second]));
  assert(second.late < 20, `${second.late} late trades`);
  await Deno.remove(data, { recursive: true });
});
