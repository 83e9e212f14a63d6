/** What operators read about errors must not fall behind the errors. */
import assert from "node:assert/strict";
import source from "../../../src/base/errors.ts" with { type: "text" };
import operating from "../../../docs/OPERATING.md" with { type: "text" };

function namesIn(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([, name = ""]) => name).sort();
}

Deno.test("docs/OPERATING.md says what to do about every error code", () => {
  const union = /export type ErrorCode =([^;]+);/.exec(source)?.[1] ?? "";
  const codes = namesIn(union, /"([A-Z_]+)"/g);
  assert.ok(codes.length > 20);
  assert.deepEqual(namesIn(operating, /^\| `([A-Z_]+)` +\|/gm), codes);
});
