import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import type { CandleJson } from "../../src/http/wire.ts";
import { writeRecordedMinute } from "../support/recorded_minute.ts";
import { Browser, screens } from "./browser.ts";
import type { LivePage } from "./live_page.ts";
import { assertShown } from "./readout.ts";
import { Started } from "./started.ts";

const symbol = "AAPL";
const startMs = Date.UTC(2024, 0, 2, 14, 30);

/** Three times as fast as it happened: the browser is there within the first of four windows. */
const speed = 3;

/** The last candle as the API tells it. */
async function answered(url: string): Promise<CandleJson> {
  const response = await fetch(
    `${url}/api/candles?symbol=${symbol}&resolution=15s&limit=1`,
  );
  assert.equal(response.status, 200);
  const { candles } = await response.json();
  assert(candles[0]);
  return candles[0];
}

/** The last candle as the sink has it. */
function stored(path: string): CandleJson {
  using database = new DatabaseSync(path, { readOnly: true });
  const row = database.prepare(
    `SELECT window_start AS start, window_end AS "end", open, high, low, close, volume, vwap,
      trade_count AS count, price_volume_multiply, final
    FROM running_averages_15_sec WHERE symbol = ? ORDER BY window_start DESC LIMIT 1`,
  ).get(symbol);
  assert(row);
  return { ...row, final: row["final"] === 1 } as unknown as CandleJson;
}

/** Waits for a moment in which page, API and sink tell the same; commits come in between. */
async function sameEverywhere(
  page: LivePage,
  started: Started,
): Promise<CandleJson> {
  let last: CandleJson | undefined;
  await page.until("page, API and sink agree", async () => {
    const readout = await page.readout();
    const row = stored(started.results);
    last = await answered(started.url);
    assert.deepEqual(row, last);
    assertShown(readout, last);
  });
  assert(last);
  return last;
}

Deno.test("the last candle of the page is the API's and the sink's through a simulated minute", async () => {
  const recording = await Deno.makeTempFile({ suffix: ".jsonl" });
  await writeRecordedMinute(recording, {
    startMs,
    seed: 7,
    symbols: [symbol, "BINANCE:BTCUSDT"],
  });
  await using browser = await Browser.open();
  await using started = await Started.open({ path: recording, speed });
  const page = await browser.look(
    `${started.url}/#${symbol}/15s`,
    screens.desktop,
  );

  const seen = new Map<number, Set<number>>();
  let ended = false;
  void started.program.line("The recording is at its end").then(() => ended = true);
  while (!ended) {
    const { start, count } = await sameEverywhere(page, started);
    seen.set(start, (seen.get(start) ?? new Set()).add(count));
  }
  const last = await sameEverywhere(page, started);

  assert.equal(last.start, startMs + 45_000);
  assert(seen.size >= 3, `windows seen: ${seen.size} of 4`);
  const grew = [...seen.values()].filter((counts) => counts.size > 1);
  assert(grew.length >= 2, "a window must have been seen to grow on the page");
  assert(
    await page.dotsOf("--up") + await page.dotsOf("--down") > 50,
    "candles must be drawn",
  );
  assert.deepEqual(page.errors, []);
  await Deno.remove(recording);
});
