/**
 * Every block of code in the documents holds: TypeScript stands in a file that is tested, a command
 * is run or tried, a picture is named here with what can be said of it.
 */
import assert from "node:assert/strict";
import { root, sourceFiles } from "../../scripts/lib/source_files.ts";
import { isRunnable, outputOf } from "../support/command.ts";
import {
  type Block,
  blocksOf,
  inlineCode,
  isPartOf,
  type Passage,
} from "../support/documents/blocks.ts";
import { say } from "../support/say.ts";
import { checkNpx, checkSettings, checkTask, runDeno } from "../support/documents/deno_commands.ts";
import {
  checkDocker,
  clientOptions,
  composeOptions,
} from "../support/documents/docker_commands.ts";
import { commandsOf, parseCommand, type ShellCommand } from "../support/documents/shell.ts";

/** Blocks of which nothing can be checked, by document and first line, with the reason. */
const uncheckable: Readonly<Record<string, string>> = {
  "README.md: Finnhub WebSocket ──► produce ──► Kafka topic (Avro) ──► process ──► Cassandra ──► Grafana":
    "a picture of the whole",
};

/** Commands of which nothing can be checked, with the reason. */
const uncheckableCommands: Readonly<Record<string, string>> = {
  "git pull": "fetches what is not there yet",
};

/** Files whose fragments the documents show: all are checked and tested. */
const shown = (await sourceFiles([".ts"])).filter((path) => path.startsWith("docs/examples/"));

async function documentPaths(): Promise<string[]> {
  const paths: string[] = [];
  for (const folder of ["", "docs/"]) {
    for await (const { name, isFile } of Deno.readDir(root + folder)) {
      if (isFile && name.endsWith(".md")) paths.push(folder + name);
    }
  }
  return paths.sort();
}

/** @returns What the command prints, if it is one that is run. */
async function checkCommand({ text, words, env }: ShellCommand): Promise<string | undefined> {
  if (text in uncheckableCommands) return undefined;
  const [command, ...rest] = words;
  if (command === "deno" && rest[0] !== "task") return await runDeno(rest);
  if (command === undefined) checkSettings(env);
  else if (command === "deno") await checkTask(rest.slice(1), env);
  else if (command === "npx") await checkNpx(rest);
  else if (command === "docker") await checkDocker(rest);
  else assert.fail(`${command} cannot be checked`);
  return undefined;
}

async function checkFragment({ lines }: Block): Promise<void> {
  for (const path of shown) {
    if (isPartOf(lines, await Deno.readTextFile(root + path))) return;
  }
  assert.fail("must stand in a file of docs/examples, line by line");
}

/** Documents whose queries are sent to a real Cassandra, and the tests that do. */
const followed: Readonly<Record<string, string>> = {
  "docs/MIGRATION.md": "tests/integration/migration_test.ts",
};

async function checkQueries({ document }: Block): Promise<void> {
  const test = followed[document];
  assert(test !== undefined, "no test sends these queries");
  assert((await Deno.readTextFile(root + test)).includes(`"../../${document}"`), test);
}

/** What a diagram is about is compared elsewhere; here, that its arrows have two known ends. */
function checkDiagram({ lines }: Block): void {
  const [kind, ...rest] = lines;
  const known = rest.flatMap((line) => /^ +participant (\w+) as /.exec(line)?.[1] ?? []);
  const ends = rest.flatMap((line) => /^ +(\w+)--?>>(\w+): /.exec(line)?.slice(1) ?? []);
  assert(kind === "stateDiagram-v2" || (kind === "sequenceDiagram" && ends.length > 0), kind);
  for (const end of ends) assert(known.includes(end), end);
}

function checkPicture(block: Block): void {
  const first = `${block.document}: ${block.lines[0]}`;
  if (first in uncheckable) return;
  assert.fail("nothing is known of this block: say what it is, or list it with the reason");
}

/** Checks the blocks of a document in order; a `text` is what the command before it prints. */
async function checkBlock(block: Block, printed: string | undefined): Promise<string | undefined> {
  switch (block.language) {
    case "ts":
      await checkFragment(block);
      return undefined;
    case "sh": {
      let last: string | undefined;
      for (const command of commandsOf(block)) {
        last = await at(command, () => checkCommand(command)) ?? undefined;
      }
      return last;
    }
    case "text":
      assert.equal(`${block.lines.join("\n")}\n`, printed);
      return undefined;
    case "":
      checkPicture(block);
      return undefined;
    case "cql":
      await checkQueries(block);
      return undefined;
    case "mermaid":
      checkDiagram(block);
      return undefined;
    default:
      assert.fail(`a block of ${block.language} cannot be checked`);
  }
}

/** Says where something is wrong. */
async function at<T>(
  { document, line }: { readonly document: string; readonly line: number },
  check: () => Promise<T>,
): Promise<T> {
  try {
    return await check();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (message.startsWith(document)) throw error;
    throw new Error(`${document}:${line}: ${message}`, { cause: error });
  }
}

/** True for a passage that is the path of a file, or the end of one. */
function isFileName({ text }: Passage): boolean {
  return /^[\w./-]+\.(ts|js|md|json|ya?ml|cql|avsc)$/.test(text) && !/[A-Z]{4}\.ts$/.test(text);
}

async function filesBelow(folder: string): Promise<string[]> {
  const files: string[] = [];
  for await (const { name, isFile, isDirectory } of Deno.readDir(root + folder)) {
    if (isFile) files.push(folder + name);
    if (isDirectory && !isLeftOut(name)) files.push(...await filesBelow(`${folder}${name}/`));
  }
  return files;
}

/** Folders that are no part of the repository, or have no documents' business. */
function isLeftOut(name: string): boolean {
  return ["node_modules", "dist", ".git", ".data", ".services"].includes(name);
}

const everyFile = await filesBelow("");
const client = await isRunnable("docker", ["--help"]);
const compose = await isRunnable("docker", ["compose", "version"]);
if (!compose) say("not run: the options of docker compose against its client, as there is none");

for (
  const [prefix, known, ignore] of [
    [[], clientOptions, !client],
    [["compose"], composeOptions, !compose],
  ] as const
) {
  Deno.test({
    name: `the client here knows the options of docker ${prefix.join(" ")} that documents may use`,
    ignore,
    async fn() {
      for (const [command, options] of Object.entries(known)) {
        const help = await outputOf("docker", [...prefix, command, "--help"]);
        for (const option of Object.keys(options)) {
          assert.match(help, new RegExp(`\\s${option}\\s`), `${command} ${option}`);
        }
      }
    },
  });
}

const everyBlock: Block[] = [];
for (const document of await documentPaths()) {
  const text = await Deno.readTextFile(root + document);
  const blocks = blocksOf(document, text);
  everyBlock.push(...blocks);
  if (blocks.length > 0) {
    Deno.test(`the blocks of ${document} hold`, async () => {
      let printed: string | undefined;
      for (const block of blocks) printed = await at(block, () => checkBlock(block, printed));
    });
  }
  const passages = inlineCode(document, text);
  Deno.test(`the files that ${document} names exist`, () => {
    for (const { line, text } of passages.filter(isFileName)) {
      const exists = everyFile.some((path) => path === text || path.endsWith(`/${text}`));
      assert(exists, `${document}:${line}: ${text}`);
    }
  });
  const inline = passages.filter(({ text }) => /^(deno task|docker compose) [^.]/.test(text));
  if (inline.length === 0) continue;
  Deno.test(`the commands in the text of ${document} hold`, async () => {
    for (const passage of inline) {
      // What is put in the place of a number is one.
      const tried = { ...passage, text: passage.text.replaceAll(/<\w+>/g, "1") };
      await at(passage, () => checkCommand(parseCommand(tried)));
    }
  });
}

Deno.test("every exception is still needed", () => {
  const there = everyBlock.flatMap(({ document, lines }) => [`${document}: ${lines[0]}`, ...lines]);
  for (const what of Object.keys({ ...uncheckable, ...uncheckableCommands })) {
    assert(there.includes(what), what);
  }
});
