import assert from "node:assert/strict";
import { PipelineError } from "../../../src/base/errors.ts";
import { readProduceConfig } from "../../../src/app/produce_config.ts";
import { readProcessConfig } from "../../../src/app/process_config.ts";
import { readStartConfig } from "../../../src/app/start_config.ts";
import { readFeedConfig } from "../../../src/app/feed_config.ts";
import { readProvisionConfig } from "../../../src/app/provision_config.ts";

const key = { FINHUB_SECRET_KEY: "k-e-y" };

function messageOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    assert(error instanceof PipelineError);
    assert.equal(error.code, "CONFIG_INVALID");
    return error.message;
  }
  return assert.fail("the configuration was accepted");
}

Deno.test("readProduceConfig() takes the original's defaults", () => {
  const { finnhubKey, ...rest } = readProduceConfig(key);
  assert.equal(finnhubKey.reveal(), "k-e-y");
  assert.deepEqual(rest, {
    symbols: ["BINANCE:BTCUSDT", "AAPL"],
    symbolsFile: undefined,
    finnhubUrl: "wss://ws.finnhub.io?token=",
    traceFeed: false,
    brokers: ["kafka-0:9092", "kafka-1:9092"],
    kafkaProtocol: "PLAINTEXT",
    kafkaMechanism: undefined,
    kafkaUsername: undefined,
    kafkaPassword: undefined,
    kafkaCaFile: undefined,
    topic: "trade1",
    registryUrl: "http://schema-registry:8081",
    registryUsername: undefined,
    registryPassword: undefined,
    registryCaFile: undefined,
    extraSubject: "trade_schema",
    firstRun: true,
    spoolDir: ".data/spool",
    spoolBytesMax: 2 ** 30,
    spoolAgeSeconds: 7 * 86_400,
    spoolWhenFull: "stop",
    httpHost: "127.0.0.1",
    httpAllowedHosts: [],
    httpOpen: false,
    httpTokenFile: undefined,
    httpTlsCertFile: undefined,
    httpTlsKeyFile: undefined,
    httpPort: 8082,
    logLevel: "info",
    logFormat: "auto",
  });
});

Deno.test("readProduceConfig() collects every problem in one error", () => {
  const message = messageOf(() =>
    readProduceConfig({
      KAFKA_URL: "kafka",
      FINHUB_SYMBOLS: '["AAPL"]',
      FIRST_RUN: "maybe",
    })
  );
  assert.equal(
    message,
    "Cannot run produce as 4 settings are not valid:\n" +
      '  FINHUB_SYMBOLS must be a comma list of symbols, each once: received "[\\"AAPL\\"]"\n' +
      "  FINHUB_SECRET_KEY must be a Finnhub API key: not set\n" +
      '  KAFKA_URL must be host:port[,host:port…], each once: received "kafka"\n' +
      '  FIRST_RUN must be true or false: received "maybe"',
  );
});

Deno.test("readProduceConfig() freezes what it returns", () => {
  const config = readProduceConfig(key);
  assert(Object.isFrozen(config) && Object.isFrozen(config.symbols));
});

Deno.test("readProduceConfig() trims symbols and lets them hold spaces and colons", () => {
  const config = readProduceConfig({ ...key, FINHUB_SYMBOLS: " IC MARKETS:1 , AAPL" });
  assert.deepEqual(config.symbols, ["IC MARKETS:1", "AAPL"]);
});

Deno.test("readProduceConfig() counts an empty variable as not given", () => {
  assert.equal(readProduceConfig({ ...key, TOPIC_KAFKA: "" }).topic, "trade1");
  const empty = messageOf(() => readProduceConfig({ FINHUB_SECRET_KEY: " " }));
  assert.match(empty, /FINHUB_SECRET_KEY must be a Finnhub API key: not set/);
});

Deno.test("readConfig() shows no secret, neither the key nor a URL's", () => {
  const config = readProduceConfig(key);
  assert(!JSON.stringify(config).includes("k-e-y"));
  assert(!Deno.inspect(config).includes("k-e-y"));
  const message = messageOf(() =>
    readProduceConfig({
      ...key,
      FINHUB_API_URL: "http://feed?token=abc123",
      SCHEMA_REGISTRY_URL: "ftp://user:hidden@registry",
    })
  );
  assert(!/abc123|hidden|k-e-y/.test(message), message);
  assert.match(message, /token=\[secret\]/);
});

Deno.test("readProcessConfig() lets TRADES_TABLES be empty for none", () => {
  assert.deepEqual(readProcessConfig({}).tradesTables, ["recent", "history"]);
  assert.deepEqual(readProcessConfig({ TRADES_TABLES: "" }).tradesTables, []);
  assert.deepEqual(readProcessConfig({ TRADES_TABLES: "history" }).tradesTables, ["history"]);
  const message = messageOf(() => readProcessConfig({ TRADES_TABLES: "history,all" }));
  assert.match(message, /TRADES_TABLES must be a comma list of recent and history, or empty/);
});

Deno.test("readProcessConfig() wants windows to be kept until they are closed", () => {
  const env = { WINDOW_GRACE_MS: "60000", WINDOW_RETENTION_MS: "74999" };
  const message = messageOf(() => readProcessConfig(env));
  assert.match(message, /WINDOW_RETENTION_MS must be at least 15000 \+ WINDOW_GRACE_MS = 75000/);
  const least = readProcessConfig({ ...env, WINDOW_RETENTION_MS: "75000" });
  assert.equal(least.windowRetentionMs, 75_000);
});

Deno.test("readProcessConfig() reads the lifetime of trades in seconds", () => {
  assert.equal(readProcessConfig({}).tradesTtlSeconds, 7 * 86_400);
  assert.equal(readProcessConfig({ TRADES_TTL: "12h" }).tradesTtlSeconds, 43_200);
  assert.equal(readProcessConfig({ TRADES_TTL: "0" }).tradesTtlSeconds, 0);
});

Deno.test("readStartConfig() needs nothing, and simulates without a key", () => {
  const config = readStartConfig({});
  assert.equal(config.finnhubKey, undefined);
  assert.equal(config.dataDir, ".data");
  assert.equal(config.httpPort, 8080);
});

Deno.test("readStartConfig() lets an option win over its variable", () => {
  assert.equal(readStartConfig({ HTTP_PORT: "9000" }).httpPort, 9000);
  assert.equal(readStartConfig({ HTTP_PORT: "9000" }, ["--port", "9001"]).httpPort, 9001);
  assert.equal(readStartConfig({ HTTP_PORT: "wrong" }, ["--port=9001"]).httpPort, 9001);
});

Deno.test("readStartConfig() reads how a recording is played", () => {
  const config = readStartConfig({}, ["--replay", "day.jsonl.gz", "--speed", "max"]);
  assert.equal(config.replayFile, "day.jsonl.gz");
  assert.equal(config.replaySpeed, Number.POSITIVE_INFINITY);
  assert.equal(config.replayTimes, "recorded");
});

Deno.test("readStartConfig() refuses options that say nothing beside the others", () => {
  const message = messageOf(() => readStartConfig({}, ["--speed", "10", "--times=shifted"]));
  assert.match(message, /--speed must be absent without --replay: it is given/);
  assert.match(message, /--times must be absent without --replay: it is given/);
});

Deno.test("readFeedConfig() takes its key from option or variable", () => {
  const own = { FEED_KEY: "k-e-y" };
  assert.equal(readFeedConfig(key).acceptedKey, undefined, "Finnhub's key is not the feed's");
  assert.equal(readFeedConfig(own).acceptedKey?.reveal(), "k-e-y");
  assert.equal(readFeedConfig(own, ["--key", "other"]).acceptedKey?.reveal(), "other");
});

Deno.test("readFeedConfig() refuses two sources at once", () => {
  const message = messageOf(() => readFeedConfig({}, ["--simulate", "--replay", "day.jsonl"]));
  assert.match(message, /--simulate must be absent beside --replay/);
});

Deno.test("readProvisionConfig() leaves the number of copies to the cluster unless told", () => {
  assert.equal(readProvisionConfig({}).topicReplication, "auto");
  assert.equal(readProvisionConfig({ TOPIC_REPLICATION: "2" }).topicReplication, 2);
});
