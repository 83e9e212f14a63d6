import assert from "node:assert/strict";
import { systemClock } from "../../src/base/clock.ts";
import { PipelineError } from "../../src/base/errors.ts";
import { silentLogger } from "../../src/base/logger.ts";
import { Metrics } from "../../src/http/metrics/metrics.ts";
import type { HttpServer } from "../../src/http/exchange/listen.ts";
import { serveHttp } from "../../src/http/server/server.ts";
import { FakeLiveView } from "../support/fake_live_view.ts";

const ignore = Deno.permissions.querySync({ name: "net" }).state !== "granted";

function serve(view: FakeLiveView, port = 0): Promise<HttpServer> {
  return serveHttp({
    host: "127.0.0.1",
    port,
    view,
    metrics: new Metrics(),
    clock: systemClock,
    logger: silentLogger,
  });
}

/** A view with two minutes of market behind it. */
function busyView(): FakeLiveView {
  const view = new FakeLiveView();
  for (let i = 0; i < 120; i++) view.commit();
  return view;
}

/** Reads a stream of events until `count` of the named one have come. */
async function readUntil(body: ReadableStream<Uint8Array>, name: string, count = 1) {
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    if (text.split(`event: ${name}\n`).length > count) break;
  }
  return text;
}

Deno.test({
  name: "serveHttp() answers page, API and metrics over a real port, HEAD included",
  ignore,
  async fn() {
    const view = busyView();
    await using server = await serve(view);
    for (const path of ["/", "/livez", "/readyz", "/metrics", "/api/symbols", "/api/tasks"]) {
      const response = await fetch(server.url + path);
      assert.equal(response.status, 200, path);
      assert.notEqual(await response.text(), "", path);
      const head = await fetch(server.url + path, { method: "HEAD" });
      assert.equal(head.status, 200, path);
      assert.equal(await head.text(), "", path);
    }
    const symbol = encodeURIComponent("IC MARKETS:1");
    const candles = await (await fetch(`${server.url}/api/candles?symbol=${symbol}&limit=3`))
      .json();
    assert.equal(candles.candles.length, 3);
  },
});

Deno.test({
  name: "serveHttp() streams commits as they happen",
  ignore,
  async fn() {
    const view = busyView();
    await using server = await serve(view);
    const response = await fetch(`${server.url}/api/stream?symbol=AAPL`);
    assert.equal(response.headers.get("content-type"), "text/event-stream");
    assert(response.body);
    const reading = readUntil(response.body, "candles");
    while (view.listenerCount === 0) await systemClock.sleep(5);
    for (let i = 0; i < 10; i++) view.commit();
    const text = await reading;
    assert.match(text, /^event: health\n/);
    assert.match(text, /^event: symbols\n/m);
    assert.match(text, /^event: trades\n/m);
    while (view.listenerCount > 0) await systemClock.sleep(5);
  },
});

Deno.test({
  name: "serveHttp() ends the streams when it is disposed",
  ignore,
  async fn() {
    const view = busyView();
    const server = await serve(view);
    const response = await fetch(`${server.url}/api/stream`);
    const reading = response.text();
    await server[Symbol.asyncDispose]();
    assert.match(await reading, /^event: health\n/);
    assert.equal(view.listenerCount, 0);
  },
});

Deno.test({
  name: "serveHttp() serves others while an instance does not read, and can still end",
  ignore,
  async fn() {
    const view = busyView();
    const server = await serve(view);
    const connection = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
    await connection.write(
      new TextEncoder().encode(
        "GET /api/stream?scope=local&rows=all HTTP/1.1\r\nhost: localhost\r\n\r\n",
      ),
    );
    while (view.listenerCount === 0) await systemClock.sleep(5);
    const { body } = await fetch(`${server.url}/api/stream?symbol=AAPL`);
    assert(body);
    const reading = readUntil(body, "candles", 20);
    const writing = new AbortController();
    const market = (async () => {
      for (; !writing.signal.aborted; await systemClock.sleep(1)) {
        for (let i = 0; i < 20; i++) view.commit();
      }
    })();
    await reading;
    writing.abort();
    await market;
    assert.equal(await (await fetch(`${server.url}/livez`)).text(), '{"status":"alive"}');
    const startedMs = systemClock.monotonicMs();
    await server[Symbol.asyncDispose]();
    assert(systemClock.monotonicMs() - startedMs < 3_000);
    connection.close();
  },
});

Deno.test({
  name: "serveHttp() names the settings when the port is taken",
  ignore,
  async fn() {
    const view = new FakeLiveView();
    await using server = await serve(view);
    await assert.rejects(
      serve(view, server.port),
      (error) =>
        error instanceof PipelineError && error.code === "CONFIG_INVALID" &&
        /HTTP_PORT/.test(error.message),
    );
  },
});
