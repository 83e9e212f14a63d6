import assert from "node:assert/strict";
import { TestRegistry } from "../../scripts/mutants/registry.ts";

Deno.test("TestRegistry runs what is registered in each of Deno's forms", async () => {
  const { test } = Deno;
  const seen: string[] = [];
  const registry = new TestRegistry();
  registry.install();
  try {
    await registry.load("a_test.ts", () => {
      Deno.test("name", () => void seen.push("function"));
      Deno.test({ name: "name", fn: () => void seen.push("options") });
      Deno.test({ name: "name", ["ignore"]: 1 > 0, fn: () => void seen.push("ignored") });
      Deno.test.each([[1, 2], [3, 4]])("%d %d", (a, b) => void seen.push(`row ${a} ${b}`));
      Deno.test.each([{ n: 5 }])("$n", ({ n }) => void seen.push(`object ${n}`));
      Deno.test("steps", async (t) => void await t.step("step", () => void seen.push("step")));
      return Promise.resolve();
    });
  } finally {
    Object.defineProperty(Deno, "test", { value: test, configurable: true });
  }
  for (const { run } of registry.tests) await run();
  assert.deepEqual(seen, ["function", "options", "row 1 2", "row 3 4", "object 5", "step"]);
  assert.equal(new Set(registry.tests.map(({ id }) => id)).size, registry.tests.length);
});
