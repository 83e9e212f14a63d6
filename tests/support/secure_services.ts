import { join } from "node:path";
import { auth, Client } from "cassandra-driver";
import { systemClock } from "../../src/base/clock.ts";
import { systemRandom } from "../../src/base/random.ts";
import { cassandra, CASSANDRA_DATACENTER } from "../../scripts/services/cassandra.ts";
import type {
  LaunchPlan,
  LaunchRequest,
  ServiceDefinition,
} from "../../scripts/services/definition.ts";
import { findJava } from "../../scripts/services/java.ts";
import { kafkaOf, kafkaVersions } from "../../scripts/services/kafka.ts";
import { lastLines } from "../../scripts/services/log_tail.ts";
import { ensureJars } from "../../scripts/services/maven.ts";
import { choosePorts } from "../../scripts/services/ports.ts";
import {
  isRunning,
  killProcess,
  type ProcessHandle,
  spawnDetached,
} from "../../scripts/services/process.ts";
import { newClusterId } from "../../scripts/services/service_set.ts";
import { defaultSettings } from "../../scripts/services/settings.ts";
import { type Certificates, makeCertificates } from "./certificates.ts";
import { RegistryGate } from "./registry_gate.ts";
import { testPorts } from "./test_ports.ts";
import { until } from "./until.ts";

/** Who may do everything; the password is like no other word of a log. */
export const account = { username: "trader", password: "pw-6vQ9-zK1x8" } as const;
/** Who may do nothing in Kafka until they are given rights; the password is the same. */
const roles = ["provision", "produce", "process"] as const;
const keystorePassword = "keystore-4Tz8";

const startMsMax = 120_000;
const pollMs = 200;

/** What the broker's listeners want, by name; one more is for the controller. */
const listeners = {
  PLAINTEXT: "PLAINTEXT",
  SSL: "SSL",
  SASL_SSL: "SASL_SSL",
  SASL_PLAINTEXT: "SASL_PLAINTEXT",
  /** Knows no other way to log in. */
  SCRAM_ONLY: "SASL_SSL",
} as const;
export type Listener = keyof typeof listeners;
const listenerNames = Object.keys(listeners);

/** A service that was started. */
export interface Running {
  readonly ports: Readonly<Record<string, number>>;
  readonly process: ProcessHandle;
  readonly log: string;
}

/**
 * Kafka, Cassandra and a registry that let nobody in without a password, over TLS, on the local
 * Java. Apicurio has no basic authentication of its own here: `RegistryGate` stands before it.
 *
 * Owner: the test; disposing ends the services and removes their folder, keys included.
 */
export class SecureServices implements AsyncDisposable {
  readonly certificates: Certificates;
  readonly #kafka: Running;
  readonly #cassandra: Running;
  readonly #gate: RegistryGate;
  readonly #owned: AsyncDisposableStack;

  private constructor(
    parts: { certificates: Certificates; kafka: Running; cassandra: Running; gate: RegistryGate },
    owned: AsyncDisposableStack,
  ) {
    this.certificates = parts.certificates;
    this.#kafka = parts.kafka;
    this.#cassandra = parts.cassandra;
    this.#gate = parts.gate;
    this.#owned = owned;
  }

  /** @param registryUrl Of a registry that lets everybody in. */
  static async start(registryUrl: string): Promise<SecureServices> {
    const folder = await Deno.makeTempDir({ prefix: "market-secure-" });
    await using owned = new AsyncDisposableStack();
    owned.defer(() => Deno.remove(folder, { recursive: true }));
    const certificates = await makeCertificates(folder, keystorePassword);
    const gate = owned.use(await RegistryGate.open({ registryUrl, certificates, account }));
    const kafka = await launchKafka(folder, certificates);
    owned.defer(() => killProcess(kafka.process, systemClock));
    const cassandra = await launchCassandra(folder, certificates);
    owned.defer(() => killProcess(cassandra.process, systemClock));
    const services = new SecureServices({ certificates, kafka, cassandra, gate }, owned.move());
    try {
      await services.#untilUp();
      return services;
    } catch (error) {
      const logs = [kafka.log, cassandra.log].map((log) => lastLines(log, 20)).join("\n");
      await services[Symbol.asyncDispose]();
      throw new Error(`Cannot start secure services\n${logs}`, { cause: error });
    }
  }

  /** `host:port` of one of the broker's listeners. */
  broker(listener: Listener): string {
    return `127.0.0.1:${this.#kafka.ports[listener]}`;
  }

  get cassandraPort(): number {
    return this.#cassandra.ports["client"] ?? 0;
  }

  get registryUrl(): string {
    return this.#gate.url;
  }

  /** The settings of the pipeline's programs. */
  get environment(): Readonly<Record<string, string>> {
    const { authority } = this.certificates;
    return {
      KAFKA_URL: this.broker("SASL_SSL"),
      KAFKA_SECURITY_PROTOCOL: "SASL_SSL",
      KAFKA_SASL_MECHANISM: "SCRAM-SHA-512",
      KAFKA_USERNAME: account.username,
      KAFKA_PASSWORD: account.password,
      KAFKA_CA_FILE: authority,
      SCHEMA_REGISTRY_URL: this.registryUrl,
      SCHEMA_REGISTRY_USERNAME: account.username,
      SCHEMA_REGISTRY_PASSWORD: account.password,
      SCHEMA_REGISTRY_CA_FILE: authority,
      CASSANDRA_HOST: "127.0.0.1",
      CASSANDRA_PORT: String(this.cassandraPort),
      CASSANDRA_DATACENTER,
      CASSANDRA_USERNAME: account.username,
      CASSANDRA_PASSWORD: account.password,
      CASSANDRA_TLS: "true",
      CASSANDRA_CA_FILE: authority,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#owned.disposeAsync();
  }

  async #untilUp(): Promise<void> {
    const authority = await Deno.readTextFile(this.certificates.authority);
    await Promise.all([
      retried(() => connectTo(this.broker("PLAINTEXT"))),
      retried(() => addAccount(this.cassandraPort, authority)),
    ]);
  }
}

/** Starts a service on the local Java, changed as a test wants it. */
export async function launch(
  definition: ServiceDefinition,
  folder: string,
  more: {
    readonly ports: readonly string[];
    readonly heap: string;
    readonly secured: (plan: LaunchPlan, request: LaunchRequest) => LaunchPlan;
  },
): Promise<Running> {
  const settings = defaultSettings(folder, Deno.env.toObject());
  const { command } = await findJava(settings.javaHome);
  const lib = await ensureJars(definition, settings);
  const id = `${definition.name}-1`;
  const paths = { lib, config: join(folder, id, "config"), data: join(folder, id, "data") };
  const ports = choosePorts(
    more.ports.map((name) => ({ member: id, name, preferred: undefined })),
    testPorts,
  );
  const member = { id, service: definition.name, ports };
  const clusterId = newClusterId(systemRandom);
  const request = { member, peers: [member], paths, heap: more.heap, clusterId, quickStart: true };
  const plan = more.secured(definition.plan(request), request);
  const log = join(folder, `${id}.log`);
  await Deno.mkdir(paths.config, { recursive: true });
  await Deno.mkdir(paths.data, { recursive: true });
  for (const [file, text] of Object.entries(plan.files)) await Deno.writeTextFile(file, text);
  if (plan.prepare !== undefined) await run(command, plan.prepare);
  return {
    ports,
    log,
    process: await spawnDetached({ command, args: plan.args, cwd: paths.data, log }),
  };
}

/**
 * Waits until a service serves.
 *
 * @throws {Error} With the end of its log, if its process ends before or the time has passed.
 */
export async function untilServing(
  { process, log }: Running,
  serves: () => Promise<boolean>,
  { what, msMax }: { readonly what: string; readonly msMax: number },
): Promise<void> {
  const told = (state: string) => `${state}; the end of ${log} is\n${lastLines(log, 40)}`;
  const holds = async () => {
    if (await serves()) return true;
    if (await isRunning(process)) return false;
    throw new Error(told(`${what} is not to come: its process has ended`));
  };
  await until(holds, { what: () => told(what), msMax });
}

async function run(command: string, args: readonly string[]): Promise<void> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args: [...args] }).output();
  const text = new TextDecoder();
  if (!success) throw new Error(`${text.decode(stdout)}${text.decode(stderr)}`);
}

async function launchKafka(folder: string, certificates: Certificates): Promise<Running> {
  return await launch(kafkaOf(kafkaVersions.current), folder, {
    ports: ["controller", ...listenerNames],
    heap: "384m",
    secured: (plan, { member }) => ({
      ...plan,
      files: mapValues(
        plan.files,
        (file, text) =>
          file.endsWith("server.properties")
            ? text + brokerSecurity(member.ports, certificates)
            : text,
      ),
      prepare: [...plan.prepare ?? [], ...scramUsers()],
    }),
  });
}

function mapValues(
  files: Readonly<Record<string, string>>,
  change: (file: string, text: string) => string,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(files).map(([file, text]) => [file, change(file, text)]),
  );
}

function scramUsers(): string[] {
  const { username, password } = account;
  return [username, ...roles].flatMap((name) =>
    ["SCRAM-SHA-256", "SCRAM-SHA-512"].flatMap((mechanism) => [
      "--add-scram",
      `${mechanism}=[name="${name}",password="${password}"]`,
    ])
  );
}

/** Later lines of a properties file win. */
function brokerSecurity(
  ports: Readonly<Record<string, number>>,
  { keystore }: Certificates,
): string {
  const addresses = listenerNames.map((name) => `${name}://127.0.0.1:${ports[name]}`);
  const { username, password } = account;
  const plain = "org.apache.kafka.common.security.plain.PlainLoginModule required " +
    `user_${username}="${password}";`;
  const scram = "org.apache.kafka.common.security.scram.ScramLoginModule required;";
  const lines = {
    "listeners": [...addresses, `CONTROLLER://127.0.0.1:${ports["controller"]}`].join(","),
    "advertised.listeners": addresses.join(","),
    "listener.security.protocol.map": [
      "CONTROLLER:PLAINTEXT",
      ...Object.entries(listeners).map(([name, protocol]) => `${name}:${protocol}`),
    ].join(","),
    "inter.broker.listener.name": "PLAINTEXT",
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    // The broker itself, and what comes without a login, as the tests' own first question.
    "super.users": `User:${username};User:ANONYMOUS`,
    "ssl.keystore.type": "PKCS12",
    "ssl.keystore.location": keystore,
    "ssl.keystore.password": keystorePassword,
    // Shorter than what kafkajs allows for: every connection logs in again while it is used.
    "connections.max.reauth.ms": "4000",
    "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512",
    "listener.name.scram_only.sasl.enabled.mechanisms": "SCRAM-SHA-512",
    ...Object.fromEntries(["sasl_ssl", "sasl_plaintext", "scram_only"].flatMap((listener) => [
      [`listener.name.${listener}.plain.sasl.jaas.config`, plain],
      [`listener.name.${listener}.scram-sha-256.sasl.jaas.config`, scram],
      [`listener.name.${listener}.scram-sha-512.sasl.jaas.config`, scram],
    ])),
  };
  return Object.entries(lines).map(([name, value]) => `${name}=${escaped(value)}\n`).join("");
}

/** Properties files are Latin-1 with escapes. */
function escaped(text: string): string {
  return text.replace(
    /[^\x20-\x7e]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

async function launchCassandra(folder: string, { keystore }: Certificates): Promise<Running> {
  const secure = {
    authenticator: "PasswordAuthenticator",
    authorizer: "CassandraAuthorizer",
    client_encryption_options: {
      enabled: true,
      optional: false,
      keystore,
      keystore_password: keystorePassword,
      store_type: "PKCS12",
      require_client_auth: false,
    },
  };
  const yaml = Object.entries(secure).map(([name, value]) => `${name}: ${JSON.stringify(value)}\n`);
  return await launch(cassandra, folder, {
    ports: ["client", "storage"],
    heap: "768m",
    secured: (plan) => ({
      ...plan,
      files: mapValues(
        plan.files,
        (file, text) => file.endsWith("cassandra.yaml") ? text + yaml.join("") : text,
      ),
    }),
  });
}

/** With the first user of every Cassandra, whose password is known to all. */
async function addAccount(port: number, authority: string): Promise<void> {
  const client = new Client({
    contactPoints: ["127.0.0.1"],
    protocolOptions: { port },
    localDataCenter: CASSANDRA_DATACENTER,
    authProvider: new auth.PlainTextAuthProvider("cassandra", "cassandra"),
    sslOptions: { ca: [authority], host: "127.0.0.1", rejectUnauthorized: true },
  });
  try {
    const { username, password } = account;
    await client.execute(
      `CREATE ROLE IF NOT EXISTS ${username} WITH PASSWORD = '${password}' AND LOGIN = true ` +
        "AND SUPERUSER = true",
    );
  } finally {
    await client.shutdown();
  }
}

async function connectTo(address: string): Promise<void> {
  const [hostname = "", port] = address.split(":");
  (await Deno.connect({ hostname, port: Number(port) })).close();
}

async function retried(work: () => Promise<void>): Promise<void> {
  const endMs = systemClock.monotonicMs() + startMsMax;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (systemClock.monotonicMs() > endMs) throw error;
      await systemClock.sleep(pollMs);
    }
  }
}
