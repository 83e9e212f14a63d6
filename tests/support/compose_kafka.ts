import { exists } from "../../scripts/lib/exists.ts";
import { join } from "node:path";
import { Kafka, logLevel } from "kafkajs";
import { assert } from "../../src/base/assert.ts";
import { root } from "../../scripts/lib/source_files.ts";
import { definitionOf } from "../../scripts/services/catalogue.ts";
import { findJava, type Java, QUICK_START } from "../../scripts/services/java.ts";
import { ensureJars } from "../../scripts/services/maven.ts";
import { choosePorts } from "../../scripts/services/ports.ts";
import { lastLines } from "../../scripts/services/log_tail.ts";
import { defaultSettings } from "../../scripts/services/settings.ts";
import { isRunnable } from "./command.ts";
import type { ComposeService } from "./compose_file.ts";
import type { ComposeLogins } from "./compose_logins.ts";
import { testPorts } from "./test_ports.ts";

/** Longest time from a start to a healthy node, ms. */
const healthyMsMax = 180_000;

/**
 * The Kafka nodes of the compose file as processes of this machine: the same settings, with each
 * `name:port` of its network moved to a port of the loopback interface.
 *
 * Owner: the test; disposing kills what still runs.
 */
export class ComposeKafka implements AsyncDisposable {
  readonly #nodes: ReadonlyMap<string, Node>;
  readonly #addresses: ReadonlyMap<string, string>;
  readonly #java: Java;
  readonly #lib: string;
  readonly #logins: ComposeLogins;

  private constructor(nodes: readonly Node[], java: Java, lib: string, logins: ComposeLogins) {
    this.#logins = logins;
    this.#nodes = new Map(nodes.map((node) => [node.name, node]));
    this.#addresses = new Map(
      nodes.flatMap(({ name, ports }) =>
        Object.entries(ports).map(([port, own]): [string, string] => [
          `${name}:${port}`,
          `127.0.0.1:${own}`,
        ])
      ),
    );
    this.#java = java;
    this.#lib = lib;
  }

  /** Starts every node and waits until its own health check is content. */
  static async start(
    services: Readonly<Record<string, ComposeService>>,
    folder: string,
    logins: ComposeLogins,
  ): Promise<ComposeKafka> {
    const settings = defaultSettings(join(root, ".services"), Deno.env.toObject());
    const lib = await ensureJars(definitionOf("kafka", settings), settings);
    const nodes = Object.entries(services).filter(([name]) => name.startsWith("kafka-"))
      .map(([name, service]) => nodeOf(name, service, folder));
    const kafka = new ComposeKafka(nodes, await findJava(settings.javaHome), lib, logins);
    try {
      await Promise.all(kafka.names.map((name) => kafka.startNode(name)));
      return kafka;
    } catch (error) {
      await kafka[Symbol.asyncDispose]();
      throw error;
    }
  }

  get names(): readonly string[] {
    return [...this.#nodes.keys()];
  }

  /** Puts this machine's addresses in the place of those of the network. */
  local(text: string): string {
    let moved = text;
    for (const [address, own] of this.#addresses) moved = moved.replaceAll(address, own);
    return moved;
  }

  /** Starts a node that does not run, on the data it has; waits until it is healthy. */
  async startNode(name: string): Promise<void> {
    const node = this.#node(name);
    const file = join(node.folder, "server.properties");
    if (!await exists(file)) await this.#format(node, file);
    const log = await Deno.open(join(node.folder, "log"), { create: true, append: true });
    const child = this.#run(node, ["kafka.Kafka", file]);
    void child.stdout.pipeTo(log.writable);
    node.child = child;
    await healthy(node, this.#logins.folderOf(node.service));
  }

  /** Ends a node without a chance to tidy up. */
  async kill(name: string): Promise<void> {
    const { child } = this.#node(name);
    child?.kill("SIGKILL");
    await child?.status;
  }

  /** Partitions that have not all their copies, Kafka's own included. */
  async outOfSync(): Promise<string[]> {
    const brokers = ["kafka-0:9092", "kafka-1:9092"].map((address) => this.local(address));
    const sasl = { mechanism: "plain", ...this.#logins.kafka("access") } as const;
    const admin = new Kafka({ brokers, sasl, logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    try {
      const { topics } = await admin.fetchTopicMetadata();
      return topics.flatMap(({ name, partitions }) =>
        partitions.filter(({ isr, replicas }) => isr.length < replicas.length)
          .map(({ partitionId, isr }) => `${name}-${partitionId} on ${isr.join("+")}`)
      );
    } finally {
      await admin.disconnect();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.names.map(async (name) => {
      const { child } = this.#node(name);
      try {
        child?.kill("SIGKILL");
      } catch (error) {
        if (!(error instanceof TypeError)) throw error; // it has ended
      }
      await child?.status;
    }));
  }

  async #format(node: Node, file: string): Promise<void> {
    await Deno.mkdir(node.folder, { recursive: true });
    await Deno.writeTextFile(file, this.local(propertiesText(node)));
    const id = String(node.service.environment?.["CLUSTER_ID"]);
    const child = this.#run(node, ["kafka.tools.StorageTool", "format", "-t", id, "-c", file]);
    const { success, stdout } = await child.output();
    assert(success, new TextDecoder().decode(stdout));
  }

  #run({ service }: Node, args: readonly string[]): Deno.ChildProcess {
    const { KAFKA_HEAP_OPTS, KAFKA_OPTS } = service.environment ?? {};
    const options = `${KAFKA_HEAP_OPTS} ${KAFKA_OPTS}`
      .replace("/login/", `${this.#logins.folderOf(service)}/`).split(" ");
    return new Deno.Command(this.#java.command, {
      args: [...QUICK_START, ...options, "-cp", join(this.#lib, "*"), ...args],
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).spawn();
  }

  #node(name: string): Node {
    const node = this.#nodes.get(name);
    assert(node, `${name} is not in the compose file`);
    return node;
  }
}

interface Node {
  readonly name: string;
  readonly service: ComposeService;
  readonly folder: string;
  /** Port of this machine by port of the container. */
  readonly ports: Readonly<Record<string, number>>;
  child: Deno.ChildProcess | undefined;
}

function nodeOf(name: string, service: ComposeService, parent: string): Node {
  const listeners = String(service.environment?.["KAFKA_LISTENERS"]);
  const wishes = [...listeners.matchAll(/:(\d+)/g)]
    .map(([, port = ""]) => ({ member: name, name: port, preferred: undefined }));
  const ports = choosePorts(wishes, testPorts);
  return { name, service, folder: join(parent, name), ports, child: undefined };
}

/** On the loopback interface and in a folder of the test. */
function propertiesText({ service, folder, ports }: Node): string {
  return kafkaProperties(service, { "log.dirs": join(folder, "data") })
    .replaceAll(/:\/\/:(\d+)/g, (_, port) => `://127.0.0.1:${ports[port]}`)
    .replaceAll(
      /HOST:\/\/127\.0\.0\.1:(\d+)/g,
      (all, port) => ports[port] === undefined ? all : `HOST://127.0.0.1:${ports[port]}`,
    );
}

/** `server.properties` as the image's entry point makes it of the variables. */
export function kafkaProperties(
  { environment = {} }: ComposeService,
  others: Readonly<Record<string, string>> = {},
): string {
  const lines = Object.entries(environment)
    .filter(([variable]) => variable.startsWith("KAFKA_") && !variable.endsWith("_OPTS"))
    .map(([variable, value]): [string, string] => [propertyOf(variable), String(value)]);
  const properties = Object.entries({ ...Object.fromEntries(lines), ...others });
  return properties.map(([key, value]) => `${key}=${value}\n`).join("");
}

/** `KAFKA_A_B` is the property `a.b`. */
function propertyOf(variable: string): string {
  return variable.slice("KAFKA_".length).toLowerCase().replaceAll("_", ".");
}

/** Asks the node by the health check of its own service. */
async function healthy({ name, service, ports, folder }: Node, login: string): Promise<void> {
  const [, shell = "", script = "", port = "", ...rest] = service.healthcheck?.test ?? [];
  const path = join(root, "compose", script);
  const advertised = rest.map((word) =>
    word === name ? "127.0.0.1" : word.replace("/login", login)
  );
  const deadline = performance.now() + healthyMsMax;
  while (!await isRunnable(shell, [path, String(ports[port]), ...advertised])) {
    if (performance.now() > deadline) {
      throw new Error(
        `${name} is not healthy; its log ends\n${lastLines(join(folder, "log"), 40)}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
