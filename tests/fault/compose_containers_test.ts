/**
 * What the compose file starts, as processes of this machine: Kafka's three nodes and Cassandra with
 * its settings, and each program in a folder that holds what its image holds, with its launcher, its
 * login and exactly its environment. What a role must not do is refused. Under load, each Kafka node
 * is killed and comes back.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import composeText from "../../compose/compose.yaml" with { type: "text" };
import { isRunnable } from "../support/command.ts";
import { systemClock } from "../../src/base/clock.ts";
import { cassandra } from "../../scripts/services/cassandra.ts";
import { killProcess } from "../../scripts/services/process.ts";
import { environmentOf, parseComposeFile } from "../support/compose_file.ts";
import { ComposeKafka } from "../support/compose_kafka.ts";
import { ComposeLogins } from "../support/compose_logins.ts";
import { refuseEverything } from "../support/compose_refusals.ts";
import { CommitGaps, tasksAt } from "../support/commit_gaps.ts";
import { root } from "../../scripts/lib/source_files.ts";
import { makeImage } from "../support/image.ts";
import { Program, type ProgramName } from "../support/program.ts";
import { launch, type Running, untilServing } from "../support/secure_services.ts";
import { say } from "../support/say.ts";
import { type RealServices, realServices, serviceAvailability } from "../support/services.ts";
import { until } from "../support/until.ts";

const { services } = parseComposeFile(composeText);
const availability = await serviceAvailability();
const ignore = !availability.available && Deno.env.get("REQUIRE_SERVICES") !== "1";

/** A killed broker is noticed after 5 s; then come an election, retries and a commit. */
const gapMsMax = 20_000;
const tradesPerSecond = "200";
/** Longest wait for a program or a node, ms. */
const msMax = 60_000;
/** The same for Cassandra, which starts slowly where others work. */
const cassandraMsMax = 120_000;

/** Starts the program of a service as its container does. */
function run(service: string, program: ProgramName, world: World, args: string[] = []): Program {
  const definition = services[service];
  assert(definition);
  const given = environmentOf(definition, world.dotEnv);
  const local = (text: string) => {
    if (!text.startsWith("/login/")) return world.local(text);
    return text.replace("/login", world.logins.folderOf(definition));
  };
  const env = Object.entries(given).map(([name, value]) => [name, local(value)]);
  const options = { args: args.map(local), env: Object.fromEntries(env) };
  return new Program(program, { image: world.image, ...options });
}

/** Where the containers' world is on this machine. */
interface World {
  readonly image: string;
  readonly logins: ComposeLogins;
  /** What `.env` sets: names of this run. */
  readonly dotEnv: Readonly<Record<string, string>>;
  local(text: string): string;
}

interface Parts {
  readonly kafka: ComposeKafka;
  readonly real: RealServices;
  readonly logins: ComposeLogins;
  readonly cassandraPort: number;
}

function worldOf({ kafka, real, logins, cassandraPort }: Parts, image: string): World {
  const name = crypto.randomUUID().slice(0, 8);
  const places: [from: string, to: string][] = [
    ["http://schema-registry:8081", real.registryUrl],
    ["/data/", `${image}/data/`],
    // The host goes with its port only in KAFKA_URL; these stand alone.
    ["0.0.0.0", "127.0.0.1"],
  ];
  return {
    image,
    logins,
    dotEnv: {
      APPLICATION_ID: `a-${name}`,
      TOPIC_KAFKA: `t-${name}`,
      CASSANDRA_KEYSPACE: `k_${name}`,
    },
    local(text) {
      if (text === "cassandra") return "127.0.0.1";
      if (text === "9042") return String(cassandraPort);
      if (text === "8080" || text === "8082") return "0";
      return kafka.local(places.reduce((moved, [from, to]) => moved.replaceAll(from, to), text));
    },
  };
}

/**
 * Starts Cassandra with the options of its container, and waits until its health check is content.
 * One that does not come up is started again, once and with its log shown: that says nothing about
 * the programs.
 */
async function startCassandra(folder: string, closing: AsyncDisposableStack): Promise<Running> {
  const { environment, healthcheck } = services["cassandra"] ?? {};
  const options = String(environment?.["JVM_EXTRA_OPTS"]).trim().split(/\s+/);
  const [, shell = "", script = ""] = healthcheck?.test ?? [];
  const start = async (attempt: string) => {
    const running = await launch(cassandra, join(folder, attempt), {
      ports: ["client", "storage"],
      heap: "768m",
      secured: (plan) => ({ ...plan, args: [...options, ...plan.args] }),
    });
    closing.defer(() => killProcess(running.process, systemClock));
    const check = [join(root, "compose", script), String(running.ports["client"])];
    const wait = { what: "Cassandra answers", msMax: cassandraMsMax };
    await untilServing(running, () => isRunnable(shell, check), wait);
    return running;
  };
  try {
    return await start("first");
  } catch (error) {
    say(String(error));
    return await start("second");
  }
}

/** Asks by the script that is the containers' health check. */
async function answers(url: unknown, path: string, status = "200"): Promise<boolean> {
  const { port } = new URL(String(url));
  return await isRunnable("/bin/bash", [join(root, "compose/health/http.sh"), port, path, status]);
}

/** What it says of itself, or why it says nothing. */
async function readinessAt(url: unknown): Promise<string> {
  try {
    return await (await fetch(`${url}/readyz`)).text();
  } catch (error) {
    return String(error);
  }
}

/**
 * Waits until every partition has all its copies, as who takes a node out of service must: of a
 * partition with one copy in sync, the node that has it is the only one that may lead it, and
 * without that node the partition waits until it is back.
 */
async function untilInSync(kafka: ComposeKafka): Promise<void> {
  await until(async () => (await kafka.outOfSync()).length === 0, {
    what: async () => `copies of all partitions: ${(await kafka.outOfSync()).join(", ")}`,
    msMax,
  });
}

/** Kafka, Cassandra and a registry, with everybody's passwords. */
async function startServices(folder: string, closing: AsyncDisposableStack) {
  await makeImage(folder, ["produce", "process", "provision", "feed"]);
  const real = closing.use(await realServices({ registry: true }));
  const logins = await ComposeLogins.make(services["passwords"], folder);
  assert.match(logins.told, /password [0-9a-f]{32}\n/);
  const [kafka, { ports }] = await Promise.all([
    ComposeKafka.start(services, folder, logins).then((started) => closing.use(started)),
    startCassandra(folder, closing),
  ]);
  const cassandraPort = ports["client"] ?? 0;
  const world = worldOf({ kafka, real, logins, cassandraPort }, folder);
  const { APPLICATION_ID = "", TOPIC_KAFKA = "", CASSANDRA_KEYSPACE = "" } = world.dotEnv;
  const brokers = ["kafka-0:9092", "kafka-1:9092"].map((address) => kafka.local(address));
  const names = { topic: TOPIC_KAFKA, application: APPLICATION_ID, keyspace: CASSANDRA_KEYSPACE };
  return { world, kafka, place: { logins, brokers, cassandraPort, ...names } };
}

Deno.test({
  name: "compose's programs and Kafka nodes lose nothing when each node is killed under load",
  ignore,
  async fn(t) {
    const folder = await Deno.makeTempDir({ prefix: "containers-" });
    await using closing = new AsyncDisposableStack();
    closing.defer(() => Deno.remove(folder, { recursive: true }));
    const { world, kafka, place } = await startServices(folder, closing);
    await using access = run("access", "access", world, ["--passwords", "/login/passwords"]);
    assert.equal(await access.ended(), 0, JSON.stringify(access.log));
    await using provision = run("provision", "provision", world);
    assert.equal(await provision.ended(), 0, JSON.stringify(provision.log));
    const feedArgs = ["--port", "0", "--rate", tradesPerSecond];
    await using feed = run("feed", "feed", world, feedArgs);
    const { FINHUB_API_URL } = await feed.line("Serving Finnhub's protocol");
    const local = (text: string) =>
      world.local(text === "ws://feed:8765/?token=" ? String(FINHUB_API_URL) : text);
    await using process = run("process", "process", world);
    const { page } = await process.line("Processing");
    await using produce = run("produce-feed", "produce", { ...world, local });
    const { metrics } = await produce.line("Producing");

    await t.step("the health checks of all programs are content", async () => {
      const ready = (name: string, url: unknown) =>
        until(() => answers(url, "/readyz"), {
          what: async () => `${name} is ready: ${await readinessAt(url)}`,
          msMax,
        });
      await ready("process", page);
      await ready("produce", metrics);
      assert(await answers(FINHUB_API_URL, "/?token=health", "426"));
      assert(!await answers(page, "/nothing"));
    });

    await t.step("each role's forbidden act is refused", () => refuseEverything(place));

    await using gaps = new CommitGaps(
      [() => tasksAt(String(page))],
      2,
      () => [produce, process].map(({ log }) => JSON.stringify(log.slice(-8))).join("\n"),
    );
    for (const name of kafka.names) {
      await t.step(`${name} is killed and comes back`, async () => {
        await gaps.commitsAfter(Date.now(), msMax);
        await untilInSync(kafka);
        const before = Date.now();
        await kafka.kill(name);
        await gaps.commitsAfter(before, msMax);
        await kafka.startNode(name);
        await untilInSync(kafka);
        const longestMs = gaps.longestSince(before);
        say(`${name} killed: longest time between two commits of a partition ${longestMs} ms`);
        assert(longestMs < gapMsMax, `${longestMs} ms`);
      });
    }

    await t.step("every trade that the feed sent is counted once", async () => {
      assert.equal(await feed.stop(), 0);
      const { trades } = await feed.line("Stopped serving");
      const isRead = async () => await gaps.items() >= Number(trades);
      await until(isRead, { what: async () => `${trades} trades: ${await gaps.items()}`, msMax });
      assert.equal(await gaps.items(), trades);
      say(`${trades} trades sent, ${trades} counted`);
      assert.equal(await produce.stop(), 0);
      assert.equal(await process.stop(), 0);
    });
  },
});
