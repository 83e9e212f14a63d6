/** What the documents tell people to open, copy or run is there and works. */
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import compose from "../../compose/compose.yaml" with { type: "text" };
import { root } from "../../scripts/lib/source_files.ts";
import { parseComposeFile } from "../support/compose_file.ts";
import { outputOf } from "../support/command.ts";
import { type Block, blocksOf, inlineCode, isPartOf } from "../support/documents/blocks.ts";
import { checkNpx, checkSettings, checkTask } from "../support/documents/deno_commands.ts";
import { commandsOf, parseCommand, type ShellCommand } from "../support/documents/shell.ts";

/** Folders that are no part of the repository. */
const leftOut = ["node_modules", "dist", ".git", ".data", ".services"];

async function filesBelow(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isFile, isDirectory } of Deno.readDir(root + folder)) {
    if (isFile) found.push(folder + name);
    if (isDirectory && !leftOut.includes(name)) {
      found.push(...await filesBelow(`${folder}${name}/`));
    }
  }
  return found.sort();
}

const files = await filesBelow("");

/** Files whose fragments the documents show: all are checked and tested. */
const examples = files.filter((path) => /^docs\/examples\/.*\.ts$/.test(path));

const { services } = parseComposeFile(compose);
const composeNames = [
  ...Object.keys(services),
  ...Object.values(services).flatMap(({ profiles = [] }) => profiles),
];

/** @returns What the command prints, if it is one that is run. */
async function checkCommand({ words, env }: ShellCommand): Promise<string | undefined> {
  const [command, ...rest] = words;
  if (command === "deno" && rest[0] !== "task") {
    return await outputOf(Deno.execPath(), rest, { NO_COLOR: "1" });
  }
  if (command === undefined) checkSettings(env);
  else if (command === "deno") await checkTask(rest.slice(1), env);
  else if (command === "npx") await checkNpx(rest);
  else if (command === "docker") checkCompose(rest);
  else assert.equal(command, "git");
  return undefined;
}

/** Checks that compose has the profile, and the service after `exec`, `port`, `stop`, `start`. */
function checkCompose(words: readonly string[]): void {
  const line = words.join(" ");
  const pattern = /--profile (\S+)|(?:exec|stop|start|--scale) ([\w-]+)|port --index \d ([\w-]+)/g;
  for (const [, ...names] of line.matchAll(pattern)) {
    for (const name of names) assert(name === undefined || composeNames.includes(name), name);
  }
}

/** Checks the blocks of a document in order; a `text` is what the command before it prints. */
async function checkBlock(block: Block, printed: string | undefined): Promise<string | undefined> {
  if (block.language === "text") assert.equal(`${block.lines.join("\n")}\n`, printed);
  if (block.language === "ts") await checkFragment(block);
  let last: string | undefined;
  for (const command of block.language === "sh" ? commandsOf(block) : []) {
    last = await at(command, () => checkCommand(command)) ?? undefined;
  }
  return last;
}

/** Checks that each paragraph of the code stands in an example, line by line. */
async function checkFragment({ lines }: Block): Promise<void> {
  const texts = await Promise.all(examples.map((path) => Deno.readTextFile(root + path)));
  for (const paragraph of lines.join("\n").split("\n\n")) {
    assert(texts.some((text) => isPartOf(paragraph.split("\n"), text)), paragraph);
  }
}

/** Names the place of what is wrong. */
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

/** What the headings of a document can be linked by. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading.toLowerCase().replaceAll(/[^\w -]/g, "").replaceAll(" ", "-")
  );
}

for (
  const document of files.filter((path) => /^(docs\/(adr\/)?|\.github\/)?[^/]+\.md$/.test(path))
) {
  const text = await Deno.readTextFile(root + document);

  Deno.test(`the links and file names of ${document} lead somewhere`, async () => {
    for (const [, link = ""] of text.matchAll(/\]\(([^):]+)\)/g)) {
      if (link.startsWith("../../actions/")) continue; // of the host that shows the file
      const [file = "", anchor] = link.split("#");
      const path = join(root, dirname(document), file);
      await Deno.stat(path).catch(() => assert.fail(`${document}: ${link}`));
      if (anchor) assert(anchorsOf(await Deno.readTextFile(path)).includes(anchor), link);
    }
    for (const { line, text: name } of inlineCode(document, text)) {
      if (
        !/^[\w.][\w./-]*\.(ts|js|md|json|ya?ml|cql|avsc)$/.test(name) || name.includes("FILE")
      ) continue;
      assert(files.some((path) => `/${path}`.endsWith(`/${name}`)), `${document}:${line}: ${name}`);
    }
  });

  if (document.startsWith("docs/adr/")) continue;

  Deno.test(`the code and commands of ${document} work`, async () => {
    let printed: string | undefined;
    for (const block of blocksOf(document, text)) {
      printed = await at(block, () => checkBlock(block, printed));
    }
    for (const passage of inlineCode(document, text)) {
      if (!/^(deno task|docker compose) [^.]/.test(passage.text)) continue;
      const tried = { ...passage, text: passage.text.replaceAll(/<\w+>/g, "1") };
      await at(passage, () => checkCommand(parseCommand(tried)));
    }
  });
}

Deno.test("the engine and its logs name no command: the program that prints them knows its own", async () => {
  const engine = files.filter((path) => /^src\/(base|streams|kafka|level)\/.*\.ts$/.test(path));
  assert.ok(engine.length > 100);
  for (const path of engine) {
    assert.doesNotMatch(await Deno.readTextFile(root + path), /deno task/, path);
  }
});
