import assert from "node:assert/strict";
import config from "../../../deno.json" with { type: "json" };
import devConfig from "../../../scripts/dev.json" with { type: "json" };
import { root } from "../../../scripts/lib/source_files.ts";
import { parseCarryOverOptions } from "../../../scripts/carry_over/options.ts";
import { parseCli } from "../../../scripts/services/options.ts";
import { parseStateOptions } from "../../../scripts/state/options.ts";
import { readConfig } from "../../../src/app/read_config.ts";
import { settingsOf } from "../../../src/app/setting.ts";
import { outputOf } from "../command.ts";
import { programs } from "../../../src/app/programs.ts";

/** What a program may be told beside what a document says: who reads it has a key. */
const usual = { FINHUB_SECRET_KEY: "key" };

type Env = Readonly<Record<string, string>>;

/** How a task's arguments are tried without doing what they ask for. */
const trials: Readonly<Record<string, (args: readonly string[]) => unknown>> = {
  services: parseCli,
  state: parseStateOptions,
  "carry-over": parseCarryOverOptions,
  access: (args) => runTask("access", [...args, "--help"]),
  compile: (args) => runTask("compile", [...args, "--dry-run"]),
  hunt: (args) => runTask("hunt", [...args, "--help"]),
  mutants: (args) => runTask("mutants", [...args, "--help"]),
  "planted-bugs": (args) => runTask("planted-bugs", [...args, "--help"]),
  test: (args) => runTask("test", [...args, "--help"]),
  "test:unit": (args) => runTask("test:unit", [...args, "--help"]),
  "test:fresh-seeds": (args) => runTask("test:fresh-seeds", [...args, "--help"]),
  "test:integration": (args) => runTask("test:integration", [...args, "--help"]),
  "test:browser": (args) => runTask("test:browser", [...args, "--help"]),
  "bench:engine": (args) => runTask("bench:engine", [...args, "--help"]),
  "bench:nexmark": (args) => runTask("bench:nexmark", [...args, "--help"]),
  "bench:peers": (args) => runTask("bench:peers", [...args, "--help"]),
  topology: (args) => runTask("topology", args),
};

/**
 * Checks `deno task NAME ARGUMENT…`: that there is the task, and that it takes the arguments.
 *
 * @throws What the task says to its arguments.
 */
export async function checkTask(words: readonly string[], env: Env = {}): Promise<void> {
  const dev = words[0] === "dev";
  const [name = "", ...args] = dev ? words.slice(1) : words;
  const { tasks } = dev ? devConfig : config;
  assert((dev && name === "") || name in tasks, `there is no task "${name}"`);
  if (args.includes("--help")) return;
  const program = programs.find((known) => known.name === name);
  if (program !== undefined) return void readConfig(program, { ...usual, ...env }, args);
  const { ENV_FILE: _, ...settings } = env;
  assert.deepEqual(settings, {}, `"${name}" is told by arguments`);
  if (args.length === 0) return;
  const trial = trials[name];
  assert(trial !== undefined, `"${name}" takes no arguments that could be tried`);
  await trial(args);
}

/** Checks that each variable is a setting of a program and takes its value. */
export function checkSettings(env: Env): void {
  const settings = programs.flatMap((program) => settingsOf(program));
  for (const [name, text] of Object.entries(env)) {
    const known = settings.filter(({ variable }) => variable === name);
    assert(known.length > 0, `there is no setting ${name}`);
    for (const { parse, form } of known) {
      assert(parse(text) !== undefined, `${name} must be ${form}: received "${text}"`);
    }
  }
}

/** Checks `npx -y deno@VERSION task …`: the version and the way are those of the checks. */
export async function checkNpx(words: readonly string[]): Promise<void> {
  const checks = await Deno.readTextFile(`${root}.ci/run`);
  const [yes, deno = "", task, ...rest] = words;
  assert(yes === "-y" && task === "task", "must be npx -y deno@VERSION task …");
  const [, version] = /^version=(\S+)$/m.exec(checks) ?? [];
  assert.equal(deno, `deno@${version}`);
  assert.match(checks, /npx --yes "deno@\$version"/);
  const [name] = rest;
  assert(name === "start" || checks.includes(`"\${deno[@]}" task ${name}`), `${name} is unchecked`);
  await checkTask(rest);
}

async function runTask(name: string, args: readonly string[]): Promise<void> {
  await outputOf(Deno.execPath(), [
    "task",
    "-q",
    ...name in config.tasks ? [] : ["dev"],
    name,
    ...args,
  ], usual);
}
