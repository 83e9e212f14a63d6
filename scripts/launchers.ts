/**
 * Writes one shell script per program into a folder: what a container runs. Each has the flags of
 * its task, reads no `.env`, and fetches nothing.
 */
import { join } from "node:path";
import { type ProgramTask, type TaskFlags, taskFlags } from "./lib/task_flags.ts";

const programs: readonly ProgramTask[] = ["produce", "process", "provision", "feed"];

function launcherText({ flags, entry, environment }: TaskFlags): string {
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  const exported = variables.length === 0 ? "" : `export ${variables.join(" ")}\n`;
  return `${exported}exec deno run --cached-only ${flags.join(" ")} ${entry} "$@"\n`;
}

const [folder = "launchers"] = Deno.args;
await Deno.mkdir(folder, { recursive: true });
for (const program of programs) {
  await Deno.writeTextFile(join(folder, program), launcherText(taskFlags(program)));
}
