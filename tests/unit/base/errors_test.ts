import assert from "node:assert/strict";
import { describeError, PipelineError, type Remedies } from "../../../src/base/errors.ts";

Deno.test("describeError() takes the first line of a cause, and all of the error itself", () => {
  const cause = new Error("timed out\n    at Timeout (driver.js:1:2)");
  const error = new Error("Cannot write\n  one\n  two", { cause });
  assert.equal(describeError(error), "Cannot write\n  one\n  two: timed out");
});

Deno.test("describeError() names the causes behind an error, in order", () => {
  const error = new Error("a", { cause: new Error("b", { cause: "c" }) });
  assert.equal(describeError(error), "a: b: c");
  assert.equal(describeError(new Error("a: b", { cause: error.cause })), "a: b: c");
});

const remedies: Remedies = {
  "other-topic": "read the other topic",
  repartition: "move the state",
  reset: "begin again",
  "group-position": "set it",
  provision: "make it",
  "add-partitions": "add some",
};

Deno.test("describeError() ends with the program's words for what to do", () => {
  const truncated = new PipelineError("INPUT_TRUNCATED", "Cannot read", { remedy: "reset" });
  assert.equal(describeError(truncated, remedies), "Cannot read; begin again");
  assert.equal(describeError(truncated), "Cannot read");
  const wrapped = new PipelineError("LOG_UNAVAILABLE", "Cannot start", { cause: truncated });
  assert.equal(describeError(wrapped, remedies), "Cannot start: Cannot read; begin again");
  assert.equal(describeError(new Error("a"), remedies), "a");
});
