import assert from "node:assert/strict";
import { TaskControl } from "../../../src/streams/task/task_control.ts";
import { SimulatedClock } from "../../../src/streams/testing/simulated_clock.ts";

const nothing = () => Promise.resolve();

const never = new Promise<void>(() => {});

Deno.test("TaskControl.race() obeys a wish to close that came before it waits", async () => {
  const control = new TaskControl(new SimulatedClock());
  control.busy();
  const closed = control.close(60_000, nothing());
  assert.equal(await control.race(never, undefined), undefined);
  await closed;
});

Deno.test("TaskControl.race() hears a ring from before it, once", async () => {
  const control = new TaskControl(new SimulatedClock());
  control.ring();
  assert.equal(await control.race(never, undefined), undefined);
  assert.equal(await control.race(Promise.resolve(7), undefined), 7);
});

Deno.test("TaskControl.race() gives up waiting when the task is to be closed", async () => {
  const control = new TaskControl(new SimulatedClock());
  control.busy();
  const racing = control.race(never, undefined);
  const closed = control.close(60_000, nothing());
  assert.equal(await racing, undefined);
  assert.ok(control.closing);
  await closed;
});

Deno.test("TaskControl.close() gives a busy task its time, and an idle one none", async () => {
  const clock = new SimulatedClock();
  for (const idle of [true, false]) {
    const control = new TaskControl(clock);
    if (!idle) control.busy();
    const ended = Promise.withResolvers<void>();
    control.signal.addEventListener("abort", () => ended.resolve());
    const closed = control.close(5_000, ended.promise);
    await clock.advance(4_999);
    assert.equal(control.signal.aborted, idle);
    await clock.advance(1);
    await closed;
  }
});
