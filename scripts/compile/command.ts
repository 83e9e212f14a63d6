import { join } from "node:path";
import { programCommand, type ProgramTask } from "../lib/program_command.ts";

/** Programs that are worth a file of their own. */
export const compiledPrograms: readonly CompiledProgram[] = ["produce", "process"];
export type CompiledProgram = Extract<ProgramTask, "produce" | "process">;

/** Systems that Deno compiles for. */
export const targets: readonly string[] = [
  "x86_64-unknown-linux-gnu",
  "aarch64-unknown-linux-gnu",
  "x86_64-apple-darwin",
  "aarch64-apple-darwin",
  "x86_64-pc-windows-msvc",
];

/** One file to make. */
export interface CompileRequest {
  readonly program: CompiledProgram;
  /** Folder of the result. */
  readonly folder: string;
  /** Without one, this system. */
  readonly target: string | undefined;
  /** Absolute paths that are left out. */
  readonly leftOut: readonly string[];
}

/**
 * Arguments of `deno` that compile a program with exactly the permissions of its task.
 *
 * Schemas, tables and page are imports as text, and so part of the program.
 */
export function compileArguments(request: CompileRequest): string[] {
  const { program, folder, target, leftOut } = request;
  const { flags, entry } = programCommand(program);
  return [
    "compile",
    // Without -q the compiler lists what it embeds.
    ...flags.filter((flag) => flag !== "-q"),
    "--no-check",
    "--exclude-unused-npm",
    ...leftOut.map((path) => `--exclude=${path}`),
    ...target === undefined ? [] : [`--target=${target}`],
    `--output=${join(folder, target === undefined ? program : `${program}-${target}`)}`,
    entry,
  ];
}
