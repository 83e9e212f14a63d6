/**
 * Kafka, Cassandra and the registry behind TLS and passwords: what fits gets in, and what does not
 * is told once what to check, and ends.
 */
import assert from "node:assert/strict";
import { systemClock } from "../../src/base/clock.ts";
import { dispositionOf, type ErrorCode, PipelineError } from "../../src/base/errors.ts";
import { silentLogger } from "../../src/base/logger.ts";
import { Secret } from "../../src/base/secret.ts";
import { type CassandraOptions, connectCassandra } from "../../src/cassandra/connect.ts";
import { connectKafka } from "../../src/kafka/connection.ts";
import type { KafkaSecurity, SaslMechanism } from "../../src/kafka/wire/security.ts";
import { HttpSchemaRegistry } from "../../src/registry/registry_client.ts";
import { findJava } from "../../scripts/services/java.ts";
import { cassandraOptions } from "../support/cassandra_keyspace.ts";
import { isWanted } from "../support/filter.ts";
import { committedBy, ProcessInstance } from "../support/process_instance.ts";
import { Program, type ProgramName } from "../support/program.ts";
import { writeRecording } from "../support/recordings.ts";
import { account, type Listener, SecureServices } from "../support/secure_services.ts";
import { type RealServices, realServices } from "../support/services.ts";

const wrong = "wr0ng-Pq7";
const finnhubKey = "key-8Xw2Lm";
const refusedMsMax = 10_000;
const mechanisms: readonly SaslMechanism[] = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"];

/** Containers do not give these services, the local Java does; in CI its absence is a failure. */
const javaMissing = await findJava(Deno.env.get("JAVA_HOME")).then(() => false, () => true);
const ignore = javaMissing && Deno.env.get("CI") !== "true";

/** Services that let everybody in: the registry behind the gate, and a Cassandra without TLS. */
let open: RealServices;
let services: SecureServices;
let authority: string;
let stranger: string;
/** Whether any of the tests below is run. */
let wanted = false;

Deno.test.beforeAll(async () => {
  if (ignore || !wanted) return;
  open = await realServices({ registry: true, cassandra: true });
  services = await SecureServices.start(open.registryUrl);
  authority = await Deno.readTextFile(services.certificates.authority);
  stranger = await Deno.readTextFile(services.certificates.stranger);
});

Deno.test.afterAll(async () => {
  if (ignore || !wanted) return;
  await services[Symbol.asyncDispose]();
  await open[Symbol.asyncDispose]();
});

function test(name: string, fn: () => Promise<void>): void {
  wanted ||= isWanted(name);
  Deno.test({ name, ignore, fn });
}

/** That the work ends at once, for good, and with words that name what to check, but no secret. */
async function refused(work: Promise<unknown>, code: ErrorCode, words: RegExp): Promise<void> {
  const startMs = systemClock.monotonicMs();
  await assert.rejects(work, (error: unknown) => {
    assert.ok(error instanceof PipelineError, String(error));
    assert.equal(error.code, code, error.message);
    assert.equal(dispositionOf(error), "stop");
    assert.match(error.message, words);
    assert.doesNotMatch(Deno.inspect(error), new RegExp(`${wrong}|${account.password}`));
    return true;
  });
  assert.ok(systemClock.monotonicMs() - startMs < refusedMsMax);
}

function login(mechanism: SaslMechanism, password: string = account.password) {
  return { mechanism, username: account.username, password: new Secret(password) };
}

async function brokersAt(listener: Listener, security: KafkaSecurity): Promise<number> {
  const brokers = [services.broker(listener)];
  await using kafka = connectKafka({ brokers, clientId: "test", logger: silentLogger, security });
  return await kafka.brokerCount();
}

for (const mechanism of mechanisms) {
  test(`connectKafka() logs in with ${mechanism}, with TLS and without`, async () => {
    const tls = { authorities: authority };
    assert.equal(await brokersAt("SASL_SSL", { tls, login: login(mechanism) }), 1);
    assert.equal(await brokersAt("SASL_PLAINTEXT", { login: login(mechanism) }), 1);
  });

  test(`connectKafka() with a wrong password for ${mechanism} names what to check`, async () => {
    const security = { tls: { authorities: authority }, login: login(mechanism, wrong) };
    await refused(
      brokersAt("SASL_SSL", security),
      "CONFIG_INVALID",
      /check KAFKA_USERNAME, KAFKA_/,
    );
  });
}

test("connectKafka() reaches a listener that wants TLS alone", async () => {
  assert.equal(await brokersAt("SSL", { tls: { authorities: authority } }), 1);
});

const kafkaMistakes: readonly (readonly [string, Listener, () => KafkaSecurity, RegExp])[] = [
  ["the wrong authority", "SSL", () => ({ tls: { authorities: stranger } }), /check KAFKA_CA_FILE/],
  ["no authority", "SASL_SSL", () => ({ tls: {}, login: login("PLAIN") }), /check KAFKA_CA_FILE/],
  ["no TLS to a TLS port", "SSL", () => ({}), /wants TLS; check KAFKA_SECURITY_PROTOCOL/],
  [
    "a login without TLS to a TLS port",
    "SASL_SSL",
    () => ({ login: login("SCRAM-SHA-256") }),
    /wants TLS; check KAFKA_SECURITY_PROTOCOL/,
  ],
  [
    "TLS to a plain port",
    "PLAINTEXT",
    () => ({ tls: { authorities: authority } }),
    /does not speak TLS; check KAFKA_SECURITY_PROTOCOL/,
  ],
  [
    "no login to a port that wants one",
    "SASL_PLAINTEXT",
    () => ({}),
    /wants a login; check KAFKA_SECURITY_PROTOCOL/,
  ],
  [
    "no login to a TLS port that wants one",
    "SASL_SSL",
    () => ({ tls: { authorities: authority } }),
    /wants a login; check KAFKA_SECURITY_PROTOCOL/,
  ],
  [
    "a login to a port that takes none",
    "PLAINTEXT",
    () => ({ login: login("PLAIN") }),
    /takes no login; check KAFKA_SECURITY_PROTOCOL/,
  ],
  [
    "a way to log in that the listener does not know",
    "SCRAM_ONLY",
    () => ({ tls: { authorities: authority }, login: login("PLAIN") }),
    /check KAFKA_SASL_MECHANISM/,
  ],
];

for (const [mistake, listener, security, words] of kafkaMistakes) {
  test(`connectKafka() with ${mistake} names what to check`, async () => {
    await refused(brokersAt(listener, security()), "CONFIG_INVALID", words);
  });
}

async function pingCassandra(options: Partial<CassandraOptions>): Promise<void> {
  await using results = await connectCassandra({
    ...cassandraOptions("secure"),
    contactPoints: ["127.0.0.1"],
    port: services.cassandraPort,
    ...options,
  });
  await results.ping();
}

function credentials(password: string = account.password) {
  return { username: account.username, password: new Secret(password) };
}

test("connectCassandra() logs in over TLS", async () => {
  await pingCassandra({ tls: { authorities: authority }, credentials: credentials() });
});

const cassandraMistakes: readonly (readonly [string, () => Partial<CassandraOptions>, RegExp])[] = [
  [
    "a wrong password",
    () => ({ tls: { authorities: authority }, credentials: credentials(wrong) }),
    /check CASSANDRA_USERNAME and CASSANDRA_PASSWORD/,
  ],
  [
    "no login",
    () => ({ tls: { authorities: authority } }),
    /check CASSANDRA_USERNAME and CASSANDRA_PASSWORD/,
  ],
  [
    "the wrong authority",
    () => ({ tls: { authorities: stranger }, credentials: credentials() }),
    /check CASSANDRA_CA_FILE/,
  ],
  [
    "no TLS to a TLS port",
    () => ({ credentials: credentials() }),
    /wants TLS; check CASSANDRA_TLS/,
  ],
  [
    "TLS to a plain port",
    () => ({ port: open.cassandraPort, tls: { authorities: authority } }),
    /check CASSANDRA_TLS/,
  ],
];

for (const [mistake, options, words] of cassandraMistakes) {
  Deno.test({
    name: `connectCassandra() with ${mistake} names what to check`,
    ignore,
    // A client of cassandra-driver that could not connect keeps its timer to try again for a
    // second, whether it was shut down or not.
    sanitizeOps: false,
    sanitizeResources: false,
    fn: () => refused(pingCassandra(options()), "SINK_REJECTED", words),
  });
}

interface RegistryMistake {
  readonly password?: string;
  readonly authorities?: string;
  readonly url?: string;
}

async function register({ password = account.password, ...more }: RegistryMistake): Promise<void> {
  const registry = new HttpSchemaRegistry({
    url: services.registryUrl,
    credentials: { user: account.username, password: new Secret(password) },
    authorities: authority,
    ...more,
  });
  assert.ok(await registry.register(`secure-${crypto.randomUUID()}`, '"long"') > 0);
}

test("HttpSchemaRegistry logs in over TLS", () => register({}));

test("HttpSchemaRegistry with a mistake names what to check", async () => {
  const mistakes: readonly (readonly [RegistryMistake, RegExp])[] = [
    [{ password: wrong }, /401 .*; check SCHEMA_REGISTRY_USERNAME and SCHEMA_REGISTRY_PASSWORD/],
    [{ authorities: stranger }, /check SCHEMA_REGISTRY_CA_FILE/],
    [
      { url: services.registryUrl.replace("https:", "http:") },
      /begin SCHEMA_REGISTRY_URL with https:/,
    ],
  ];
  for (const [mistake, words] of mistakes) {
    await refused(register(mistake), "REGISTRY_REFUSED", words);
  }
});

/** Settings of programs that meet nobody else's topics and tables. */
function environment(folder: string): Record<string, string> {
  const name = crypto.randomUUID().slice(0, 8);
  return {
    ...services.environment,
    TOPIC_KAFKA: `t-${name}`,
    APPLICATION_ID: `a-${name}`,
    CASSANDRA_KEYSPACE: `k_${name}`,
    STATE_DIR: `${folder}/state`,
    SPOOL_DIR: `${folder}/spool`,
    HTTP_PORT: "0",
    PRODUCE_HTTP_PORT: "0",
    FINHUB_SECRET_KEY: finnhubKey,
    LOG_LEVEL: "debug",
  };
}

function assertNoSecret(program: Program): void {
  const { username, password } = account;
  const basic = new TextEncoder().encode(`${username}:${password}`).toBase64();
  const secrets = new RegExp([password, wrong, finnhubKey, basic].join("|"));
  assert.doesNotMatch(JSON.stringify(program.log), secrets);
}

/** The file by which each role gets its password in Cassandra; Kafka has its users already. */
async function writePasswords(folder: string): Promise<string> {
  const file = `${folder}/passwords`;
  const lines = ["provision", "process", "grafana", "dev"].map((role) => `${role}=${role}_9x`);
  await Deno.writeTextFile(file, lines.join("\n"));
  return file;
}

/** The settings of a program that logs in as its role. */
function as(role: string, env: Readonly<Record<string, string>>): Record<string, string> {
  const cassandra = role === "produce" ? {} : {
    CASSANDRA_USERNAME: role,
    CASSANDRA_PASSWORD: `${role}_9x`,
  };
  return { ...env, KAFKA_USERNAME: role, ...cassandra };
}

test("each program runs over secure connections with the rights of its role, and shows no secret", async () => {
  const folder = await Deno.makeTempDir({ prefix: "secure-programs-" });
  const env = environment(folder);
  const recording = await writeRecording(`${folder}/frames.jsonl`, { frames: 500, seed: 7 });
  const passwords = await writePasswords(folder);
  await using early = new Program("provision", { env: { ...env, KAFKA_USERNAME: "provision" } });
  assert.equal(await early.ended(), 2, "without rights");
  await using access = new Program("access", { args: ["--passwords", passwords], env });
  assert.equal(await access.ended(), 0, JSON.stringify(access.log.slice(-3)));
  await using provision = new Program("provision", { env: as("provision", env) });
  assert.equal(await provision.ended(), 0, JSON.stringify(provision.log.slice(-3)));
  const args = ["--replay", recording.path, "--speed", "max", "--port", "0"];
  await using feed = new Program("feed", { args, env });
  const { FINHUB_API_URL } = await feed.line("Serving Finnhub's protocol");
  await using process = new ProcessInstance(as("process", env));
  process.start();
  await using produce = new Program("produce", {
    env: {
      ...as("produce", env),
      FINHUB_API_URL: String(FINHUB_API_URL),
      FINHUB_SYMBOLS: recording.symbols.join(","),
    },
  });
  assert.equal(await committedBy([process], recording.trades, 60_000), recording.trades);
  assert.equal(await produce.stop(), 0);
  assert.equal(await process.program?.stop(), 0);
  for (const program of [access, provision, feed, produce, process.program]) {
    assert.ok(program !== undefined && program.log.length > 0);
    assertNoSecret(program);
  }
  await Deno.remove(folder, { recursive: true });
});

test("a program that is refused says so once and ends", async () => {
  const folder = await Deno.makeTempDir({ prefix: "secure-programs-" });
  const env = environment(folder);
  const { stranger } = services.certificates;
  const cases: readonly (readonly [ProgramName, Record<string, string>, number, RegExp])[] = [
    ["provision", { KAFKA_PASSWORD: wrong }, 2, /check KAFKA_USERNAME/],
    ["produce", { KAFKA_PASSWORD: wrong, FINHUB_API_URL: "ws://127.0.0.1:1" }, 2, /KAFKA_USERNAME/],
    ["process", { SCHEMA_REGISTRY_CA_FILE: stranger }, 1, /check SCHEMA_REGISTRY_CA_FILE/],
    ["process", { CASSANDRA_PASSWORD: wrong }, 1, /check CASSANDRA_USERNAME/],
  ];
  for (const [i, [name, more, exitCode, words]] of cases.entries()) {
    const own = { STATE_DIR: `${folder}/state-${i}`, SPOOL_DIR: `${folder}/spool-${i}` };
    await using program = new Program(name, { env: { ...env, ...own, ...more } });
    assert.equal(await program.ended(), exitCode, JSON.stringify(program.log));
    const errors = program.log.filter(({ level }) => level === "error");
    assert.equal(errors.length, 1, JSON.stringify(errors));
    assert.match(errors[0]?.message ?? "", words);
    assertNoSecret(program);
  }
  await Deno.remove(folder, { recursive: true });
});
