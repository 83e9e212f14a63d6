import { dirname } from "node:path";
import { outputOf } from "../support/command.ts";
import { exists } from "../../scripts/lib/exists.ts";

/** Copies a file to a path, or what is in a folder into a folder, with modes and owners. */
export async function copy(source: string, target: string): Promise<void> {
  if (!(await Deno.stat(source)).isDirectory) {
    await Deno.mkdir(target.endsWith("/") ? target : dirname(target), { recursive: true });
    await outputOf("cp", ["-a", source, target]);
    return;
  }
  await Deno.mkdir(target, { recursive: true });
  await outputOf("cp", ["-a", `${source}/.`, target]);
}

/** Makes a folder, without what was in it before. */
export async function emptyDir(path: string): Promise<void> {
  if (await exists(path)) await Deno.remove(path, { recursive: true });
  await Deno.mkdir(path, { recursive: true });
}
