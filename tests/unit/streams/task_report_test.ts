import assert from "node:assert/strict";
import { PipelineError } from "../../../src/base/errors.ts";
import { firstMeta } from "../../../src/streams/state/state.ts";
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

const input = { topic: "trade1", partition: 3 };

function reporting() {
  const [clock, logger] = [new SimulatedClock(), new LogLines()];
  return { clock, logger, report: new TaskReport(input, { clock, logger }) };
}

Deno.test("TaskReport shows each step of a restore, and logs one every five seconds", async () => {
  const { clock, logger, report } = reporting();
  const restoredAtMs: number[] = [];
  for (const [stepMs, position] of [[0, 1], [5_000, 2], [4_999, 3], [1, 4]] as const) {
    await clock.advance(stepMs);
    const before = logger.lines.length;
    const rest = { restoredRecords: position, remainingOffsets: 901, recordsPerSecond: 300 };
    report.restoring({ position, ...rest });
    assert.equal(report.status.restore?.position, position);
    assert.equal(report.status.changelogPosition, position);
    if (logger.lines.length > before) restoredAtMs.push(clock.monotonicMs());
  }
  assert.deepEqual(restoredAtMs, [5_000, 10_000]);
  assert.deepEqual(logger.lines[0]?.fields["secondsLeft"], 4);
});

Deno.test("TaskReport logs a state, and what a task waits for, when they are others", () => {
  const { logger, report } = reporting();
  for (const state of ["created", "fencing", "fencing", "restoring"] as const) report.state(state);
  assert.equal(report.status.state, "restoring");
  for (const detail of ["one", "one", "another"]) {
    report.problem(new PipelineError("SINK_UNAVAILABLE", detail));
    assert.deepEqual([report.status.code, report.status.problem], ["SINK_UNAVAILABLE", detail]);
  }
  assert.deepEqual(logger.lines.map(({ fields: { state, problem } }) => state ?? problem), [
    ...["fencing", "restoring", "one", "another"],
  ]);
});

Deno.test("TaskReport has no lag before it is known where the input ends, and what was committed", () => {
  const { report } = reporting();
  const meta = firstMeta({
    ...input,
    topicId: "",
    partitions: 1,
    changelogId: "",
    repartitionId: "",
  }, 4);
  report.ends("app-repartition", 3);
  assert.equal(report.status.lagRecords, undefined);
  report.ends(input.topic, 9);
  assert.equal(report.status.lagRecords, undefined);
  report.opened({ ...meta, rekeyedOffset: 1 }, undefined);
  assert.equal(report.status.lagRecords, 5 + 2);
  report.ends("second", 10);
  report.committed(
    { ...meta, rekeyedOffset: 3, others: [{ topic: "second", offset: 8, epoch: 0 }] },
    1,
    5,
  );
  assert.equal(report.status.lagRecords, 5 + 0 + 2);
  const early = reporting().report;
  early.opened(meta, undefined);
  early.ends("app-repartition", 3);
  assert.equal(early.status.lagRecords, undefined);
});
