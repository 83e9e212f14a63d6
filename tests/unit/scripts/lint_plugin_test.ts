import assert from "node:assert/strict";
import plugin from "../../../scripts/lint_plugin/mod.ts";
import { folders } from "../../../scripts/lint_plugin/places.ts";

/** Rules that a file with this source breaks, without the plugin's name. */
function broken(filename: string, source: string): string[] {
  return Deno.lint.runPlugin(plugin, filename, source).map(({ id }) => id.split("/")[1] ?? id);
}

Deno.test.each([
  { file: "src/base/a.ts", source: 'import "../streams/b.ts";' },
  { file: "src/streams/a.ts", source: 'import type { T } from "../market/b.ts";' },
  { file: "src/streams/a.ts", source: 'export * from "../level/b.ts";' },
  { file: "src/streams/a.ts", source: 'export { b } from "../level/b.ts";' },
  { file: "src/kafka/a.ts", source: 'import "../registry/b.ts";' },
  { file: "src/level/a.ts", source: 'import "../market/b.ts";' },
  { file: "src/market/deep/a.ts", source: 'import "../../feed/b.ts";' },
  { file: "src/kafka/wire/a.ts", source: 'import "../cluster/b.ts";' },
  { file: "src/kafka/read/a.ts", source: 'import "../write/b.ts";' },
  { file: "src/kafka/read/a.ts", source: 'import "../connection.ts";' },
  { file: "src/streams/ports.ts", source: 'import "./state/b.ts";' },
  { file: "src/kafka/elsewhere/a.ts", source: 'import "../wire/b.ts";' },
  { file: "src/http/a.ts", source: 'await import("../feed/b.ts");' },
  { file: "src/base/a.ts", source: 'import "../start.ts";' },
  { file: "src/start.ts", source: 'import "./produce.ts";' },
  { file: "src/start.ts", source: 'import "./elsewhere/a.ts";' },
  { file: "src/elsewhere/a.ts", source: 'import "../base/b.ts";' },
  { file: "src/base/a.ts", source: 'import "../../tests/support/b.ts";' },
])("import-direction fires in $file on $source", ({ file, source }) => {
  assert.deepEqual(broken(file, source), ["import-direction"]);
});

Deno.test.each([
  { file: "src/streams/a.ts", source: 'import "../base/b.ts"; import "./c.ts";' },
  { file: "src/market/deep/a.ts", source: 'import "../b.ts"; import "../../base/b.ts";' },
  { file: "src/sqlite/a.ts", source: 'import "../streams/b.ts"; import "../market/b.ts";' },
  { file: "src/kafka/read/a.ts", source: 'import "../cluster/b.ts"; import "./c.ts";' },
  { file: "src/kafka/a.ts", source: 'import "./read/b.ts"; import "./group/c.ts";' },
  { file: "src/streams/mod.ts", source: 'export * from "./app/b.ts";' },
  { file: "src/start.ts", source: 'import "./kafka/b.ts"; import "./sqlite/b.ts";' },
  {
    file: "src/cassandra/a.ts",
    source: 'import t from "../../cql/a.cql" with { type: "text" }; t;',
  },
  { file: "tests/unit/base/a_test.ts", source: 'import "../../../src/streams/b.ts";' },
  { file: "scripts/a.ts", source: 'import "../src/kafka/b.ts";' },
])("import-direction lets $file do $source", ({ file, source }) => {
  assert.deepEqual(broken(file, source), []);
});

Deno.test.each([
  { file: "src/streams/a.ts", source: 'import { Kafka } from "kafkajs"; Kafka;' },
  { file: "src/cassandra/a.ts", source: 'import "kafkajs/src/x.js";' },
  { file: "src/feed/a.ts", source: 'import "@logtape/logtape";' },
  { file: "src/start.ts", source: 'import type { Kafka } from "kafkajs";' },
  { file: "src/http/a.ts", source: 'import "left-pad";' },
  { file: "tests/property/a_test.ts", source: 'import "fast-check";' },
])("package-home fires in $file on $source", ({ file, source }) => {
  assert.deepEqual(broken(file, source), ["package-home"]);
});

Deno.test.each([
  { file: "src/kafka/a.ts", source: 'import "kafkajs"; import "kafkajs/src/x.js";' },
  { file: "src/app/a.ts", source: 'import "@logtape/logtape";' },
  { file: "src/streams/a.ts", source: 'import "node:buffer";' },
  { file: "tests/support/properties.ts", source: 'import "fast-check"; import "kafkajs";' },
])("package-home lets $file do $source", ({ file, source }) => {
  assert.deepEqual(broken(file, source), []);
});

Deno.test.each([
  "Date.now();",
  "const now = Date.now; now;",
  "new Date();",
  "Date();",
  "globalThis.Date.now();",
  "performance.now();",
  "setTimeout(() => {}, 1);",
  "globalThis.setInterval(() => {}, 1);",
  "AbortSignal.timeout(1);",
  "Math.random();",
  "crypto.randomUUID();",
  'Deno.env.get("A");',
  'fetch("http://a");',
  'new WebSocket("ws://a");',
  'import { setTimeout } from "node:timers/promises"; setTimeout;',
])("no-ambient fires in a pure folder on %s", (source) => {
  assert.deepEqual(broken("src/streams/a.ts", source), ["no-ambient"]);
});

Deno.test.each([
  { file: "src/streams/a.ts", source: "new Date(0); Math.max(1, 2); clock.nowMs();" },
  { file: "src/streams/a.ts", source: "const o = { setTimeout: 1, Deno: 2 }; o;" },
  { file: "src/streams/a.ts", source: "task.setTimeout(1); record.Date.now();" },
  { file: "src/base/clock.ts", source: "Date.now(); setTimeout(() => {}, 1);" },
  { file: "src/base/random.ts", source: "Math.random();" },
  { file: "src/sqlite/a.ts", source: 'Deno.mkdir("a"); setTimeout(() => {}, 1);' },
  { file: "src/level/a.ts", source: 'import { mkdir } from "node:fs/promises"; mkdir("a");' },
  { file: "src/feed/a.ts", source: "Deno.serve(() => new Response());" },
  { file: "src/http/page/app.js", source: "Date.now(); setTimeout(() => {}, 1);" },
  { file: "src/start.ts", source: "Date.now(); Deno.exit();" },
  { file: "tests/unit/a_test.ts", source: "Date.now(); Deno.test();" },
])("no-ambient lets $file do $source", ({ file, source }) => {
  assert.deepEqual(broken(file, source), []);
});

Deno.test.each([
  { file: "src/kafka/a.ts", source: "Date.now();" },
  { file: "src/feed/a.ts", source: "setTimeout(() => {}, 1);" },
  { file: "src/ingest/a.ts", source: "Deno.cwd();" },
  { file: "src/level/a.ts", source: 'Deno.mkdir("a");' },
  { file: "src/kafka/group/a.ts", source: 'Deno.readTextFile("a");' },
  { file: "src/app/a.ts", source: "Math.random();" },
])("no-ambient fires in $file on $source", ({ file, source }) => {
  assert.deepEqual(broken(file, source), ["no-ambient"]);
});

Deno.test.each([
  { file: "src/level/a.ts", source: "new TextDecoder();", rules: ["says-byte-order-mark"] },
  { file: "src/level/a.ts", source: 'new TextDecoder("utf-8");', rules: ["says-byte-order-mark"] },
  { file: "src/streams/a.ts", source: 'new TextDecoder("utf-8", { ignoreBOM: true });', rules: [] },
  { file: "tests/unit/a_test.ts", source: "new TextDecoder();", rules: [] },
])("says-byte-order-mark finds $rules in $source of $file", ({ file, source, rules }) => {
  assert.deepEqual(broken(file, source), rules);
});

Deno.test("no-default-export fires in src and nowhere else", () => {
  assert.deepEqual(broken("src/base/a.ts", "export default 1;"), ["no-default-export"]);
  assert.deepEqual(broken("scripts/a.ts", "export default 1;"), []);
});

Deno.test("function-length fires from the 71st line on", () => {
  const functionOf = (lines: number) => `function f() {\n${"f();\n".repeat(lines - 2)}}\nf();\n`;
  assert.deepEqual(broken("scripts/a.ts", functionOf(70)), []);
  assert.deepEqual(broken("scripts/a.ts", functionOf(71)), ["function-length"]);
});

/** Names with what each may import, which must stand before it. */
function isOrdered(tables: Readonly<Record<string, readonly string[]>>): void {
  const names = Object.keys(tables);
  for (const [index, name] of names.entries()) {
    for (const imported of tables[name] ?? []) {
      assert(names.slice(0, index).includes(imported), `${name} imports ${imported}`);
    }
  }
}

Deno.test("folders and rooms know no cycle: each imports only from those above it", () => {
  isOrdered(Object.fromEntries(Object.entries(folders).map(([name, f]) => [name, f.imports])));
  for (const { rooms = {} } of Object.values(folders)) isOrdered(rooms);
});
