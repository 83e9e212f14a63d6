import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { WebSocketServer } from "ws";
import { PipelineError } from "../../src/base/errors.ts";
import { RunningClient, until } from "../support/feed_bench.ts";
import { TortureServer } from "../support/torture_server.ts";

/** A connection of the package's server, which can send a message in parts. */
interface Fragmenting {
  send(text: string, options: { readonly fin: boolean }): void;
}

const wellBehaved = (socket: WebSocket) => socket.send(`{"type":"ping"}`);

Deno.test("FinnhubClient stops at HTTP 401 with a message that says what to do", async () => {
  await using server = new TortureServer(401);
  await using client = new RunningClient(server.url);
  const error = await client.done;
  assert(error instanceof PipelineError && error.code === "FEED_REFUSED");
  assert.match(error.message, /HTTP 401.*FINHUB_SECRET_KEY/);
  assert.doesNotMatch(JSON.stringify(client.log.lines) + error.stack, /good/);
});

Deno.test("FinnhubClient keeps away for a while after HTTP 429", async () => {
  await using server = new TortureServer(429, wellBehaved);
  const startMs = performance.now();
  await using client = new RunningClient(server.url);
  await until(() => client.frames.length === 1);
  assert(performance.now() - startMs >= 600);
  assert(client.complained(/HTTP 429/));
});

Deno.test.each([200, 302, 500, 502])("FinnhubClient tries again after HTTP %d", async (status) => {
  await using server = new TortureServer(status, status, wellBehaved);
  await using client = new RunningClient(server.url);
  await until(() => client.frames.length === 1);
  assert.equal(server.connections, 3);
  assert(client.complained(new RegExp(`HTTP ${status}`)));
});

Deno.test("FinnhubClient connects and subscribes again after its connection was closed", async () => {
  await using server = new TortureServer((socket) => socket.close(1001), wellBehaved);
  await using client = new RunningClient(server.url, { symbols: ["AAPL", "IC MARKETS:1"] });
  await until(() => client.frames.length === 1 && server.received.length >= 2);
  assert.deepEqual(server.received.slice(-2), [
    `{"type":"subscribe","symbol":"AAPL"}`,
    `{"type":"subscribe","symbol":"IC MARKETS:1"}`,
  ]);
  assert(client.complained(/closed: code 1001.*another program/));
});

Deno.test("FinnhubClient waits for a server that is not there", async () => {
  const { port } = await unusedAddress();
  await using client = new RunningClient(`ws://127.0.0.1:${port}?token=`);
  await until(() => client.log.complaints.length >= 2);
  assert(client.complained(/cannot be reached: .*ECONNREFUSED/));
});

Deno.test("FinnhubClient gives up a connection that says nothing", async () => {
  await using server = new TortureServer(() => {}, wellBehaved);
  await using client = new RunningClient(server.url, { silenceMs: 100 });
  await until(() => client.frames.length === 1);
  assert(client.complained(/nothing was heard/));
});

// A message of 1 MB of 0xFF became 3 MB of U+FFFD, which no topic took, at every start.
Deno.test("FinnhubClient keeps the bytes of what is no text or too long, and continues", async () => {
  const binary = new Uint8Array(1_000_000).fill(0xff);
  await using server = new TortureServer((socket) => {
    socket.send(binary);
    socket.send("x".repeat(1_000_001));
    socket.send(new TextEncoder().encode(`{"type":"ping"}`));
    socket.send("good");
  });
  await using client = new RunningClient(server.url);
  await until(() => client.frames.length === 4);
  const [first, second, ...texts] = client.frames;
  assert.equal(first?.unreadable?.fault, "message is not UTF-8");
  assert.ok(Buffer.from(first?.unreadable?.bytes ?? []).equals(binary));
  assert.equal(second?.unreadable?.bytes.length, 1_000_000);
  assert.equal(second?.unreadable?.whole?.lengthBytes, 1_000_001);
  assert.deepEqual(texts.map(({ text }) => text), [`{"type":"ping"}`, "good"]);
  assert.equal(server.connections, 1);
});

Deno.test("FinnhubClient yields hostile messages as they are, and survives giants", async () => {
  const hostile = ["", "{", `{"type":"trade"}`, "\u0000", "😀".repeat(10)];
  const attack = (socket: WebSocket) => {
    for (const text of hostile) socket.send(text);
    socket.send("x".repeat(5_000_000));
  };
  await using server = new TortureServer(attack, wellBehaved);
  await using client = new RunningClient(server.url);
  await until(() => server.connections === 2 && client.frames.length === 6);
  assert.deepEqual(client.texts.slice(0, 5), hostile);
  assert(client.complained(/Max payload size exceeded/));
});

Deno.test("FinnhubClient takes a message in parts, and leaves a server that cuts it to dust", async () => {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  const send = (socket: Fragmenting, parts: number) => {
    for (let left = parts - 1; left >= 0; left--) socket.send("x", { fin: left === 0 });
  };
  server.on("connection", (socket: Fragmenting) => {
    send(socket, 64);
    send(socket, 65);
  });
  await new Promise((resolve) => server.on("listening", resolve));
  const { port } = server.address();
  await using client = new RunningClient(`ws://127.0.0.1:${port}?token=`);
  await until(() => client.frames.length === 2);
  assert.deepEqual(client.texts, ["x".repeat(64), "x".repeat(64)]);
  assert(client.complained(/Too many message fragments/));
  for (const socket of server.clients) socket.terminate();
  await new Promise((resolve) => server.close(resolve));
});

/** Refuses subscriptions as Finnhub words it, and sends a trade for the others. */
function choosy(known: readonly string[], places: number): (socket: WebSocket) => void {
  return (socket) => {
    let taken = 0;
    socket.onmessage = ({ data }) => {
      const { symbol } = JSON.parse(String(data));
      const msg = !known.includes(symbol)
        ? `Invalid symbol ${symbol}`
        : ++taken > places
        ? "Subscribing to too many symbols"
        : undefined;
      const answer = msg === undefined ? { type: "trade", data: [symbol] } : { msg, type: "error" };
      socket.send(JSON.stringify(answer));
    };
  };
}

Deno.test("FinnhubClient names an unknown symbol once, hears the others, asks again later", async () => {
  await using server = new TortureServer(choosy(["AAPL"], 50));
  const symbols = ["OANDA:EUR_USD", "AAPL"];
  await using client = new RunningClient(server.url, { symbols, refusedRetryMs: 50 });
  await until(() => client.frames.length >= 4);
  assert(client.texts.includes(`{"type":"trade","data":["AAPL"]}`));
  const named = client.log.complaints.filter(({ message }) => /does not know/.test(message));
  assert.deepEqual(named.map(({ fields }) => fields), [{ symbol: "OANDA:EUR_USD" }]);
  assert.equal(server.connections, 1);
});

Deno.test("FinnhubClient says once that the plan has no place for more symbols", async () => {
  const symbols = Array.from({ length: 53 }, (_, index) => `S${index}`);
  await using server = new TortureServer(choosy(symbols, 50));
  await using client = new RunningClient(server.url, { symbols });
  await until(() => client.frames.length === 53);
  const named = client.log.complaints.filter(({ message }) => /no more symbols/.test(message));
  assert.deepEqual(named.map(({ fields }) => fields?.["likelyRefused"]), [["S50", "S51", "S52"]]);
  assert.equal(server.connections, 1);
});

Deno.test("FinnhubClient is content with pings alone", async () => {
  const pinging = (socket: WebSocket) => {
    const timer = setInterval(() => socket.send(`{"type":"ping"}`), 40);
    socket.onclose = () => clearInterval(timer);
  };
  await using server = new TortureServer(pinging);
  await using client = new RunningClient(server.url, { silenceMs: 200 });
  await until(() => client.frames.length >= 10);
  assert.equal(server.connections, 1);
  assert.deepEqual(client.log.complaints, []);
});

Deno.test("FinnhubClient ends at once when stopped during a handshake", async () => {
  using listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const accepting = listener.accept();
  await using client = new RunningClient(`ws://127.0.0.1:${listener.addr.port}?token=`);
  using _connection = await accepting;
  client.stop.abort();
  assert.equal(await client.done, undefined);
});

function unusedAddress(): Promise<Deno.NetAddr> {
  using listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  return Promise.resolve(listener.addr);
}
