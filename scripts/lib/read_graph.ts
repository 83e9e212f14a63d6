import { graphOf, type ModuleGraph } from "./module_graph.ts";
import { root, rootUrl, sourceFiles } from "./source_files.ts";

/** The graph of every module of ours, as Deno itself resolves it. */
export async function readGraph(): Promise<ModuleGraph> {
  const files = await sourceFiles([".ts"]);
  const entry = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(entry, files.map((path) => `import "${rootUrl}${path}";`).join("\n"));
    return graphOf(JSON.parse(await denoInfo(entry)), rootUrl);
  } finally {
    await Deno.remove(entry);
  }
}

async function denoInfo(entry: string): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", "--config", `${root}deno.json`, entry],
  }).output();
  if (!success) throw new Error(`Cannot read the graph: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}
