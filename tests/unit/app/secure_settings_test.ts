import assert from "node:assert/strict";
import { readProcessConfig } from "../../../src/app/process_config.ts";
import { readProvisionConfig } from "../../../src/app/provision_config.ts";

const password = "pw-3Jd8";

function problemsOf(env: Record<string, string>): string[] {
  try {
    readProcessConfig(env);
  } catch (error) {
    assert.ok(error instanceof Error && !error.message.includes(password));
    return error.message.split("\n").slice(1).map((line) => line.trim());
  }
  return [];
}

Deno.test("readProcessConfig() with nothing given wants no TLS and no login", () => {
  const config = readProcessConfig({});
  assert.equal(config.kafkaProtocol, "PLAINTEXT");
  assert.ok(!config.cassandraTls);
  assert.equal(config.kafkaPassword ?? config.cassandraPassword, undefined);
});

Deno.test("readProcessConfig() takes a complete login everywhere, and shows no password", () => {
  const env = {
    KAFKA_SECURITY_PROTOCOL: "SASL_SSL",
    KAFKA_SASL_MECHANISM: "SCRAM-SHA-256",
    KAFKA_USERNAME: "trader",
    KAFKA_PASSWORD: password,
    KAFKA_CA_FILE: "ca.pem",
    SCHEMA_REGISTRY_URL: "https://registry",
    SCHEMA_REGISTRY_USERNAME: "trader",
    SCHEMA_REGISTRY_PASSWORD: password,
    SCHEMA_REGISTRY_CA_FILE: "ca.pem",
    CASSANDRA_USERNAME: "trader",
    CASSANDRA_PASSWORD: password,
    CASSANDRA_TLS: "true",
    CASSANDRA_CA_FILE: "ca.pem",
  };
  for (const config of [readProcessConfig(env), readProvisionConfig(env)]) {
    assert.equal(config.kafkaPassword?.reveal(), password);
    assert.equal(config.registryPassword?.reveal(), password);
    assert.equal(config.cassandraPassword?.reveal(), password);
    assert.ok(!JSON.stringify(config).includes(password));
    assert.ok(!Deno.inspect(config).includes(password));
  }
});

Deno.test("readProcessConfig() lists every half of a login in one message", () => {
  const problems = problemsOf({
    KAFKA_SECURITY_PROTOCOL: "SASL_PLAINTEXT",
    KAFKA_PASSWORD: password,
    KAFKA_CA_FILE: "ca.pem",
    SCHEMA_REGISTRY_USERNAME: "trader",
    CASSANDRA_PASSWORD: password,
    CASSANDRA_CA_FILE: "ca.pem",
  });
  assert.deepEqual(problems, [
    "KAFKA_SASL_MECHANISM must be set with KAFKA_SECURITY_PROTOCOL=SASL_PLAINTEXT",
    "KAFKA_USERNAME must be set with KAFKA_SECURITY_PROTOCOL=SASL_PLAINTEXT",
    "KAFKA_CA_FILE must be absent with KAFKA_SECURITY_PROTOCOL=SASL_PLAINTEXT: it is given",
    "SCHEMA_REGISTRY_PASSWORD must be set with SCHEMA_REGISTRY_USERNAME",
    "CASSANDRA_USERNAME must be set with CASSANDRA_PASSWORD",
    "CASSANDRA_CA_FILE must be absent with CASSANDRA_TLS=false: it is given",
  ]);
});

Deno.test("readProcessConfig() refuses a login that the protocol would not use", () => {
  assert.deepEqual(problemsOf({ KAFKA_PASSWORD: password, KAFKA_USERNAME: "trader" }), [
    "KAFKA_USERNAME must be absent with KAFKA_SECURITY_PROTOCOL=PLAINTEXT: it is given",
    "KAFKA_PASSWORD must be absent with KAFKA_SECURITY_PROTOCOL=PLAINTEXT: it is given",
  ]);
});

Deno.test("readProcessConfig() refuses an unknown protocol and an unknown mechanism", () => {
  const problems = problemsOf({ KAFKA_SECURITY_PROTOCOL: "TLS", KAFKA_SASL_MECHANISM: "GSSAPI" });
  assert.deepEqual(problems, [
    'KAFKA_SECURITY_PROTOCOL must be PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL: received "TLS"',
    'KAFKA_SASL_MECHANISM must be PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512: received "GSSAPI"',
  ]);
});

Deno.test("readProcessConfig() refuses a login in the registry's URL, without showing it", () => {
  const urls = [
    `https://trader:${password}@registry`,
    `https://${password}@registry`,
    `https://:${password}@registry`,
  ];
  for (const url of urls) {
    assert.deepEqual(problemsOf({ SCHEMA_REGISTRY_URL: url }), [
      "SCHEMA_REGISTRY_URL must be without user and password: SCHEMA_REGISTRY_USERNAME and " +
      "SCHEMA_REGISTRY_PASSWORD are for them",
    ]);
  }
});

Deno.test("readProcessConfig() wants https:// for an authority of the registry", () => {
  const [problem = ""] = problemsOf({ SCHEMA_REGISTRY_CA_FILE: "ca.pem" });
  assert.match(problem, /^SCHEMA_REGISTRY_CA_FILE must be absent .* not https:\/\/: it is given$/);
});

Deno.test.each([
  [
    { HTTP_HOST: "0.0.0.0" },
    "HTTP_TOKEN_FILE must be set with HTTP_HOST=0.0.0.0, which other " +
    "machines reach; HTTP_OPEN=true serves everyone without a token",
  ],
  [{ HTTP_HOST: "[::]", HTTP_TOKEN_FILE: "token" }, undefined],
  [{ HTTP_HOST: "market.example", HTTP_OPEN: "true" }, undefined],
  [{ HTTP_HOST: "127.1.2.3" }, undefined],
  [{ HTTP_TLS_KEY_FILE: "key.pem" }, "HTTP_TLS_CERT_FILE must be set with HTTP_TLS_KEY_FILE"],
])("readProcessConfig() of %j wants a token where others reach it", (env, problem) => {
  assert.deepEqual(problemsOf(env), problem === undefined ? [] : [problem]);
});
