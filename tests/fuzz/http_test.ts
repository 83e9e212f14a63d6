/** Requests to the HTTP surface. */
import assert from "node:assert/strict";
import type { Random } from "../../src/base/random.ts";
import { defaultQueryLimits } from "../../src/http/query_gate.ts";
import { everyInputIsSurvived, mutatedText, pick } from "../support/fuzz.ts";
import { surface } from "../unit/http/harness.ts";

const paths: readonly string[] = [
  "/api/candles?symbol=AAPL&resolution=1m&from=1700000000000&to=1700000060000&limit=5",
  "/api/candles?symbol=BINANCE%3ABTCUSDT&scope=local",
  "/api/trades?symbol=AAPL&limit=10",
  "/api/symbols?scope=local",
  "/api/tasks",
  "/assets/app.js",
  "/readyz",
  "/",
];

everyInputIsSurvived<URL>({
  name: "requests over HTTP",
  together: 5_000,
  draw: drawUrl,
  take: takeRequests,
  show: ({ href }) => href,
});

/** What a URL can be: other texts end in the server before us. */
function drawUrl(random: Random): URL {
  const path = `/${mutatedText(pick(paths, random).slice(1), random)}`;
  return URL.parse(`http://localhost${path}`) ?? new URL("http://localhost/");
}

async function takeRequests(inputs: readonly URL[]): Promise<void> {
  const { ask } = surface({ seconds: 3, queries: { ...defaultQueryLimits, burst: Infinity } });
  for (const { pathname, search } of inputs) {
    const response = await ask(pathname + search);
    assert.ok(response.status < 500 || response.status === 503, `${response.status}`);
    await response.body?.cancel();
    const next = await ask("/api/trades?symbol=AAPL&limit=1");
    assert.equal(next.status, 200);
    await next.body?.cancel();
  }
}
