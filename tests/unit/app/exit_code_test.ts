import assert from "node:assert/strict";
import { exitCodeOf } from "../../../src/app/exit_code.ts";
import { InvariantError } from "../../../src/base/assert.ts";
import { PipelineError } from "../../../src/base/errors.ts";

Deno.test.each([
  { error: new PipelineError("ABORTED", ""), want: 0, why: "a shutdown is not a failure" },
  { error: new PipelineError("FEED_REFUSED", ""), want: 1, why: "the world says no" },
  { error: new PipelineError("CONFIG_INVALID", ""), want: 2, why: "the user can fix it" },
  { error: new InvariantError(""), want: 70, why: "a bug of ours" },
  { error: new TypeError(""), want: 70, why: "a bug of ours" },
])("exitCodeOf() is $want when $why", ({ error, want }) => {
  assert.equal(exitCodeOf(error), want);
});
