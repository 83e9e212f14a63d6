/**
 * The real `produce` against a server that plays every edge of Finnhub's protocol, one connection
 * after the other: what it heard must be in the topic, or among the dead letters byte for byte, and
 * what stood in its way must have been said.
 */
import assert from "node:assert/strict";
import { HttpSchemaRegistry } from "../../src/registry/registry_client.ts";
import { AvroTradeCodec } from "../../src/registry/trade_codec.ts";
import { systemClock } from "../../src/base/clock.ts";
import type { LogRecord } from "../../src/streams/record.ts";
import { deadLetterTopic } from "../../src/streams/side_output.ts";
import { decodeText } from "../../src/streams/text.ts";
import { connectTestKafka, kafkaBrokers } from "../support/kafka_harness.ts";
import { marketRun, runPartitions } from "../support/market_run.ts";
import { Program } from "../support/program.ts";
import { readAll } from "../contract/log_harness.ts";
import { writeRecording } from "../support/recordings.ts";
import { TortureServer } from "../support/torture_server.ts";
import { until } from "../support/until.ts";

const ignore = kafkaBrokers().length === 0;
const symbols = ["AAPL", "AMZN", "IC MARKETS:1", "NOSUCH:THING"];
const t = Date.UTC(2024, 0, 2, 14, 30);

const trade = (s: string, p: number, more: object = {}) => ({ s, p, t, v: 1, ...more });
const frame = (...data: readonly unknown[]) => JSON.stringify({ type: "trade", data });

/** Legal frames of every shape, with the prices that they carry by symbol. */
const legal: readonly string[] = [
  frame(trade("AAPL", 1), trade("AMZN", 2), trade("AAPL", 3)),
  frame(trade("AAPL", 4, { c: null }), trade("AAPL", 5, { c: [] }), trade("AAPL", 6, { c: ["1"] })),
  frame(trade("IC MARKETS:1", 7, { v: 0 }), trade("IC MARKETS:1", 8, { v: 0.00012 })),
  frame(trade("AMZN", -37.63), trade("AMZN", 9), trade("AMZN", 9)),
  frame(trade("AAPL", 10, { x: "new" })).replace("{", `{"version":2,`),
  ` ${frame(trade("AAPL", 11))}\n`,
];

/** Frames of which nothing can be used. */
const damaged: readonly string[] = [
  "",
  "{",
  "null",
  "[]",
  `{"type":"trade"}`,
  `{"type":"trade","data":{}}`,
  `{"type":"trade","data":[]}`,
  `{"type":"news","data":[]}`,
  `{"type":"error","msg":7}`,
  frame(7),
  frame(trade("AAPL", 1, { p: "1" })),
  frame(trade("AAPL", 1, { t: 1.5 })),
  frame(trade("", 1)),
  frame(trade("AAPL", 1, { v: -1 })),
  `{"type":"trade","data":[{"s":"AAPL","p":1e999,"t":${t},"v":1}]}`,
  "\u0000\u0001",
  `${"[".repeat(10_000)}`,
];

/** One frame with a good and a bad trade: both ends. */
const mixed = frame(trade("AMZN", 12), trade("AMZN", 13, { t: -5 }));

const pricesOf: Readonly<Record<string, readonly number[]>> = {
  "AAPL": [1, 3, 4, 5, 6, 10, 11, 14],
  "AMZN": [2, -37.63, 9, 9, 12],
  "IC MARKETS:1": [7, 8],
};

function sendAll(socket: WebSocket, frames: readonly string[]): void {
  for (const text of frames) socket.send(text);
}

/** Refuses the symbol that is not there, as Finnhub words it, then sends frames. */
function refusing(frames: readonly string[]): (socket: WebSocket) => void {
  return (socket) => {
    let asked = 0;
    socket.onmessage = ({ data }) => {
      const { symbol } = JSON.parse(String(data));
      if (symbol === "NOSUCH:THING") {
        socket.send(JSON.stringify({ type: "error", msg: `Invalid symbol ${symbol}` }));
      }
      if (++asked < symbols.length) return;
      socket.send(JSON.stringify({ type: "error", msg: "Subscribing to too many symbols" }));
      socket.send(`{"type":"ping"}`);
      sendAll(socket, frames);
      socket.close();
    };
  };
}

const valueText = ({ value }: LogRecord) => decodeText(value ?? new Uint8Array());

Deno.test({
  name: "produce gets through every edge of the protocol, and loses nothing it heard",
  ignore,
  async fn() {
    await using run = await marketRun((folder) =>
      writeRecording(`${folder}/frames.jsonl`, { frames: 1, seed: 1, symbols })
    );
    const { pipeline, services } = run;
    await pipeline.provision();
    const giant = (socket: WebSocket) => {
      sendAll(socket, [...damaged, mixed]);
      socket.send("x".repeat(1_000_001));
      socket.send("y".repeat(16 * 1024 * 1024 + 1));
    };
    await using server = new TortureServer(
      502,
      200,
      refusing(legal),
      giant,
      (socket) => sendAll(socket, [frame(trade("AAPL", 14))]),
    );
    const env = {
      ...pipeline.environment,
      FINHUB_API_URL: server.url,
      FINHUB_SECRET_KEY: "sesame",
    };
    await using producer = new Program("produce", { env });
    await using kafka = connectTestKafka();
    const log = kafka.log();
    const records = async (topic: string) =>
      (await Promise.all(
        Array.from({ length: runPartitions }, (_, partition) => readAll(log, { topic, partition })),
      )).flat();
    const isOver = async () => {
      const found = await records(pipeline.topic);
      return server.connections === 5 &&
        found.some((record) => record.key !== null && has14(record));
    };
    await until(isOver, { what: "the last connection's trade", msMax: 60_000 });
    const registry = new HttpSchemaRegistry({ url: services.registryUrl, clock: systemClock });
    const codec = await AvroTradeCodec.create({ registry, topic: pipeline.topic });
    for (const [symbol, prices] of Object.entries(pricesOf)) {
      const own = (await records(pipeline.topic)).filter(({ key }) =>
        key !== null && decodeText(key) === symbol
      );
      const trades = own.flatMap(({ value }) => codec.decode(value ?? new Uint8Array()));
      assert.deepEqual(trades.map(({ price }) => price), prices, symbol);
      assert.ok(trades.every((each) => each.symbol === symbol));
    }
    const dead = await records(deadLetterTopic(pipeline.topic));
    const long = dead.pop();
    assert.deepEqual(dead.map(valueText), [...damaged, mixed]);
    assert.match(valueText(long as LogRecord) ?? "", /^x+$/);
    const length = long?.headers["value-length"];
    assert.equal(length && decodeText(length), "1000001");
    assert.equal(await producer.stop(), 0);
    assertSaid(producer, [
      /502/,
      /200/,
      /does not know/,
      /no more symbols/,
      /Max payload size exceeded/,
    ]);
    assert.ok(!JSON.stringify(producer.log).includes("sesame"));
    const subscribed = server.received.map((text) => JSON.parse(text).symbol);
    assert.deepEqual(new Set(subscribed), new Set(symbols));
    assert.deepEqual(subscribed.slice(-symbols.length), symbols, "asked anew after a connection");
  },
});

/** The trade of the last connection: its price as Avro writes it. */
function has14({ value }: LogRecord): boolean {
  const price = new Uint8Array(new Float64Array([14]).buffer).toHex();
  return value !== null && value.toHex().includes(price);
}

function assertSaid({ log }: Program, words: readonly RegExp[]): void {
  const said = log.map((entry) => JSON.stringify(entry)).join("\n");
  for (const word of words) assert.match(said, word);
}
