import assert from "node:assert/strict";
import { PipelineError } from "../../../src/base/errors.ts";
import { storeErrorOf } from "../../../src/level/database_errors.ts";

const levelError = (message: string, code?: string) =>
  Object.assign(new Error("Database failed to open"), {
    code: "LEVEL_DATABASE_NOT_OPEN",
    cause: Object.assign(new Error(message), { code }),
  });

const cases: readonly [string, string | undefined, string][] = [
  ["IO error: lock /s/LOCK: already held by process", "LEVEL_LOCKED", "STORE_LOCKED"],
  ["Corruption: 1 missing files; e.g.: /s/000005.ldb", "LEVEL_CORRUPTION", "STORE_CORRUPT"],
  ["IO error: /s/MANIFEST-000002: No such file or directory", "LEVEL_IO_ERROR", "STORE_CORRUPT"],
  ["IO error: /s/CURRENT: Is a directory", "LEVEL_IO_ERROR", "STORE_CORRUPT"],
  ["IO error: /s/000007.ldb: Input/output error", "LEVEL_IO_ERROR", "STORE_CORRUPT"],
  ["Invalid argument: not a comparator that we know", undefined, "STORE_CORRUPT"],
  ["IO error: /s/000009.log: No space left on device", "LEVEL_IO_ERROR", "STORE_UNAVAILABLE"],
  ["IO error: /s/000009.log: File too large", "LEVEL_IO_ERROR", "STORE_UNAVAILABLE"],
  ["IO error: /s/000009.log: Permission denied", "LEVEL_IO_ERROR", "STORE_UNAVAILABLE"],
  ["IO error: /s/000009.log: Read-only file system", "LEVEL_IO_ERROR", "STORE_UNAVAILABLE"],
  ["IO error: /s/000009.ldb: Too many open files", "LEVEL_IO_ERROR", "STORE_UNAVAILABLE"],
  ["No native build was found", undefined, "STORE_UNAVAILABLE"],
];

for (const [message, code, expected] of cases) {
  Deno.test(`storeErrorOf() takes "${message}" for ${expected}`, () => {
    const error = levelError(message, code);
    const found = storeErrorOf("/s", error);
    assert.equal(found.code, expected);
    assert.equal(found.cause, error);
  });
}

Deno.test("storeErrorOf() leaves an error alone that already says what it is", () => {
  const error = new PipelineError("STORE_FOREIGN", "Cannot use the store");
  assert.equal(storeErrorOf("/s", error), error);
});
