/**
 * What the compose file starts, as processes of this machine: Kafka's three nodes with its settings,
 * and each program in a folder that holds what its image holds, with its launcher and exactly its
 * environment. Under load, each Kafka node is killed and comes back.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import composeText from "../../compose/compose.yaml" with { type: "text" };
import { isRunnable } from "../support/command.ts";
import { environmentOf, parseComposeFile } from "../support/compose_file.ts";
import { ComposeKafka } from "../support/compose_kafka.ts";
import { CommitGaps, tasksAt } from "../support/commit_gaps.ts";
import { root } from "../../scripts/lib/source_files.ts";
import { makeImage } from "../support/image.ts";
import { Program, type ProgramName } from "../support/program.ts";
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
const msMax = 30_000;

/** Starts the program of a service as its container does. */
function run(service: string, program: ProgramName, world: World, args: string[] = []): Program {
  const definition = services[service];
  assert(definition);
  const given = environmentOf(definition, world.dotEnv);
  const env = Object.entries(given).map(([name, value]) => [name, world.local(value)]);
  return new Program(program, { image: world.image, args, env: Object.fromEntries(env) });
}

/** Where the containers' world is on this machine. */
interface World {
  readonly image: string;
  /** What `.env` sets: names of this run. */
  readonly dotEnv: Readonly<Record<string, string>>;
  local(text: string): string;
}

function worldOf(kafka: ComposeKafka, real: RealServices, image: string): World {
  const name = crypto.randomUUID().slice(0, 8);
  const places: [from: string, to: string][] = [
    ["http://schema-registry:8081", real.registryUrl],
    ["/data/", `${image}/data/`],
    // The host goes with its port only in KAFKA_URL; these stand alone.
    ["0.0.0.0", "127.0.0.1"],
  ];
  return {
    image,
    dotEnv: {
      APPLICATION_ID: `a-${name}`,
      TOPIC_KAFKA: `t-${name}`,
      CASSANDRA_KEYSPACE: `k_${name}`,
    },
    local(text) {
      if (text === "cassandra") return real.cassandraHost;
      if (text === "9042") return String(real.cassandraPort);
      if (text === "8080" || text === "8082") return "0";
      return kafka.local(places.reduce((moved, [from, to]) => moved.replaceAll(from, to), text));
    },
  };
}

/** Asks by the script that is the containers' health check. */
async function answers(url: unknown, path: string, status = "200"): Promise<boolean> {
  const { port } = new URL(String(url));
  return await isRunnable("/bin/bash", [join(root, "compose/health/http.sh"), port, path, status]);
}

Deno.test({
  name: "compose's programs and Kafka nodes lose nothing when each node is killed under load",
  ignore,
  async fn(t) {
    const folder = await Deno.makeTempDir({ prefix: "containers-" });
    await makeImage(folder, ["produce", "process", "provision", "feed"]);
    await using real = await realServices({ registry: true, cassandra: true });
    await using kafka = await ComposeKafka.start(services, folder);
    const world = worldOf(kafka, real, folder);

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
      await until(() => answers(page, "/readyz"), { what: "process is ready", msMax });
      await until(() => answers(metrics, "/readyz"), { what: "produce is ready", msMax });
      assert(await answers(FINHUB_API_URL, "/?token=health", "426"));
      assert(!await answers(page, "/nothing"));
    });

    await using gaps = new CommitGaps(() => tasksAt(String(page)), 2);
    for (const name of kafka.names) {
      await t.step(`${name} is killed and comes back`, async () => {
        await gaps.commitsAfter(Date.now(), gapMsMax);
        const before = Date.now();
        await kafka.kill(name);
        await gaps.commitsAfter(before, gapMsMax);
        await kafka.startNode(name);
        await until(() => kafka.isInSync(), { what: "each partition has its copies again", msMax });
        const longestMs = gaps.longestSince(before);
        say(`${name} killed: longest time between two commits of a partition ${longestMs} ms`);
        assert(longestMs < gapMsMax, `${longestMs} ms`);
      });
    }

    await t.step("every trade that the feed sent is counted once", async () => {
      assert.equal(await feed.stop(), 0);
      const { trades } = await feed.line("Stopped serving");
      const isRead = async () => await gaps.items() >= Number(trades);
      await until(isRead, { what: "all is read", msMax });
      assert.equal(await gaps.items(), trades);
      say(`${trades} trades sent, ${trades} counted`);
      assert.equal(await produce.stop(), 0);
      assert.equal(await process.stop(), 0);
    });
    await Deno.remove(folder, { recursive: true });
  },
});
