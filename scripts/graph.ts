/** `deno task dev graph`: no module imports itself over others, not even for a type. */
import { findCycle } from "./lib/module_graph.ts";
import { print, printError } from "./lib/print.ts";
import { readGraph } from "./lib/read_graph.ts";

const graph = await readGraph();
const cycle = findCycle(graph);
if (cycle !== undefined) {
  printError(`Import cycle:\n  ${cycle.join("\n  → ")}`);
  Deno.exit(1);
}
print(`${graph.size} modules, no import cycle`);
