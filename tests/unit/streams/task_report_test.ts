import assert from "node:assert/strict";
import { PipelineError } from "../../../src/base/errors.ts";
import { TaskReport } from "../../../src/streams/task/task_report.ts";
import { SimulatedClock } from "../../../src/streams/testing/mod.ts";
import { LogLines } from "../../support/log_lines.ts";

Deno.test("TaskReport logs the code of what stops or delays a task, which operators look up", () => {
  const logger = new LogLines();
  const report = new TaskReport(
    { topic: "trade1", partition: 3 },
    { clock: new SimulatedClock(), logger },
  );
  report.problem(new PipelineError("SINK_UNAVAILABLE", "Cannot write"));
  report.failed(new PipelineError("SINK_REJECTED", "Cannot write"), "stop");
  report.failed(new TypeError("a bug"), "stop");
  assert.deepEqual(logger.lines.map(({ message, fields }) => [message, fields["code"]]), [
    ["task waits", "SINK_UNAVAILABLE"],
    ["task failed", "SINK_REJECTED"],
    ["task failed", undefined],
  ]);
});
