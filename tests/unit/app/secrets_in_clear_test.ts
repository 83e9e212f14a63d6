import assert from "node:assert/strict";
import { readProcessConfig } from "../../../src/app/process_config.ts";
import { readProduceConfig } from "../../../src/app/produce_config.ts";
import { secretsInClear } from "../../../src/app/secrets_in_clear.ts";
import type { GivenTexts } from "../../../src/app/setting.ts";

const sasl = {
  KAFKA_SASL_MECHANISM: "SCRAM-SHA-512",
  KAFKA_USERNAME: "trader",
  KAFKA_PASSWORD: "pw-6vQ9",
};
const registry = { SCHEMA_REGISTRY_USERNAME: "trader", SCHEMA_REGISTRY_PASSWORD: "pw-6vQ9" };
const cassandra = { CASSANDRA_USERNAME: "trader", CASSANDRA_PASSWORD: "pw-6vQ9" };
const [plain, encrypted] = ["SASL_PLAINTEXT", "SASL_SSL"];

/** Settings of `process`, and what the warning names; nothing where there is none. */
const rows: readonly (readonly [GivenTexts, RegExp | undefined])[] = [
  [{}, undefined],
  [
    { ...sasl, KAFKA_SECURITY_PROTOCOL: plain },
    /login of Kafka .*KAFKA_SECURITY_PROTOCOL=SASL_SSL/,
  ],
  [{ ...sasl, KAFKA_SECURITY_PROTOCOL: plain, KAFKA_URL: "localhost:1,k:2" }, /login of Kafka/],
  [{ ...sasl, KAFKA_SECURITY_PROTOCOL: plain, KAFKA_URL: "localhost:1,[::1]:2" }, undefined],
  [{ ...sasl, KAFKA_SECURITY_PROTOCOL: encrypted }, undefined],
  [{ ...registry }, /schema registry .*SCHEMA_REGISTRY_URL with https/],
  [{ ...registry, SCHEMA_REGISTRY_URL: "http://127.0.0.1:8081" }, undefined],
  [{ ...registry, SCHEMA_REGISTRY_URL: "https://registry:8081" }, undefined],
  [{ ...cassandra }, /login of Cassandra .*CASSANDRA_TLS=true/],
  [{ ...cassandra, CASSANDRA_HOST: "127.0.0.1,c" }, /login of Cassandra/],
  [{ ...cassandra, CASSANDRA_HOST: "127.0.0.1,[::1]" }, undefined],
  [{ ...cassandra, CASSANDRA_TLS: "true" }, undefined],
];

for (const [given, warning] of rows) {
  Deno.test(`secretsInClear() of ${JSON.stringify(given)} warns of ${warning}`, () => {
    const told = secretsInClear(readProcessConfig(given));
    assert.equal(told.length, warning === undefined ? 0 : 1, told.join("\n"));
    if (warning !== undefined) assert.match(told.join(), warning);
    assert.doesNotMatch(told.join(), /pw-6vQ9/);
  });
}

Deno.test("secretsInClear() warns of a key on its way to a feed on another machine", () => {
  const told = (url: string) =>
    secretsInClear(readProduceConfig({ FINHUB_SECRET_KEY: "key-8Xw2", FINHUB_API_URL: url }));
  assert.match(told("ws://feed:9000/?token=").join(), /key of the feed .*wss:/);
  for (
    const url of [
      "wss://ws.finnhub.io?token=",
      "ws://localhost:1/",
      "ws://[::1]:1",
      "ws://127.9.9.9",
    ]
  ) {
    assert.deepEqual(told(url), [], url);
  }
});
