import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

/** Folders that hold code of ours. */
const folders = ["src", "scripts", "tests", "bench", "docs"];

/** The repository's own folder as a URL, with a slash at its end. */
export const rootUrl: string = new URL("../../", import.meta.url).href;

/** The same as a path. */
export const root: string = fileURLToPath(rootUrl);

/** Every file of the code folders with one of the extensions, as sorted paths from the root. */
export async function sourceFiles(extensions: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const folder of folders) await collect(join(root, folder), found);
  return found
    .filter((path) => extensions.some((extension) => path.endsWith(extension)))
    .map((path) => relative(root, path).replaceAll("\\", "/"))
    .sort();
}

async function collect(folder: string, found: string[]): Promise<void> {
  for await (const entry of await entriesOf(folder)) {
    if (entry.name.startsWith(".")) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory) await collect(path, found);
    else if (entry.isFile) found.push(path);
  }
}

/** The entries of a folder; none if there is no such folder. */
async function entriesOf(folder: string): Promise<Deno.DirEntry[]> {
  try {
    return await Array.fromAsync(Deno.readDir(folder));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
