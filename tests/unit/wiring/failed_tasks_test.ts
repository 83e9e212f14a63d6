import assert from "node:assert/strict";
import { SimulatedClock } from "../../../src/streams/testing/simulated_clock.ts";
import { remindOfFailedTasks } from "../../../src/wiring/failed_tasks.ts";
import { FakeLiveView, fakeTask } from "../../support/fake_live_view.ts";
import { LogLines } from "../../support/log_lines.ts";

Deno.test("remindOfFailedTasks() names a task that has stopped every minute, and no other", async () => {
  const clock = new SimulatedClock();
  const logger = new LogLines();
  const view = new FakeLiveView();
  const stop = new AbortController();
  const reminding = remindOfFailedTasks(view, { clock, logger }, stop.signal);
  view.statuses = [
    fakeTask({ partition: 0 }),
    fakeTask({
      partition: 1,
      state: "failed",
      problem: "the input was cut",
      code: "INPUT_TRUNCATED",
    }),
  ];
  await clock.advance(150_000);
  view.statuses = [fakeTask({ partition: 1 })];
  await clock.advance(150_000);
  stop.abort();
  await reminding;
  const line = {
    level: "error",
    message: "A task has stopped: its trades wait in the log",
    fields: { task: "trade1-1", code: "INPUT_TRUNCATED", problem: "the input was cut" },
  };
  assert.deepEqual(logger.lines, [line, line]);
});
