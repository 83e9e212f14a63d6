import assert from "node:assert/strict";
import { findCycle, graphOf, reachable } from "../../../scripts/lib/module_graph.ts";

const diamond = new Map([["a", ["b", "c"]], ["b", ["d"]], ["c", ["d"]], ["d", []]]);

Deno.test("findCycle() finds none in a diamond", () => {
  assert.equal(findCycle(diamond), undefined);
});

Deno.test("findCycle() shows the way around, without the way to it", () => {
  const graph = new Map([["a", ["b"]], ["b", ["c"]], ["c", ["d", "b"]], ["d", []]]);
  assert.deepEqual(findCycle(graph), ["b", "c", "b"]);
  assert.deepEqual(findCycle(new Map([["a", ["a"]]])), ["a", "a"]);
});

Deno.test("reachable() follows imports from the roots only", () => {
  assert.deepEqual([...reachable(diamond, ["b"])].sort(), ["b", "d"]);
});

Deno.test("graphOf() counts type imports and leaves out what lies elsewhere", () => {
  const info = {
    modules: [
      {
        specifier: "file:///r/a.ts",
        dependencies: [
          { code: { specifier: "file:///r/b.ts" } },
          { type: { specifier: "file:///r/c.ts" } },
          { code: { specifier: "node:zlib" } },
        ],
      },
      { specifier: "npm:/x@1" },
    ],
  };
  assert.deepEqual([...graphOf(info, "file:///r/")], [["a.ts", ["b.ts", "c.ts"]]]);
});
