import assert from "node:assert/strict";
import { type ErrorCode, PipelineError } from "../../../src/base/errors.ts";
import { superviseTask } from "../../../src/streams/task/supervision.ts";
import { TaskControl } from "../../../src/streams/task/task_control.ts";
import { SimulatedClock } from "../../../src/streams/testing/simulated_clock.ts";

/** A task under supervision that lives as long as it is told, and fails each time with an error. */
function superviseFailing(code: ErrorCode, livesMs: readonly number[], destroys = true) {
  const clock = new SimulatedClock();
  const control = new TaskControl(clock);
  const seen = { lives: 0, startedMs: [] as number[], destroyed: 0, failures: [] as string[] };
  const live = async () => {
    seen.startedMs.push(clock.monotonicMs());
    await clock.sleep(livesMs[seen.lives++] ?? 0);
    throw new PipelineError(code, "Cannot continue");
  };
  const ended = superviseTask(live, {
    clock,
    control,
    random: { next: () => 1 },
    destroyStore() {
      seen.destroyed += 1;
      return destroys ? Promise.resolve() : Promise.reject(new Error("the disk is gone"));
    },
    onFailure: (error, then) => seen.failures.push(`${(error as Error).message}: ${then}`),
  });
  return { clock, control, seen, ended };
}

/** Pauses between the lives of a task, which last no time but for those that are said. */
async function pauses(code: ErrorCode, ...livesMs: readonly number[]): Promise<number[]> {
  const { clock, control, seen, ended } = superviseFailing(code, livesMs);
  await clock.advance(60_000);
  await control.close(0, ended);
  return seen.startedMs.slice(1, 9).map((startMs, i) =>
    startMs - (seen.startedMs[i] ?? 0) - (livesMs[i] ?? 0)
  );
}

Deno.test("superviseTask() pauses for longer after each failure, and begins again after a long life", async () => {
  assert.deepEqual((await pauses("LOG_UNAVAILABLE")).slice(0, 7), [
    ...[250, 500, 1_000, 2_000, 4_000, 8_000, 10_000],
  ]);
  assert.deepEqual((await pauses("LOG_FENCED")).slice(0, 4), [2_000, 4_000, 8_000, 10_000]);
  assert.deepEqual(
    (await pauses("LOG_UNAVAILABLE", 0, 10_000, 10_001, 0)).slice(0, 4),
    [250, 500, 250, 500],
  );
});

Deno.test("superviseTask() deletes the store before a task begins that has to be rebuilt", async () => {
  const { clock, control, seen, ended } = superviseFailing("STORE_CORRUPT", []);
  await clock.advance(0);
  assert.deepEqual([seen.lives, seen.destroyed], [1, 1]);
  await clock.advance(250);
  assert.equal(seen.lives, 2);
  await control.close(0, ended);
});

Deno.test("superviseTask() stops, and says so, where the store cannot be deleted", async () => {
  const destroys = false;
  const { clock, control, seen, ended } = superviseFailing("STORE_CORRUPT", [], destroys);
  await clock.advance(60_000);
  assert.deepEqual(seen.failures, ["Cannot continue: rebuild", "the disk is gone: stop"]);
  await control.close(0, ended);
  assert.equal(seen.lives, 1);
});

Deno.test("superviseTask() keeps a task that has stopped until it is closed", async () => {
  const { clock, control, seen, ended } = superviseFailing("SINK_REJECTED", []);
  await clock.advance(600_000);
  assert.deepEqual([seen.lives, seen.failures], [1, ["Cannot continue: stop"]]);
  await control.close(0, ended);
});

Deno.test("superviseTask() neither pauses nor deletes for a task that fails while it is closed", async () => {
  const { clock, control, seen, ended } = superviseFailing("STORE_CORRUPT", [100]);
  control.busy();
  const closed = control.close(60_000, ended);
  await clock.advance(100);
  await closed;
  assert.deepEqual([clock.monotonicMs(), seen.destroyed, seen.failures], [
    ...[100, 0, ["Cannot continue: rebuild"]],
  ]);
});

Deno.test("superviseTask() takes the end that a close brings for no failure", async () => {
  const { clock, control, seen, ended } = superviseFailing("ABORTED", [100]);
  await clock.advance(100);
  await ended;
  assert.deepEqual([seen.lives, seen.failures], [1, []]);
  const pausing = superviseFailing("LOG_UNAVAILABLE", []);
  await pausing.clock.advance(0);
  await pausing.control.close(0, pausing.ended);
  assert.deepEqual(pausing.seen.failures, ["Cannot continue: retry"]);
  assert.ok(!control.closing);
});
