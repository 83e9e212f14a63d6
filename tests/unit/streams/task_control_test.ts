import assert from "node:assert/strict";
import { TaskControl } from "../../../src/streams/task/task_control.ts";
import { SimulatedClock } from "../../../src/streams/testing/simulated_clock.ts";

const nothing = () => Promise.resolve();

Deno.test("TaskControl.wait() obeys a wish to close that came before it waits", async () => {
  const control = new TaskControl(new SimulatedClock());
  control.busy();
  const closed = control.close(60_000, nothing());
  await control.wait(undefined);
  await closed;
});

Deno.test("TaskControl.wait() hears a ring from before it, once", async () => {
  const clock = new SimulatedClock();
  const control = new TaskControl(clock);
  control.ring();
  await control.wait(undefined);
  let waited = false;
  const waiting = control.wait(5).then(() => waited = true);
  await clock.advance(4);
  assert.ok(!waited);
  await clock.advance(1);
  await waiting;
});

Deno.test("TaskControl.wait() gives up waiting when the task is to be closed", async () => {
  const control = new TaskControl(new SimulatedClock());
  control.busy();
  const waiting = control.wait(undefined);
  const closed = control.close(60_000, nothing());
  await waiting;
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

Deno.test("TaskControl leaves no timer behind that is not needed", async () => {
  const clock = new SimulatedClock();
  const control = new TaskControl(clock);
  const waiting = control.wait(5_000);
  control.ring();
  await waiting;
  assert.equal(clock.nextWakeMs, Infinity);
  control.busy();
  await control.close(5_000, nothing());
  assert.equal(clock.nextWakeMs, Infinity);
});

Deno.test("TaskControl.wait() takes a ring that ends it for heard", async () => {
  const clock = new SimulatedClock();
  const control = new TaskControl(clock);
  const first = control.wait(undefined);
  control.ring();
  await first;
  let waited = false;
  const second = control.wait(5).then(() => waited = true);
  await clock.advance(4);
  assert.ok(!waited);
  await clock.advance(1);
  await second;
});

Deno.test.each(["close", "abort"] as const)("TaskControl.%s() ends every wait", async (how) => {
  const control = new TaskControl(new SimulatedClock());
  const [waiting, closed] = [control.wait(undefined), control.untilClosed()];
  if (how === "abort") control.abort();
  else await control.close(5_000, nothing());
  await Promise.all([waiting, closed]);
  assert.ok(control.closing);
  assert.ok(control.signal.aborted);
  await control.wait(undefined);
});
