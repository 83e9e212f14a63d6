import assert from "node:assert/strict";
import { systemClock } from "../../src/base/clock.ts";
import { seededRandom } from "../../src/base/random.ts";
import { Secret } from "../../src/base/secret.ts";
import { noFeedObserver } from "../../src/feed/feed_observer.ts";
import type { Frame, FrameSource } from "../../src/feed/frame.ts";
import { SimulatedMarket } from "../../src/feed/simulated_market.ts";
import { SimulatedSource } from "../../src/feed/simulated_source.ts";
import { simulatedSymbol } from "../../src/feed/simulated_symbol.ts";
import { RunningClient, startServer, until } from "../support/feed_bench.ts";
import { entry, ListSource, tradeText } from "../support/frames.ts";

/** A server that simulates a market, seeded, as fast as its clients take it. */
function simulation(frameCount: number): SimulatedSource {
  const random = seededRandom(42);
  const symbols = ["AAPL", "MSFT", "BINANCE:BTCUSDT"].map((name) => simulatedSymbol(name));
  return new SimulatedSource({
    market: new SimulatedMarket(symbols, random),
    producerId: "simulated-42",
    clock: systemClock,
    random,
    tradesPerSecond: "max",
    frameCount,
  });
}

/** Never ends, a frame every millisecond, numbered by their price. */
const ticking: FrameSource = {
  producerId: "ticking-1",
  async *frames(signal): AsyncGenerator<Frame> {
    for (let sequence = 1; !signal.aborted; sequence++) {
      yield { text: tradeText(entry({ p: sequence })), sequence, receivedAtMs: 0 };
      await systemClock.sleep(1);
    }
  },
};

function prices(texts: readonly string[]): number[] {
  return texts.map((text) => JSON.parse(text).data[0].p);
}

Deno.test("serveFinnhub() and FinnhubClient lose nothing at full speed to a slow reader", async () => {
  let pauses = 0;
  await using server = startServer(simulation(20_000));
  await using client = new RunningClient(server.url, {
    symbols: ["AAPL", "MSFT", "BINANCE:BTCUSDT"],
    bufferBytesMax: 64 * 1024,
    restMs: 10,
    observer: { ...noFeedObserver, paused: () => pauses++ },
  });
  await server.sourceEnded;
  await until(() => client.frames.length >= server.sent.frames);
  assert.equal(server.sent.frames, 20_000);
  assert.equal(client.frames.length, 20_000);
  const trades = client.texts.reduce((sum, text) => sum + JSON.parse(text).data.length, 0);
  assert.equal(trades, server.sent.trades);
  assert.deepEqual(client.log.complaints, []);
  assert(pauses > 10, `${pauses} pauses`);
});

Deno.test("serveFinnhub() refuses a wrong key at the handshake", async () => {
  await using server = startServer(ticking);
  await using client = new RunningClient(server.url, { key: new Secret("bad") });
  assert.match(String(await client.done), /HTTP 401/);
});

Deno.test("serveFinnhub() answers requests that are no WebSocket", async () => {
  await using server = startServer(ticking);
  const response = await fetch(`http://127.0.0.1:${server.port}/?token=good`);
  assert.equal(response.status, 426);
  await response.body?.cancel();
});

Deno.test("serveFinnhub() refuses a web page of any origin", async () => {
  await using server = startServer(ticking);
  const headers = { origin: `http://127.0.0.1:${server.port}` };
  const response = await fetch(`http://127.0.0.1:${server.port}/?token=good`, { headers });
  assert.equal(response.status, 403);
  await response.body?.cancel();
});

Deno.test("serveFinnhub() sends each client its symbols only", async () => {
  const text = tradeText(entry({ s: "A" }), entry({ s: "B" }));
  await using server = startServer(new ListSource([text, tradeText(entry({ s: "C" }))]), {
    settleMs: 300,
  });
  await using all = new RunningClient(server.url, { symbols: ["A", "B"] });
  await using one = new RunningClient(server.url, { symbols: ["B"] });
  await until(() => all.frames.length === 1 && one.frames.length === 1);
  await server.sourceEnded;
  assert.deepEqual([all.texts, one.texts], [[text], [tradeText(entry({ s: "B" }))]]);
});

Deno.test("serveFinnhub() names unknown symbols and one too many; the others continue", async () => {
  await using server = startServer(ticking, {
    knownSymbols: new Set(["AAPL", "MSFT", "IBM"]),
    symbolLimit: 2,
  });
  await using client = new RunningClient(server.url, { symbols: ["X", "AAPL", "MSFT", "IBM"] });
  await until(() => client.texts.some((text) => text.startsWith(`{"data"`)));
  assert.deepEqual(client.texts.slice(0, 2), [
    `{"msg":"Invalid symbol X","type":"error"}`,
    `{"msg":"Subscribing to too many symbols","type":"error"}`,
  ]);
  assert.deepEqual(client.log.complaints.map(({ level }) => level), ["warn", "warn"]);
});

Deno.test("serveFinnhub() rests without a subscription and then continues", async () => {
  await using server = startServer(ticking);
  const first = new RunningClient(server.url);
  await until(() => first.frames.length >= 20);
  await first[Symbol.asyncDispose]();
  await until(() => server.connections === 0);
  await systemClock.sleep(100);
  await using second = new RunningClient(server.url);
  await until(() => second.frames.length >= 20);
  const missed = (prices(second.texts)[0] ?? 0) - (prices(first.texts).at(-1) ?? 0);
  assert(missed >= 1 && missed < 60, `${missed} frames between the clients`);
});

Deno.test("serveFinnhub() stops sending a symbol after unsubscribe", async () => {
  await using server = startServer(ticking);
  const socket = new WebSocket(`${server.url}good`);
  const texts: string[] = [];
  socket.onmessage = ({ data }) => texts.push(data);
  await new Promise((resolve) => socket.onopen = resolve);
  socket.send(`{"type":"subscribe","symbol":"AAPL"}`);
  await until(() => texts.length >= 5);
  socket.send(`{"type":"unsubscribe","symbol":"AAPL"}`);
  await systemClock.sleep(100);
  const count = texts.length;
  await systemClock.sleep(100);
  assert.equal(texts.length, count);
  await closed(socket);
});

Deno.test("serveFinnhub() sends pings, also after its source has ended", async () => {
  await using server = startServer(new ListSource([tradeText(entry())]), { pingIntervalMs: 30 });
  await using client = new RunningClient(server.url);
  await server.sourceEnded;
  const isPing = (text: string) => text === `{"type":"ping"}`;
  await until(() => client.texts.filter(isPing).length >= 3);
  assert.equal(client.texts.filter((text) => !isPing(text)).length, 1);
});

Deno.test("serveFinnhub() drops both connections of one key when told to", async () => {
  await using server = startServer(ticking, { oneConnectionPerKey: true });
  await using first = new RunningClient(server.url);
  await until(() => first.frames.length > 0);
  await using second = new RunningClient(server.url);
  await until(() => second.complained(/another program/) && first.complained(/code 1008/));
});

async function closed(socket: WebSocket): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  socket.onclose = resolve;
  socket.close();
  await promise;
}

Deno.test("serveFinnhub() answers a host that is none with 400", async () => {
  await using server = startServer(simulation(1));
  using connection = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
  const request = "GET /?token=k HTTP/1.1\r\nhost: a b\r\nupgrade: websocket\r\n\r\n";
  await connection.write(new TextEncoder().encode(request));
  const bytes = new Uint8Array(1_024);
  const count = await connection.read(bytes);
  assert.match(new TextDecoder().decode(bytes.subarray(0, count ?? 0)), /^HTTP\/1\.1 400 /);
});
