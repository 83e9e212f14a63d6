import { assert } from "../../src/base/assert.ts";
import { dirname, join, relative } from "node:path";
import dockerignore from "../../compose/Dockerfile.dockerignore" with { type: "text" };
import { moduleInfo } from "../../scripts/compile/left_out.ts";
import { root } from "../../scripts/lib/source_files.ts";
import { programCommand, type ProgramTask } from "../../scripts/lib/program_command.ts";
import { outputOf } from "./command.ts";

const context = dockerignore.split("\n").filter((line) => line.startsWith("!"))
  .map((line) => line.slice(1));

/** Everything that a module loads, from the repository's root; the image must be given it. */
async function filesOf(entry: string): Promise<readonly string[]> {
  const { files } = await moduleInfo(entry);
  for (const file of files) {
    const path = relative(root, file);
    const isGiven = context.some((given) => path === given || path.startsWith(`${given}/`));
    assert(isGiven, `Dockerfile.dockerignore lets ${path} into the image of ${entry}`);
  }
  return files;
}

/**
 * Makes in a folder what an image of these programs holds: their modules with all that they embed,
 * the settings of Deno, and the launchers; nothing else of the repository.
 */
export async function makeImage(folder: string, programs: readonly ProgramTask[]): Promise<void> {
  const files = new Set([join(root, "deno.json"), join(root, "deno.lock")]);
  const entries = programs.map((program) => programCommand(program).entry);
  for (const entry of [...entries, "scripts/access/main.ts"]) {
    for (const file of await filesOf(entry)) files.add(file);
  }
  await filesOf("scripts/launchers.ts");
  for (const file of files) {
    const copy = join(folder, relative(root, file));
    await Deno.mkdir(dirname(copy), { recursive: true });
    await Deno.copyFile(file, copy);
  }
  const launchers = join(folder, "launchers");
  await outputOf(Deno.execPath(), ["run", "--allow-write", "scripts/launchers.ts", launchers]);
}
