/** What the programs may do once they have read their settings, and with their hosts named. */
import assert from "node:assert/strict";
import { programs } from "../../src/app/programs.ts";
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

async function feedUrl({ recording, pipeline }: MarketRun, closing: AsyncDisposableStack) {
  const args = ["--replay", recording.path, "--speed", "max", "--port", "0"];
  const feed = closing.use(new Program("feed", { args, env: pipeline.environment }));
  return String((await feed.line("Serving Finnhub's protocol"))["FINHUB_API_URL"]);
}

Deno.test({
  name: "produce and process work with no hosts but those of their settings",
  ignore,
  async fn() {
    await using closing = new AsyncDisposableStack();
    const run = closing.use(
      await marketRun((folder) =>
        writeRecording(`${folder}/frames.jsonl`, { frames: 300, seed: 3 })
      ),
    );
    await run.pipeline.provision();
    const env = { ...run.pipeline.environment, FINHUB_API_URL: await feedUrl(run, closing) };
    const hosts = hostsOf(env);
    const producer = closing.use(new Program("produce", { env, hosts }));
    const processor = closing.use(new Program("process", { env, hosts }));
    const page = String((await processor.line("Processing"))["page"]);
    await until(() => isReady(page), { what: "process is ready", msMax });
    const isRead = async () => await itemsRead(page) >= run.recording.trades;
    await until(isRead, { what: "every trade is read", msMax });
    assert.equal(await producer.stop(), 0);
    assert.equal(await processor.stop(), 0);
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

const may = Deno.permissions.querySync({ name: "run" }).state === "granted";

for (const { name } of programs) {
  Deno.test({
    name: `${name} gives up everything that its settings do not name`,
    ignore: !may,
    async fn() {
      const folder = await Deno.makeTempDir({ prefix: "leave-" });
      await using closing = new AsyncDisposableStack();
      closing.defer(() => Deno.remove(folder, { recursive: true }));
      const writes = ["produce", "process"].includes(name) ? ["write its own folder"] : [];
      assert.deepEqual(await trespasses(name, folder), writes);
    },
  });
}
