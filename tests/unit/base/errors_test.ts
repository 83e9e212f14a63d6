import assert from "node:assert/strict";
import { describeError } from "../../../src/base/errors.ts";

Deno.test("describeError() takes the first line of a cause, and all of the error itself", () => {
  const cause = new Error("timed out\n    at Timeout (driver.js:1:2)");
  const error = new Error("Cannot write\n  one\n  two", { cause });
  assert.equal(describeError(error), "Cannot write\n  one\n  two: timed out");
});

Deno.test("describeError() names the causes behind an error, in order", () => {
  const error = new Error("a", { cause: new Error("b", { cause: "c" }) });
  assert.equal(describeError(error), "a: b: c");
});
