import { join } from "node:path";
import { root } from "../lib/source_files.ts";

/**
 * Folders of packages that no program uses and that the compiler cannot take.
 *
 * The tests of `bintrees` (under `prom-client`) hold a file of two megabytes of numbers, at which
 * `deno compile` from 2.9.0 on ends with a stack overflow (denoland/deno#36746).
 */
const unusable: Readonly<Record<string, string>> = { bintrees: "test" };

interface PackageInfo {
  readonly name: string;
  readonly localPath: string;
}

/** Absolute paths of what must be left out of a program. */
export async function leftOutOf(entry: string): Promise<string[]> {
  const { npmPackages } = await moduleInfo(entry);
  return npmPackages.flatMap(({ name, localPath }) => {
    const folder = unusable[name];
    return folder === undefined ? [] : [join(localPath, folder)];
  });
}

/** What a program is made of, as Deno itself sees it. */
export interface ModuleInfo {
  /** Absolute paths of files of ours. */
  readonly files: readonly string[];
  readonly npmPackages: readonly PackageInfo[];
}

/** @throws {Error} If Deno cannot resolve the program. */
export async function moduleInfo(entry: string): Promise<ModuleInfo> {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", entry],
    cwd: root,
    stderr: "inherit",
  });
  const { success, stdout } = await command.output();
  if (!success) throw new Error(`Cannot look at ${entry} as deno info must succeed`);
  const { modules, npmPackages } = JSON.parse(new TextDecoder().decode(stdout));
  const files: { local?: string; kind?: string }[] = modules;
  return {
    files: files.flatMap(({ local }) => local ?? []).filter((path) => path.startsWith(root)),
    npmPackages: Object.values(npmPackages),
  };
}
