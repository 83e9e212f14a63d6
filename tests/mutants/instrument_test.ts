import assert from "node:assert/strict";
import { instrument } from "../../scripts/mutants/instrument.ts";
import { loadCompiler } from "../../scripts/mutants/syntax.ts";

const compiler = await loadCompiler();

function made(text: string) {
  const header = "export const chosen = { number: -1, reached: new Set() };" +
    "const $isOn = (n) => n === chosen.number; const $reach = (n) => chosen.reached.add(n);" +
    "const $m = (n) => ($reach(n), $isOn(n));" +
    "const $compare = (n, value, mutant) => (mutant() === value || $reach(n), value);";
  return instrument("a.ts", text, { compiler, first: 0, header });
}

/** What `f` returns or throws without a mutant, then with each of them. */
async function outcomes(text: string, ...args: unknown[]): Promise<Record<string, unknown>> {
  const { mutants, text: instrumented } = made(`export ${text}`);
  const url = `data:application/typescript,${encodeURIComponent(instrumented)}`;
  const { f, chosen } = await import(url);
  const found: Record<string, unknown> = {};
  for (const { number, id } of [{ number: -1, id: "a.ts none" }, ...mutants]) {
    chosen.number = number;
    found[id.slice("a.ts ".length)] = await f(...args);
  }
  return found;
}

Deno.test.each([
  {
    rule: "negates conditions and moves bounds",
    text: "function f(n: number) { if (n < 3) return 1; return 2; }",
    args: [3],
    found: { "none": 2, "return return 1;": 2, "bound n < 3": 1, "negation n < 3": 1 },
  },
  {
    rule: "swaps && and ||, === and !==, and drops a negation",
    text: "const f = (a: number, b: boolean) => a === 1 && !b;",
    args: [1, false],
    found: {
      "none": true,
      "logic a === 1 && !b": true,
      "equality a === 1": false,
      "negation !b": false,
    },
  },
  {
    rule: "drops calls and runs two steps in the other order",
    text:
      'function f(list: string[]) { list = []; list.push("a"); list.push("b"); return list.join(""); }',
    args: [],
    found: {
      "none": "ab",
      'drop list.push("a");': "b",
      'order list.push("a"); list.push("b");': "ba",
      'drop list.push("b");': "a",
    },
  },
  {
    rule: "leaves writes to places of a view that do not overlap in their order",
    text: "function f(a: DataView) { a = new DataView(new ArrayBuffer(8)); a.setUint8(0, 1); " +
      "a.setUint16(1, 2); a.setUint8(2, 3); return a.getUint8(2); }",
    args: [],
    found: {
      "none": 3,
      "drop a.setUint8(0, 1);": 3,
      "drop a.setUint16(1, 2);": 3,
      "order a.setUint16(1, 2); a.setUint8(2, 3);": 2,
      "drop a.setUint8(2, 3);": 2,
    },
  },
  {
    rule: "leaves steps in the memory of two things in their order",
    text:
      "function f(a: number[], b = new Set()) { a = []; a.push(1); b.add(2); return a.length + b.size; }",
    args: [],
    found: { "none": 2, "drop a.push(1);": 1, "drop b.add(2);": 1 },
  },
  {
    rule: "drops an awaited call",
    text: "async function f(x: { n: number }) { x = { n: 0 }; await g(x); return x.n; }\n" +
      "async function g(x: { n: number }) { await undefined; x.n = 7; }",
    args: [],
    found: { "none": 7, "drop await g(x);": 0 },
  },
  {
    rule: "is off by one and turns signs",
    text: "function f(n: number) { let m = n + 1; m -= 2; m++; return m; }",
    args: [5],
    found: {
      "none": 5,
      "off by one n + 1": 4,
      "drop m -= 2;": 7,
      "sign m -= 2": 9,
      "drop m++;": 4,
      "sign m++": 3,
    },
  },
  {
    rule: "turns booleans, takes fallbacks away, and leaves types as they are",
    text: "const f = (a?: true) => [a ?? 5, false];",
    args: [],
    found: {
      "none": [5, false],
      "fallback a ?? 5": [undefined, false],
      "boolean false": [5, true],
    },
  },
  {
    rule: "leaves assertions and logging alone",
    text:
      "function f(x = { logger: { warn(_: boolean) {} } }) { x.logger.warn(1 < 2); return 2 < 2; }",
    args: [],
    found: { "none": false, "bound 2 < 2": true },
  },
])("instrument() $rule", async ({ text, args, found }) => {
  assert.deepEqual(await outcomes(text, ...args), found);
});

Deno.test("instrument() tells equal texts apart and keeps every line in its place", () => {
  const { mutants, text } = made("a(); a();\n\nif (b) {\n  // why\n  c();\n}\n");
  const ids = mutants.map(({ id, line }) => `${line} ${id}`);
  assert.deepEqual(ids, [
    "1 a.ts drop a();",
    "1 a.ts drop a(); #2",
    "3 a.ts negation b",
    "5 a.ts drop c();",
  ]);
  assert.equal(text.split("\n").findIndex((line) => line.includes("c();")), 4);
});

Deno.test("instrument() counts a mutant as reached only where it differs", async () => {
  const { text } = made("export const f = (n: number, m?: number) => (m ?? 1) < n || n === 3;");
  const { f, chosen } = await import(`data:application/typescript,${encodeURIComponent(text)}`);
  const reachedBy = (...args: number[]) => {
    chosen.reached.clear();
    f(...args);
    return [...chosen.reached].map((number) => ids[number]).sort();
  };
  const ids = made("const f = (n: number, m?: number) => (m ?? 1) < n || n === 3;")
    .mutants.map(({ id }) => id.split(" ")[1]);
  assert.deepEqual(reachedBy(5, 2), ["logic"]);
  assert.deepEqual(reachedBy(5, 5), ["bound", "equality"]);
  assert.deepEqual(reachedBy(2), ["fallback", "logic"]);
});
