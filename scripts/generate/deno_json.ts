import {
  assignments,
  permissionSet,
  programCommand,
  programTasks,
} from "../lib/program_command.ts";

interface DenoJson {
  readonly tasks: Record<string, { description: string; command: string }>;
  permissions: Record<string, unknown>;
}

/** A list of few words. */
const shortList = /\[\s+([^[\]]{1,60}?)\s+\]/g;

function inOneLine(_: string, content: string): string {
  return `[${content.replaceAll(/\s+/g, " ")}]`;
}

/** `deno.json` with the commands of the programs and their permission sets. */
export function denoJson(present: string): string {
  const config: DenoJson = JSON.parse(present);
  for (const name of programTasks) {
    const task = config.tasks[name];
    if (task === undefined) throw new Error(`deno.json has no task ${name}`);
    const command = programCommand(name);
    const { flags, entry } = command;
    task.command = [...assignments(command), "deno", "run", ...flags, entry].join(" ");
  }
  config.permissions = Object.fromEntries(programTasks.map((name) => [name, permissionSet(name)]));
  return JSON.stringify(config, null, 2).replaceAll(shortList, inOneLine);
}
