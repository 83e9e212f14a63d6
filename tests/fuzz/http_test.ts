/** Requests to the HTTP surface. */
import assert from "node:assert/strict";
import type { Random } from "../../src/base/random.ts";
import { Secret } from "../../src/base/secret.ts";
import { proofHeader } from "../../src/http/peers/peer_access.ts";
import { defaultQueryLimits } from "../../src/http/admission/query_gate.ts";
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

const token = "0123456789abcdef0123456789abcdef";
const headers: readonly (readonly [name: string, value: string])[] = [
  ["authorization", `Bearer ${token}`],
  ["cookie", "market_session=abc; other=1"],
  [proofHeader, `1700000000000.${"a".repeat(43)}`],
  ["if-none-match", 'W/"abc", "def"'],
  ["accept", "text/html, application/json;q=0.9"],
  ["last-event-id", "7"],
];
const methods = ["GET", "GET", "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"];
const hosts = ["localhost", "localhost", "127.0.0.1", "evil.example", "[::1]", "a".repeat(300)];

/** A request, as a server's runtime lets it through. */
interface Asked {
  readonly url: URL;
  readonly method: string;
  readonly headers: Headers;
}

everyInputIsSurvived<Asked>({
  name: "requests over HTTP",
  together: 5_000,
  draw: (random) => ({
    url: drawUrl(random),
    method: pick(methods, random),
    headers: drawHeaders(random),
  }),
  take: takeRequests,
  show: ({ url, method, headers }) => JSON.stringify([method, url.href, ...headers]),
});

/** What a URL can be: other texts end in the server before us. */
function drawUrl(random: Random): URL {
  const path = `/${mutatedText(pick(paths, random).slice(1), random)}`;
  return URL.parse(`http://${pick(hosts, random)}${path}`) ?? new URL("http://localhost/");
}

/** What headers can be. */
function drawHeaders(random: Random): Headers {
  const drawn = new Headers();
  for (const [name, value] of [pick(headers, random), pick(headers, random)]) {
    try {
      drawn.set(name, random.next() < 0.3 ? value : mutatedText(value, random));
    } catch {
      // no header
    }
  }
  return drawn;
}

async function takeRequests(inputs: readonly Asked[]): Promise<void> {
  const { ask } = surface({
    seconds: 3,
    queries: { ...defaultQueryLimits, burst: Infinity },
    access: { token: new Secret(token) },
  });
  const authorization = `Bearer ${token}`;
  for (const { url, ...init } of inputs) {
    const response = await ask(url.pathname + url.search, init, url.host);
    assert.ok(response.status < 500 || response.status === 503, `${response.status}`);
    await response.body?.cancel();
    const next = await ask("/api/trades?symbol=AAPL&limit=1", { headers: { authorization } });
    assert.equal(next.status, 200);
    await next.body?.cancel();
  }
}
