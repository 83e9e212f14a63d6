import assert from "node:assert/strict";
import { silentLogger } from "../../../src/base/logger.ts";
import { TaskControl } from "../../../src/streams/task_control.ts";
import { TaskReport } from "../../../src/streams/task_report.ts";
import { SimulatedClock } from "../../../src/streams/testing/simulated_clock.ts";

const nothing = () => Promise.resolve();

function taskControl(): { control: TaskControl; report: TaskReport } {
  const clock = new SimulatedClock();
  const report = new TaskReport({ topic: "events", partition: 0 }, clock, silentLogger);
  return { control: new TaskControl(clock), report };
}

Deno.test("TaskControl.race() obeys a wish that came between settling and waiting", async () => {
  const { control, report } = taskControl();
  assert.ok(!await control.settle(nothing, report));
  const suspended = control.suspend(60_000);
  assert.equal(await control.race(new Promise(() => {}), undefined), undefined);
  const settled = control.settle(nothing, report);
  await suspended;
  assert.equal(report.status.state, "suspended");
  control.resume();
  assert.ok(!await settled);
});

Deno.test("TaskControl.race() hears a ring from before it, once", async () => {
  const { control } = taskControl();
  control.ring();
  assert.equal(await control.race(new Promise(() => {}), undefined), undefined);
  assert.equal(await control.race(Promise.resolve(7), undefined), 7);
});

Deno.test("TaskControl.race() gives up waiting when the task is to be closed", async () => {
  const { control, report } = taskControl();
  assert.ok(!await control.settle(nothing, report));
  const racing = control.race(new Promise(() => {}), undefined);
  const closed = control.close(60_000, nothing());
  assert.equal(await racing, undefined);
  assert.ok(await control.settle(nothing, report));
  await closed;
});
