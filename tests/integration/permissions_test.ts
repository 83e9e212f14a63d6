/** What the programs may do once they have read their settings, and with their hosts named. */
import assert from "node:assert/strict";
import { programs } from "../../src/app/programs.ts";
import { outputOf } from "../support/command.ts";
import { kafkaBrokers } from "../support/kafka_harness.ts";
import { type MarketRun, marketRun } from "../support/market_run.ts";
import type { TaskAnswer } from "../support/process_instance.ts";
import { Program } from "../support/program.ts";
import { writeRecording } from "../support/recordings.ts";
import { trespasses } from "../support/trespasser.ts";
import { until } from "../support/until.ts";

const ignore = kafkaBrokers().length === 0;
const msMax = 30_000;

/** The hosts of these settings, as an operator names them. */
function hostsOf(env: Readonly<Record<string, string>>): string[] {
  const { KAFKA_URL = "", SCHEMA_REGISTRY_URL = "", FINHUB_API_URL = "" } = env;
  const urls = [SCHEMA_REGISTRY_URL, FINHUB_API_URL].map((url) => new URL(url).host);
  const nodes = `${env["CASSANDRA_HOST"]}:${env["CASSANDRA_PORT"]}`;
  return [...KAFKA_URL.split(","), ...urls, nodes, "127.0.0.1:0"];
}

async function isReady(page: string): Promise<boolean> {
  const response = await fetch(`${page}/readyz`).catch(() => undefined);
  await response?.body?.cancel();
  return response?.status === 200;
}

async function itemsRead(page: string): Promise<number> {
  const { tasks }: { tasks: TaskAnswer[] } = await (await fetch(`${page}/api/tasks`)).json();
  return tasks.reduce((sum, { counts }) => sum + counts.read, 0);
}

/** One thing that a program has asked its permissions for. */
interface Asked {
  readonly permission: string;
  readonly value?: string;
}

/** What a program has asked for beyond its variables, its own folder and hosts, and LevelDB. */
async function beyond(audit: string, own: string, hosts: readonly string[]): Promise<Asked[]> {
  const { npmCache } = JSON.parse(await outputOf(Deno.execPath(), ["info", "--json"]));
  const isBelow = (value: string, folders: readonly string[]) =>
    folders.some((folder) => value === folder || value.startsWith(`${folder}/`));
  const expected: Readonly<Record<string, (value: string) => boolean>> = {
    // What is no setting is answered as if it were not there.
    env: () => true,
    sys: (value) => value === "umask",
    // How the loader of native code tells musl from glibc; and what lies above the own folder.
    read: (value) =>
      value === "/etc/alpine-release" || isBelow(value, [own, npmCache]) ||
      isBelow(own, [value.replace(/\/$/, "")]),
    write: (value) => isBelow(value, [own]),
    ffi: (value) => isBelow(value, [`${npmCache}/registry.npmjs.org/classic-level`]),
    net: (value) => hosts.includes(URL.parse(value)?.host || value),
  };
  const lines = (await Deno.readTextFile(audit)).trim().split("\n");
  const asked: Asked[] = lines.map((line) => JSON.parse(line));
  assert(asked.some(({ permission }) => permission === "ffi"));
  return asked.filter(({ permission, value = "" }) => !expected[permission]?.(value));
}

async function feedUrl({ recording, pipeline }: MarketRun, closing: AsyncDisposableStack) {
  const args = ["--replay", recording.path, "--speed", "max", "--port", "0"];
  const feed = closing.use(new Program("feed", { args, env: pipeline.environment }));
  return String((await feed.line("Serving Finnhub's protocol"))["FINHUB_API_URL"]);
}

Deno.test({
  name: "produce and process ask for nothing but what is theirs, and no hosts but the named",
  ignore,
  async fn() {
    await using closing = new AsyncDisposableStack();
    const run = closing.use(
      await marketRun((folder) =>
        writeRecording(`${folder}/frames.jsonl`, { frames: 300, seed: 3 })
      ),
    );
    await run.pipeline.provision();
    const { environment } = run.pipeline;
    const env = { ...environment, FINHUB_API_URL: await feedUrl(run, closing) };
    const hosts = hostsOf(env);
    const audits = ["produce", "process"].map((name) => `${run.recording.path}.${name}`);
    const [producer, processor] = (["produce", "process"] as const).map((name, index) => {
      const audit = { DENO_AUDIT_PERMISSIONS: audits[index] ?? "" };
      return closing.use(new Program(name, { env: { ...env, ...audit }, hosts }));
    });
    assert(producer && processor);
    const page = String((await processor.line("Processing"))["page"]);
    await until(() => isReady(page), { what: "process is ready", msMax });
    const isRead = async () => await itemsRead(page) >= run.recording.trades;
    await until(isRead, {
      what: async () => `${run.recording.trades} trades: ${await itemsRead(page)}`,
      msMax,
    });
    assert.equal(await producer.stop(), 0);
    assert.equal(await processor.stop(), 0);
    for (const [index, own] of [environment["SPOOL_DIR"], environment["STATE_DIR"]].entries()) {
      assert.deepEqual(await beyond(audits[index] ?? "", own ?? "", hosts), []);
    }
  },
});

Deno.test({
  name: "produce with its hosts named cannot reach another",
  ignore,
  async fn() {
    await using closing = new AsyncDisposableStack();
    const run = closing.use(
      await marketRun((folder) => writeRecording(`${folder}/frames.jsonl`, { frames: 1, seed: 3 })),
    );
    const env = { ...run.pipeline.environment, FINHUB_API_URL: await feedUrl(run, closing) };
    const hosts = hostsOf(env);
    const elsewhere = { ...env, SCHEMA_REGISTRY_URL: "http://127.0.0.1:19998" };
    const producer = closing.use(new Program("produce", { env: elsewhere, hosts }));
    const { problem } = await producer.line("Records cannot be appended");
    assert.match(String(problem), /Requires net access to "127.0.0.1:19998"/);
  },
});

/** Their brokers and nodes are named by a cluster, so their tasks leave hosts open. */
const clustered = ["produce", "process", "provision"];

const may = Deno.permissions.querySync({ name: "run" }).state === "granted";

for (
  const [variable, value, allowed] of [
    ["FINHUB_API_URL", "wss://feed.example?token=", "feed.example:443"],
    ["HTTP_HOST", "127.0.0.2", "127.0.0.2"],
    ["HTTP_HOST", "[2001:db8::1]", "[2001:db8::1]"],
  ] as const
) {
  Deno.test({
    name: `start refuses ${variable}=${value}, which its task may not open, and names the flag`,
    ignore: !may,
    async fn() {
      const env = { FINHUB_SECRET_KEY: "key", HTTP_OPEN: "true", [variable]: value };
      await using start = new Program("start", { env });
      assert.equal(await start.ended(), 2);
      const [text = ""] = start.log.map(({ message }) => message);
      assert(text.includes(variable) && text.includes(`--allow-net=${allowed},`), text);
    },
  });
}

for (const { name } of programs) {
  Deno.test({
    name: `${name} gives up everything that its settings do not name`,
    ignore: !may,
    async fn() {
      const folder = await Deno.makeTempDir({ prefix: "leave-" });
      await using closing = new AsyncDisposableStack();
      closing.defer(() => Deno.remove(folder, { recursive: true }));
      const writes = ["produce", "process"].includes(name) ? ["write its own folder"] : [];
      const hosts = clustered.includes(name)
        ? ["open a host that is not named", "connect to a host that is not named"]
        : [];
      assert.deepEqual(await trespasses(name, folder), [...writes, ...hosts]);
    },
  });
}
