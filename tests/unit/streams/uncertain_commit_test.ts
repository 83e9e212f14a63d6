import assert from "node:assert/strict";
import { PipelineError } from "../../../src/base/errors.ts";
import { CountingWorld } from "../../support/counting_run.ts";
import { expectedWindows, measurements } from "../../support/measurements.ts";
import type {
  RepeatedRequest,
  TransactionStep,
} from "../../../src/streams/testing/memory_writer.ts";

const input = measurements(3, 60);
const expected = expectedWindows(input);

/** Fails the `n`th transaction at a step, once. */
function failOnce(
  world: CountingWorld,
  step: TransactionStep,
  n: number,
  code: "LOG_UNAVAILABLE" | "COMMIT_UNKNOWN",
): void {
  let calls = 0;
  world.log.hook = (at) => {
    if (at === step && ++calls === n) throw new PipelineError(code, `no answer at ${step}`);
  };
}

Deno.test.each(
  [
    { step: "records-sent", code: "LOG_UNAVAILABLE", why: "nothing was committed" },
    { step: "before-end", code: "COMMIT_UNKNOWN", why: "the end never arrived" },
    { step: "after-end", code: "COMMIT_UNKNOWN", why: "the answer never arrived" },
  ] as const,
)("Committer finds out what became of a transaction when $why", async ({ step, code }) => {
  const world = new CountingWorld();
  await world.feed(input, 2_000_000);
  failOnce(world, step, 3, code);
  assert.equal(await world.runToEnd(), "done");
  assert.deepEqual(world.counts(), expected.counts);
  assert.equal(world.log.visible("input-late").length, expected.late);
  assert.deepEqual(world.sink.violations, []);
});

Deno.test("Committer does not take the partition back from an owner that went on", async () => {
  const world = new CountingWorld({ partitions: 1 });
  await world.feed(input, 2_000_000);
  let interfered = false;
  world.log.hook = (at) => {
    if (at !== "before-end" || interfered) return;
    interfered = true;
    const input = { topic: "input", partition: 0 };
    world.log.commitOffset("app", input, { offset: 59, metadata: "somebody else's" });
    throw new PipelineError("COMMIT_UNKNOWN", "no answer");
  };
  const stop = new AbortController();
  const app = world.app();
  const running = app.run(stop.signal);
  while (app.tasks[0]?.state !== "failed") await new Promise((r) => setTimeout(r, 1));
  assert.match(app.tasks[0]?.problem ?? "", /another owner continued with it/);
  assert.equal(world.log.visible("app-totals-changelog").length, 0);
  stop.abort();
  await running;
});

Deno.test.each(
  [
    { request: "end", step: "records-sent", why: "would commit records without their position" },
    { request: "commit-offset", step: "before-end", why: "would commit an older position" },
  ] as const,
)("Committer fences again after a repeated request, as a late $request $why", async (test) => {
  const world = new CountingWorld({ partitions: 1 });
  world.log.readRecordsMax = 2;
  await world.feed(input, 2_000_000);
  const late = Promise.withResolvers<RepeatedRequest>();
  let transactions = 0;
  world.log.repeated = () => ++transactions === 3 ? late.promise : undefined;
  const positions: number[] = [];
  world.log.hook = (at, input) => {
    if (transactions >= 3 && at === test.step) late.resolve(test.request);
    if (at === "after-end") positions.push(world.log.committedOffset("app", input) ?? 0);
  };
  assert.equal(await world.runToEnd(), "done");
  assert.ok(transactions > 4);
  assert.deepEqual(positions, [...new Set(positions)]);
  assert.deepEqual(world.counts(), expected.counts);
  assert.equal(world.log.visible("input-late").length, expected.late);
  assert.deepEqual(world.sink.violations, []);
});
