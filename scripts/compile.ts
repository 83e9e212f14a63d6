/**
 * `deno task dev compile [--only NAME] [--target TRIPLE]… [--out DIR] [--dry-run]`: programs that run
 * without Deno.
 */
import { parseArgs } from "node:util";
import {
  compileArguments,
  type CompiledProgram,
  compiledPrograms,
  targets,
} from "./compile/command.ts";
import { leftOutOf } from "./compile/left_out.ts";
import { print, printError } from "./lib/print.ts";
import { root } from "./lib/source_files.ts";
import { programCommand } from "./lib/program_command.ts";

const help = `Makes dist/produce and dist/process, with the permissions of their tasks.

Usage: deno task dev compile [options]

  --only NAME       produce or process             (default both)
  --target TRIPLE   for another system; repeatable (default this one)
                    ${targets.join("\n                    ")}
  --out DIR         folder of the results          (default dist)
  --dry-run         print the commands, run nothing
  --help            this text

Exit codes: 0 done, 1 the compiler failed, 2 wrong arguments.`;

interface Wanted {
  readonly programs: readonly CompiledProgram[];
  /** `undefined` is this system. */
  readonly targets: readonly (string | undefined)[];
  readonly folder: string;
  readonly dryRun: boolean;
}

/** @throws {TypeError} Naming the argument and its form. */
function readArguments(args: string[]): Wanted | "help" {
  const { values } = parseArgs({
    args,
    options: {
      "only": { type: "string" },
      "target": { type: "string", multiple: true },
      "out": { type: "string", default: "dist" },
      "dry-run": { type: "boolean", default: false },
      "help": { type: "boolean", default: false },
    },
  });
  if (values.help) return "help";
  const { only } = values;
  const programs = compiledPrograms.filter((name) => only === undefined || name === only);
  if (programs.length === 0) throw wrong("--only", only, compiledPrograms);
  for (const target of values.target ?? []) {
    if (!targets.includes(target)) throw wrong("--target", target, targets);
  }
  return {
    programs,
    targets: values.target ?? [undefined],
    folder: values.out,
    dryRun: values["dry-run"],
  };
}

function wrong(name: string, value: string | undefined, allowed: readonly string[]): TypeError {
  return new TypeError(`${name} must be one of ${allowed.join(", ")}: received "${value}"`);
}

/** @returns The compiler's exit code. */
async function compile(args: readonly string[]): Promise<number> {
  const child = new Deno.Command(Deno.execPath(), { args: [...args], cwd: root, stdin: "null" });
  return (await child.spawn().status).code;
}

async function run(wanted: Wanted): Promise<number> {
  for (const program of wanted.programs) {
    const leftOut = await leftOutOf(programCommand(program).entry);
    for (const target of wanted.targets) {
      const args = compileArguments({ program, folder: wanted.folder, target, leftOut });
      if (wanted.dryRun) print(`deno ${args.join(" ")}`);
      else if (await compile(args) !== 0) return 1;
    }
  }
  return 0;
}

try {
  const wanted = readArguments(Deno.args);
  if (wanted === "help") print(help);
  else Deno.exitCode = await run(wanted);
} catch (error) {
  if (!(error instanceof TypeError)) throw error;
  printError(error.message);
  Deno.exitCode = 2;
}
