import { dirname, join, relative } from "node:path";
import { moduleInfo } from "../../scripts/compile/left_out.ts";
import { root } from "../../scripts/lib/source_files.ts";
import { programCommand, type ProgramTask } from "../../scripts/lib/program_command.ts";
import { outputOf } from "./command.ts";

/**
 * Makes in a folder what an image of these programs holds: their modules with all that they embed,
 * the settings of Deno, and the launchers; nothing else of the repository.
 */
export async function makeImage(folder: string, programs: readonly ProgramTask[]): Promise<void> {
  const files = new Set([join(root, "deno.json"), join(root, "deno.lock")]);
  for (const program of programs) {
    for (const file of (await moduleInfo(programCommand(program).entry)).files) files.add(file);
  }
  for (const file of files) {
    const copy = join(folder, relative(root, file));
    await Deno.mkdir(dirname(copy), { recursive: true });
    await Deno.copyFile(file, copy);
  }
  const launchers = join(folder, "launchers");
  await outputOf(Deno.execPath(), ["run", "--allow-write", "scripts/launchers.ts", launchers]);
}
