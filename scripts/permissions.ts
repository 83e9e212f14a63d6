/**
 * `deno task permissions produce|process [--also HOST:PORT]`: the program's command with no more
 * leave than its settings need: the hosts, folders and variables by name.
 *
 * Reads `.env` as the programs do. The tasks themselves allow any host and folder, as they cannot
 * know the settings: see docs/adr/0013-permissions.md.
 */
import { parseArgs } from "node:util";
import config from "../deno.json" with { type: "json" };
import { exitCodeOf, exitCodes } from "../src/app/exit_code.ts";
import { processProgram } from "../src/app/process_config.ts";
import { produceProgram } from "../src/app/produce_config.ts";
import { readConfig } from "../src/app/read_config.ts";
import { describeError } from "../src/base/errors.ts";
import { narrowed, type Needs, needsOfProcess, needsOfProduce } from "./lib/narrow_permissions.ts";
import { npmCache } from "./lib/npm_cache.ts";
import { print, printError } from "./lib/print.ts";

const usage = `The command of a program with no more leave than its present settings need.

Usage: deno task permissions produce|process [--also HOST:PORT]

  --also HOST:PORT   a broker or node that the cluster names by itself, or another
                     instance of process; may be repeated
  --help             this text`;

const programs = {
  produce: (environment: Record<string, string>): Needs =>
    needsOfProduce(readConfig(produceProgram, environment)),
  process: (environment: Record<string, string>): Needs =>
    needsOfProcess(readConfig(processProgram, environment)),
};

async function run(): Promise<number> {
  const { values, positionals } = parseArgs({
    args: Deno.args,
    allowPositionals: true,
    options: {
      also: { type: "string", multiple: true, default: [] },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    print(usage);
    return exitCodes.ok;
  }
  const [name] = positionals;
  if (positionals.length !== 1 || (name !== "produce" && name !== "process")) {
    printError(usage);
    return exitCodes.config;
  }
  const needs = programs[name](Deno.env.toObject());
  const packages = await npmCache();
  print(narrowed(config.tasks[name].command, needs, { packages, also: values.also }));
  return exitCodes.ok;
}

try {
  Deno.exitCode = await run();
} catch (error) {
  printError(describeError(error));
  Deno.exitCode = error instanceof TypeError ? exitCodes.config : exitCodeOf(error);
}
