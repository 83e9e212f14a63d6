/** `deno task dev tidy`: no long files, no leftovers, no code that nothing uses. */
import { type ModuleGraph, reachable } from "./lib/module_graph.ts";
import { print, printError } from "./lib/print.ts";
import { readGraph } from "./lib/read_graph.ts";
import { root, sourceFiles } from "./lib/source_files.ts";
import { isCommand, isEntry, untidiness } from "./lib/tidiness.ts";

async function untidyFiles(): Promise<string[]> {
  const files = await sourceFiles([".ts", ".js", ".css", ".html"]);
  const found = await Promise.all(
    files.map(async (path) => untidiness(path, await Deno.readTextFile(root + path))),
  );
  return found.flat();
}

/** Code of `src` must serve a command; support code must at least serve a test. */
function deadFiles(graph: ModuleGraph): string[] {
  const paths = [...graph.keys()];
  const served = reachable(graph, paths.filter(isCommand));
  const used = reachable(graph, paths.filter(isEntry));
  return paths.filter((path) => path.endsWith(".ts"))
    .filter((path) => !(path.startsWith("src/") ? served : used).has(path))
    .map((path) => `${path}:1: nothing uses this file`);
}

const found = [...await untidyFiles(), ...deadFiles(await readGraph())];
for (const line of found) printError(line);
if (found.length > 0) Deno.exit(1);
print("Tidy");
