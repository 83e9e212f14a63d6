import assert from "node:assert/strict";
import { isCommand, isEntry, untidiness } from "../../../scripts/lib/tidiness.ts";

const note = ["TO", "DO"].join("");

Deno.test("untidiness() names the line of a leftover", () => {
  assert.deepEqual(untidiness("a.ts", `fine\n// ${note}: later\n`), ["a.ts:2: a leftover note"]);
  assert.deepEqual(untidiness("a.ts", `const ${note}LIST = 1;\n`), []);
});

Deno.test("untidiness() finds tests that keep others from running", () => {
  const lines = [["Deno.test", ".only("], ["ignore", ": true"]].map((parts) => parts.join(""));
  assert.equal(untidiness("a.ts", lines.join("\n")).length, 2);
  assert.deepEqual(untidiness("a.ts", "ignore: !available"), []);
});

Deno.test("untidiness() keeps the engine and its adapters from naming commands", () => {
  const line = 'throw new Error("run deno task state reset");\n';
  const found = ["src/streams/a.ts:1: a command; name the Remedy of the error instead"];
  assert.deepEqual(untidiness("src/streams/a.ts", line), found);
  assert.deepEqual(untidiness("src/app/remedies.ts", line), []);
});

Deno.test("untidiness() allows 400 lines and no more", () => {
  assert.deepEqual(untidiness("a.ts", "x\n".repeat(400)), []);
  assert.deepEqual(untidiness("a.ts", "x\n".repeat(401)), ["a.ts:401: more than 400 lines"]);
});

Deno.test.each([
  { path: "src/start.ts", entry: true, command: true },
  { path: "src/base/clock.ts", entry: false, command: false },
  { path: "scripts/test.ts", entry: true, command: true },
  { path: "scripts/promises/main.ts", entry: true, command: true },
  { path: "scripts/mutants/child.ts", entry: true, command: true },
  { path: "scripts/lib/tidiness.ts", entry: false, command: false },
  { path: "docs/examples/a.ts", entry: true, command: true },
  { path: "docs/examples/a/b.ts", entry: false, command: false },
  { path: "docs/examples/a_test.ts", entry: true, command: false },
  { path: "tests/unit/a_test.ts", entry: true, command: false },
  { path: "tests/integration/fixtures/a.ts", entry: true, command: false },
  { path: "tests/support/a.ts", entry: false, command: false },
])("isEntry() of $path is $entry and isCommand() is $command", ({ path, entry, command }) => {
  assert.deepEqual([isEntry(path), isCommand(path)], [entry, command]);
});
