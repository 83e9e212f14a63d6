import assert from "node:assert/strict";
import { PipelineError } from "../../../src/base/errors.ts";
import { settle, SimulatedClock } from "../../../src/streams/testing/simulated_clock.ts";
import { CountingWorld } from "../../support/counting_run.ts";

/** A job whose log does not answer until it is told to; warnings of the job. */
function withoutLog(): {
  readonly world: CountingWorld;
  readonly clock: SimulatedClock;
  readonly warnings: string[];
  answer(): void;
} {
  const world = new CountingWorld({ partitions: 1 });
  const clock = new SimulatedClock();
  const warnings: string[] = [];
  const { log } = world;
  const describe = log.describe.bind(log);
  const silent = { debug() {}, info() {}, error() {} };
  const warn = (message: string) => warnings.push(message);
  Object.assign(world, { clock, logger: { ...silent, warn } });
  log.describe = () => Promise.reject(new PipelineError("LOG_UNAVAILABLE", "no answer"));
  return { world, clock, warnings, answer: () => log.describe = describe };
}

Deno.test("StreamsApp waits at its start for a log that does not answer, and reports it", async () => {
  const { world, clock, warnings, answer } = withoutLog();
  const stop = new AbortController();
  const app = world.app();
  const running = app.run(stop.signal);
  for (let s = 0; s < 60; s++) await clock.advance(1_000);
  assert.deepEqual(warnings, Array(2).fill("waiting to look at the topics"));
  assert.equal(app.joinProblem, "is waiting to look at the topics: no answer");
  answer();
  for (let s = 0; s < 6; s++) await clock.advance(1_000);
  for (let turn = 0; turn < 20; turn++) await settle();
  assert.equal(app.partitionCount, 1);
  assert.equal(app.joinProblem, undefined);
  stop.abort();
  await clock.advance(1_000);
  await running;
});

Deno.test("StreamsApp can be stopped while it waits for its log", async () => {
  const { world, clock } = withoutLog();
  const stop = new AbortController();
  const running = world.app().run(stop.signal);
  await clock.advance(10_000);
  stop.abort();
  await assert.rejects(running, { code: "ABORTED" });
});
