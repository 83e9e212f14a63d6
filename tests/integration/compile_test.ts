/**
 * `deno task dev compile`. The compiler puts programs behind `denort`, which it downloads. Where that
 * cannot be had, the result cannot be run; what it embeds and that this is enough is shown anyway.
 */
import assert from "node:assert/strict";
import { root } from "../../scripts/lib/source_files.ts";
import { compiledPrograms } from "../../scripts/compile/command.ts";
import { makeImage } from "../support/image.ts";
import { Program } from "../support/program.ts";
import { say } from "../support/say.ts";

const notObtained = /Setting up base binary[\s\S]*(dns error|connect|timed out)/i;

interface Compiled {
  readonly success: boolean;
  readonly text: string;
}

async function compile(folder: string, env: Record<string, string> = {}): Promise<Compiled> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "scripts/compile.ts", "--out", folder],
    cwd: root,
    env: { NO_COLOR: "1", ...env },
  });
  const { success, stdout, stderr } = await child.output();
  return { success, text: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
}

async function helpOf(command: string, args: readonly string[]): Promise<string> {
  const { stdout } = await new Deno.Command(command, { args: [...args], cwd: root }).output();
  return new TextDecoder().decode(stdout);
}

/** No service answers there: no one listens on port 1. */
const nowhere = {
  KAFKA_URL: "127.0.0.1:1",
  SCHEMA_REGISTRY_URL: "http://127.0.0.1:1",
  CASSANDRA_HOST: "127.0.0.1",
  FINHUB_API_URL: "ws://127.0.0.1:1/?token=",
  FINHUB_SECRET_KEY: "any",
  HTTP_PORT: "0",
  PRODUCE_HTTP_PORT: "0",
  LOG_FORMAT: "json",
};

/** Each loads its code before anything is waited for. */
const twoThreads = { PROCESS_THREADS: "2" };

Deno.test("compile makes programs that run alone", async (t) => {
  const folder = await Deno.makeTempDir({ prefix: "compile-" });
  const { success, text } = await compile(folder);
  if (!success) {
    assert.match(text, notObtained);
    say("not run: dist/produce and dist/process, as denort cannot be downloaded here");
  }
  for (const program of compiledPrograms) {
    await t.step({
      name: `the compiled ${program} prints the help of its task`,
      ignore: !success,
      async fn() {
        const help = await helpOf(Deno.execPath(), ["run", "-A", `src/${program}.ts`, "--help"]);
        assert.equal(await helpOf(`${folder}/${program}`, ["--help"]), help);
      },
    });
  }
  await t.step({
    name: "the compiled process has the code of its threads in it",
    ignore: !success,
    async fn() {
      const env = { ...nowhere, ...twoThreads, STATE_DIR: `${folder}/state` };
      await using process = new Program("process", { compiled: folder, env });
      await process.line("Processing");
      assert.equal(await process.stop(), 0);
    },
  });
  await Deno.remove(folder, { recursive: true });
});

Deno.test("compile embeds schemas, tables, page, chart and the LevelDB addon", async () => {
  const folder = await Deno.makeTempDir({ prefix: "compile-" });
  // Any program can stand in for denort as long as only the list is looked at.
  const { success, text } = await compile(folder, { DENORT_BIN: Deno.execPath() });
  assert(success, text);
  const [, produce = "", process = ""] = text.split("Embedded Files");
  for (const part of ["schemas/*", "classic-level/3", "kafkajs/", "avsc/", "ws/", "produce.ts"]) {
    assert(produce.includes(part), `${part} in ${produce}`);
  }
  // The list names a folder where everything in it is embedded: the page's own, or all of http.
  assert.match(process, /├─. (?:page|http)\/\*/);
  const parts = ["schemas/*", "005_candles.cql", "lightweight-charts/", "classic-level/3"];
  for (const part of [...parts, "cassandra-driver/", "process.ts", "threads/*"]) {
    assert(process.includes(part), `${part} in ${process}`);
  }
  for (const list of [produce, process]) assert.doesNotMatch(list, /\.env|tests|fast-check/);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("process needs no more than what is embedded to load its threads and to serve its page", async () => {
  const image = await Deno.makeTempDir({ prefix: "image-" });
  await makeImage(image, ["process"]);
  await using program = new Program("process", { image, env: { ...nowhere, ...twoThreads } });
  const { page } = await program.line("Processing");
  for (const path of ["/", "/assets/app.js", "/assets/lightweight-charts.js"]) {
    const response = await fetch(`${page}${path}`);
    assert.equal(response.status, 200, path);
    assert((await response.text()).length > 500, path);
  }
  assert.equal(await program.stop(), 0);
  await Deno.remove(image, { recursive: true });
});

Deno.test("produce needs no more than what is embedded to open its spool", async () => {
  const image = await Deno.makeTempDir({ prefix: "image-" });
  await makeImage(image, ["produce"]);
  const env = { ...nowhere, SPOOL_DIR: `${image}/data/spool` };
  await using program = new Program("produce", { image, env });
  const { metrics } = await program.line("Producing");
  const response = await fetch(`${metrics}/livez`);
  assert.equal(response.status, 200, await response.text());
  assert.ok((await Deno.stat(`${image}/data/spool`)).isDirectory);
  assert.equal(await program.stop(), 0);
  await Deno.remove(image, { recursive: true });
});
