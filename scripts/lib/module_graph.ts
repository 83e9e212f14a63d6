/** Which file imports which, types included. Paths as the maker of the graph chose them. */
export type ModuleGraph = ReadonlyMap<string, readonly string[]>;

/** The part of `deno info --json` that is read here. */
export interface ModuleInfo {
  readonly modules: readonly {
    readonly specifier: string;
    readonly dependencies?: readonly {
      readonly code?: { readonly specifier?: string };
      readonly type?: { readonly specifier?: string };
    }[];
  }[];
}

/**
 * The graph of the modules below a folder.
 *
 * @param rootUrl The folder's URL, with a slash at its end; paths are relative to it.
 */
export function graphOf(info: ModuleInfo, rootUrl: string): ModuleGraph {
  const graph = new Map<string, readonly string[]>();
  for (const { specifier, dependencies = [] } of info.modules) {
    if (!specifier.startsWith(rootUrl)) continue;
    const targets = dependencies.flatMap(({ code, type }) => [code?.specifier, type?.specifier]);
    const inside = targets.filter((target) => target?.startsWith(rootUrl)) as string[];
    graph.set(
      specifier.slice(rootUrl.length),
      [...new Set(inside.map((target) => target.slice(rootUrl.length)))],
    );
  }
  return graph;
}

/** Everything that can be reached from the roots, themselves included. */
export function reachable(graph: ModuleGraph, roots: readonly string[]): ReadonlySet<string> {
  const seen = new Set<string>();
  const waiting = [...roots];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    waiting.push(...graph.get(path) ?? []);
  }
  return seen;
}

/** One cycle as a path that begins and ends with the same module, or `undefined`. */
export function findCycle(graph: ModuleGraph): readonly string[] | undefined {
  const done = new Set<string>();
  for (const start of graph.keys()) {
    const cycle = cycleFrom(start, graph, done, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

function cycleFrom(
  module: string,
  graph: ModuleGraph,
  done: Set<string>,
  path: readonly string[],
): readonly string[] | undefined {
  if (path.includes(module)) return [...path.slice(path.indexOf(module)), module];
  if (done.has(module)) return undefined;
  for (const next of graph.get(module) ?? []) {
    const cycle = cycleFrom(next, graph, done, [...path, module]);
    if (cycle !== undefined) return cycle;
  }
  done.add(module);
  return undefined;
}
