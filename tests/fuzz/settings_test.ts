/** Texts of settings and of the file of symbols. */
import assert from "node:assert/strict";
import { symbolLines } from "../../src/app/forms.ts";
import { readProcessConfig } from "../../src/app/process_config.ts";
import { readProduceConfig } from "../../src/app/produce_config.ts";
import { readStartConfig } from "../../src/app/start_config.ts";
import { PipelineError } from "../../src/base/errors.ts";
import type { Random } from "../../src/base/random.ts";
import { symbolFault } from "../../src/base/symbol.ts";
import { everyInputIsSurvived, mutatedText, pick } from "../support/fuzz.ts";

const good = { FINHUB_SECRET_KEY: "k-e-y", FINHUB_SYMBOLS: "AAPL" };

const texts: readonly (readonly [variable: string, text: string])[] = [
  ["FINHUB_SYMBOLS", "AAPL,BINANCE:BTCUSDT"],
  ["FINHUB_API_URL", "wss://ws.finnhub.io?token="],
  ["FINHUB_SECRET_KEY", "k-e-y"],
  ["KAFKA_URL", "kafka-0:9092,kafka-1:9092"],
  ["TOPIC_KAFKA", "trade1"],
  ["SCHEMA_REGISTRY_URL", "http://schema-registry:8081"],
  ["CASSANDRA_HOST", "cassandra"],
  ["TRADES_TTL", "7d"],
  ["SPOOL_BYTES_MAX", "1GiB"],
  ["HTTP_PORT", "8081"],
  ["WINDOW_GRACE_MS", "60000"],
  ["RESULTS", "cassandra,topic"],
  ["CONDITION_POLICY", "consolidated"],
  ["FIRST_RUN", "true"],
];

const readers = [readProduceConfig, readProcessConfig, readStartConfig];

type Environment = Readonly<Record<string, string>>;

everyInputIsSurvived<Environment>({
  name: "settings",
  together: 1_000,
  draw: drawEnvironment,
  take: takeEnvironments,
  show: (environment) => JSON.stringify(environment),
});

function drawEnvironment(random: Random): Environment {
  const entries = [0, 1, 2].map(() => pick(texts, random))
    .map(([variable, text]) => [variable, mutatedText(text, random)]);
  return { ...good, ...Object.fromEntries(entries) };
}

function takeEnvironments(inputs: readonly Environment[]): void {
  for (const [index, environment] of inputs.entries()) {
    const read = readers[index % readers.length] as typeof readProduceConfig;
    assertRefusal(() => read(environment));
    assert.deepEqual(readProduceConfig(good).symbols, ["AAPL"]);
  }
}

/** One error with every problem, each in a line that a terminal can show. */
function assertRefusal(read: () => { readonly symbols?: readonly string[] }): void {
  try {
    for (const symbol of read().symbols ?? []) assert.equal(symbolFault(symbol), undefined);
  } catch (error) {
    if (!(error instanceof PipelineError && error.code === "CONFIG_INVALID")) throw error;
  }
}

everyInputIsSurvived<string>({
  name: "files of symbols",
  together: 10_000,
  draw: (random) => mutatedText("AAPL, AMZN\r\n# remark\nBINANCE:BTCUSDT # more\n", random),
  take(inputs) {
    for (const text of inputs) {
      for (const symbol of symbolLines(text) ?? []) assert.equal(symbolFault(symbol), undefined);
      assert.deepEqual(symbolLines("\uFEFFAAPL\n"), ["AAPL"]);
    }
  },
  show: (text) => JSON.stringify(text),
});
