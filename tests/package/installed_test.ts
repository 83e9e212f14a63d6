/** The package as its users get it: a tarball, installed in an empty folder, in Node and in Bun. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { root } from "../../scripts/lib/source_files.ts";
import { decodeText, encodeText } from "../../src/base/text.ts";
import type { KafkaConnection } from "../../src/kafka/connection.ts";
import { readAll, uniqueName } from "../contract/log_harness.ts";
import { connectTestKafka, kafkaBrokers } from "../support/kafka_harness.ts";
import { until } from "../support/until.ts";

/** Current ones, exact, so that a run can be repeated. */
const runtimes = ["node@26.10.0", "bun@1.4.5"];
const partitions = [0, 1];
const lines = ["to be or not to be", "that is the question", "To sleep, perchance to dream"];
/** So many that a kill finds the job at work. */
const rounds = 10_000;

/** Runs a command to its end. */
async function run(command: string, args: readonly string[], cwd: string): Promise<void> {
  const child = new Deno.Command(command, { args: [...args], cwd, stdin: "null" });
  const { success, stderr } = await child.output();
  assert(success, `${command} ${args.join(" ")}: ${decodeText(stderr)}`);
}

/** A folder with the package and the runtimes. */
async function installed(): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "installed-" });
  const tarball = join(folder, "package.tgz");
  await run(Deno.execPath(), ["pack", "--allow-dirty", "-o", tarball], root);
  await Deno.writeTextFile(join(folder, "package.json"), '{ "private": true, "type": "module" }');
  await run("npm", ["install", "--no-audit", "--no-fund", tarball, ...runtimes], folder);
  return folder;
}

/** `docs/examples/word_count.ts` with topics, job and state of its own. */
class WordCount {
  readonly input: string;
  readonly output: string;
  readonly #folder: string;
  readonly #runtime: string;
  readonly #stem: string;

  constructor(folder: string, runtime: string) {
    this.#folder = folder;
    this.#runtime = runtime;
    this.#stem = uniqueName(runtime);
    this.input = `${this.#stem}-lines`;
    this.output = `${this.#stem}-counts`;
  }

  /** Owner: the test; disposing kills what still runs. */
  async start(): Promise<Deno.ChildProcess> {
    const text = await Deno.readTextFile(join(root, "docs/examples/word_count.ts"));
    const own = text.replace('"lines"', `"${this.input}"`).replace('"counts"', `"${this.output}"`)
      .replace('"word-count"', `"${this.#stem}"`);
    const file = join(this.#folder, `${this.#stem}.ts`);
    await Deno.writeTextFile(file, own);
    const args = [file, `${this.#stem}.state`, ...kafkaBrokers()];
    const command = join(this.#folder, "node_modules/.bin", this.#runtime);
    return new Deno.Command(command, { args, cwd: this.#folder, stdin: "null" }).spawn();
  }
}

async function writeLines(kafka: KafkaConnection, topic: string): Promise<void> {
  await using appender = kafka.appender();
  const [timestampMs, value] = [Date.now(), encodeText(lines.join("\n"))];
  const record = (_: unknown, round: number) => ({
    topic,
    partition: round % partitions.length,
    timestampMs,
    key: null,
    value,
  });
  await appender.append(Array.from({ length: rounds }, record));
}

/** What is counted after `rounds` so many times. */
function expected(times: number): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const word of lines.join("\n").toLowerCase().match(/\p{L}+/gu) ?? []) {
    counts.set(word, (counts.get(word) ?? 0) + rounds * times);
  }
  return counts;
}

/** The newest count of each word; no count may come twice, or after a greater one. */
async function counted(
  kafka: KafkaConnection,
  topic: string,
): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  if (await kafka.topicShape(topic) === undefined) return counts;
  for (const partition of partitions) {
    for (const { key, value } of await readAll(kafka.log(), { topic, partition })) {
      assert(key !== null && value !== null);
      const [word, count] = [decodeText(key) ?? "", Number(decodeText(value))];
      assert(count > (counts.get(word) ?? 0), `${word}: ${count} after ${counts.get(word)}`);
      counts.set(word, count);
    }
  }
  return counts;
}

function isSame(one: ReadonlyMap<string, number>, other: ReadonlyMap<string, number>): boolean {
  return one.size === other.size && [...one].every(([word, count]) => other.get(word) === count);
}

let folder = "";
Deno.test.beforeAll(async () => {
  folder = await installed();
});
Deno.test.afterAll(() => Deno.remove(folder, { recursive: true }));

Deno.test.each(["node", "bun"])("word count in %s is exact after kill -9", async (runtime) => {
  const example = new WordCount(folder, runtime);
  const { input, output } = example;
  await using kafka = connectTestKafka();
  await kafka.ensureTopics([
    { name: input, partitions: partitions.length, replicationFactor: 1, config: {} },
  ]);

  await writeLines(kafka, input);
  await using killed = await example.start();
  await until(async () => (await counted(kafka, output)).size > 0, {
    what: "the first counts",
    msMax: 120_000,
  });
  await writeLines(kafka, input);
  killed.kill("SIGKILL");
  assert.equal((await killed.status).signal, "SIGKILL");
  assert(!isSame(await counted(kafka, output), expected(2)), "it was at work");

  await using second = await example.start();
  await until(async () => isSame(await counted(kafka, output), expected(2)), {
    what: "every line counted once",
    msMax: 180_000,
  });
  second.kill("SIGTERM");
  assert.equal((await second.status).code, 0);
});
