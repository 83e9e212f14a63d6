/** What anyone may send to the HTTP port: each is answered as it deserves, and none is noticed. */
import assert from "node:assert/strict";
import { systemClock } from "../../src/base/clock.ts";
import type { Logger } from "../../src/base/logger.ts";
import { Secret } from "../../src/base/secret.ts";
import type { HttpServer } from "../../src/http/exchange/listen.ts";
import { Metrics } from "../../src/http/metrics/metrics.ts";
import { serveOperations } from "../../src/http/exchange/operations_server.ts";
import { serveHttp } from "../../src/http/server/server.ts";
import { FakeLiveView } from "../support/fake_live_view.ts";
import {
  credentials,
  type Hostile,
  hosts,
  requests,
  symbols,
  targets,
} from "../support/hostile_requests.ts";

const token = "correct-horse-battery";

interface Served extends AsyncDisposable {
  readonly server: HttpServer;
  readonly metrics: Metrics;
  /** What was logged above level debug. */
  readonly logged: string[];
}

async function serve(kind: "surface" | "operations", secret?: Secret): Promise<Served> {
  const logged: string[] = [];
  const note = (text: string) => void logged.push(text);
  const logger: Logger = { debug() {}, info: note, warn: note, error: note };
  const metrics = new Metrics();
  const access = { hosts: ["market.example"], token: secret };
  const options = { host: "127.0.0.1", port: 0, metrics, clock: systemClock, logger, access };
  const view = new FakeLiveView();
  for (let second = 0; second < 20; second++) view.commit();
  const server = kind === "surface"
    ? await serveHttp({ ...options, view })
    : await serveOperations({ ...options, health: () => view.health() });
  return { server, metrics, logged, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

/** Sends bytes and reads the head of the answer. */
async function headOf({ port }: HttpServer, sent: string): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(Uint8Array.from(sent, (character) => character.charCodeAt(0)));
  let head = "";
  const chunk = new Uint8Array(16_384);
  while (!head.includes("\r\n\r\n")) {
    const count = await connection.read(chunk).catch(() => null);
    if (count === null) break;
    head += new TextDecoder("latin1").decode(chunk.subarray(0, count));
  }
  return head.split("\r\n\r\n")[0] ?? "";
}

function get(target: string, header = "x: y"): string {
  return `GET ${target} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n${header}\r\n\r\n`;
}

async function assertAnswers(
  { server, metrics, logged }: Served,
  corpus: readonly Hostile[],
  form: (sent: string) => string,
): Promise<void> {
  const before = await answered(metrics);
  const got: Hostile[] = [];
  for (const [sent, status] of corpus) {
    const head = await headOf(server, form(sent));
    got.push([sent, Number(head.split(" ")[1] ?? 0)]);
    if (status !== 0) assert.match(head, /^content-security-policy: default-src 'none'/m, sent);
  }
  assert.deepEqual(got, corpus);
  const count = corpus.filter(([, status]) => status !== 0).length;
  assert.ok(await answered(metrics) - before >= count, "each answer is counted");
  assert.deepEqual(logged, []);
  assert.match(await headOf(server, get("/livez")), /^HTTP\/1.1 200 /);
}

async function answered(metrics: Metrics): Promise<number> {
  const counts = (await metrics.render()).matchAll(/^http_requests_total{.*} (\d+)$/gm);
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
}

const host = (value: string) =>
  `GET /livez HTTP/1.1\r\nhost: ${value}\r\nconnection: close\r\n\r\n`;

Deno.test.each([["surface"], ["operations"]] as const)(
  "the %s answers only for its own names, whatever the header host holds",
  async (kind) => {
    await using served = await serve(kind);
    await assertAnswers(served, hosts, host);
  },
);

Deno.test("the surface answers any target and any bytes, and shows none of them", async () => {
  await using served = await serve("surface");
  await assertAnswers(served, targets, get);
  await assertAnswers(served, requests, (sent) => sent);
  await assertAnswers(served, symbols, (symbol) => get(`/api/candles?symbol=${symbol}`));
});

Deno.test.each([["surface"], ["operations"]] as const)(
  "the %s shows its metrics to those alone who have the token",
  async (kind) => {
    await using served = await serve(kind, new Secret(token));
    await assertAnswers(served, credentials, (header) => get("/metrics", header));
  },
);

Deno.test("a connection that does not wait for answers is cut, and others do not notice", async () => {
  await using served = await serve("operations");
  const { server } = served;
  using connection = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
  const request = "GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n";
  await connection.write(new TextEncoder().encode(request.repeat(1_000)));
  const chunk = new Uint8Array(16_384);
  let text = "";
  for (let count: number | null = 0; count !== null;) {
    text += new TextDecoder().decode(chunk.subarray(0, count));
    count = await connection.read(chunk).catch(() => null);
  }
  assert.ok(text.split("HTTP/1.1 200").length <= 17, `${text.length} bytes of answers`);
  assert.match(await headOf(server, get("/livez")), /^HTTP\/1.1 200 /);
  assert.deepEqual(served.logged, []);
});
