/** The programs with the leave that `deno task permissions` prints, and no more, on real services. */
import assert from "node:assert/strict";
import { kafkaBrokers } from "../support/kafka_harness.ts";
import { type MarketRun, marketRun } from "../support/market_run.ts";
import type { TaskAnswer } from "../support/process_instance.ts";
import { Program, type ProgramName } from "../support/program.ts";
import { writeRecording } from "../support/recordings.ts";
import { until } from "../support/until.ts";

const ignore = kafkaBrokers().length === 0;
const msMax = 30_000;

async function narrowCommand(
  name: ProgramName,
  env: Readonly<Record<string, string>>,
): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "-A", "scripts/permissions.ts", name],
    env,
  }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout).trim();
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
  name: "produce and process work with exactly the leave that their settings need",
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
    const command = await narrowCommand("produce", env);
    assert.match(command, /--allow-net=\S+ --allow-read=\S+ --allow-write=\S+ --allow-ffi=\S+ src/);
    const producer = closing.use(new Program("produce", { env, command }));
    const processor = closing.use(
      new Program("process", { env, command: await narrowCommand("process", env) }),
    );
    const page = String((await processor.line("Processing"))["page"]);
    await until(() => isReady(page), { what: "process is ready", msMax });
    const isRead = async () => await itemsRead(page) >= run.recording.trades;
    await until(isRead, { what: "every trade is read", msMax });
    assert.equal(await producer.stop(), 0);
    assert.equal(await processor.stop(), 0);
  },
});

Deno.test({
  name: "produce with that leave cannot reach a host that is not among its settings",
  ignore,
  async fn() {
    await using closing = new AsyncDisposableStack();
    const run = closing.use(
      await marketRun((folder) => writeRecording(`${folder}/frames.jsonl`, { frames: 1, seed: 3 })),
    );
    const env = { ...run.pipeline.environment, FINHUB_API_URL: await feedUrl(run, closing) };
    const command = await narrowCommand("produce", env);
    const elsewhere = { ...env, SCHEMA_REGISTRY_URL: "http://127.0.0.1:19998" };
    const producer = closing.use(new Program("produce", { env: elsewhere, command }));
    const { problem } = await producer.line("Records cannot be appended");
    assert.match(String(problem), /Requires net access to "127.0.0.1:19998"/);
  },
});
