import assert from "node:assert/strict";
import { CountingWorld } from "../../support/counting_run.ts";
import { countingTopology } from "../../support/counting_topology.ts";
import { measurements } from "../../support/measurements.ts";

/** A world whose only task has state: windows of 10 s. */
async function worldWithPast(): Promise<CountingWorld> {
  const world = new CountingWorld({ partitions: 1 });
  await world.feed(measurements(5, 20), 2_000_000);
  await world.runToEnd();
  return world;
}

/** Runs the job until its only task runs or has failed; gives the reason, if there is one. */
async function failure(world: CountingWorld): Promise<string> {
  const stop = new AbortController();
  const app = world.app();
  const running = app.run(stop.signal);
  while (!["running", "failed"].includes(app.tasks[0]?.state ?? "")) await turn();
  const problem = app.tasks[0]?.problem ?? "";
  stop.abort();
  await running;
  return problem;
}

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

// A job whose windows were made longer went on in the state of the shorter ones, and showed each of
// these as a long one.
for (const state of ["kept", "deleted"]) {
  Deno.test(`TaskSession refuses windows of another length, the state being ${state}`, async () => {
    const world = await worldWithPast();
    if (state === "deleted") world.stores.wipe();
    world.topology = countingTopology({ advanceMs: 5_000 });
    assert.match(
      await failure(world),
      /state holds windows of 10000 ms every 10000 ms: this job has windows of 10000 ms every 5000/,
    );
  });
}

Deno.test("TaskSession refuses other roll-ups than the state's, and takes its own again", async () => {
  const world = await worldWithPast();
  const { topology } = world;
  world.topology = countingTopology({ rollUps: true });
  assert.match(await failure(world), /this job has .* rolled up to 20000, 60000 ms; run the job/);
  world.topology = topology;
  assert.equal(await world.runToEnd(), "done");
});

Deno.test("TaskSession goes on with another grace and retention", async () => {
  const world = await worldWithPast();
  world.topology = countingTopology({ graceMs: 1_000, retentionMs: 2_000_000 });
  await world.feed(measurements(6, 20), 3_000_000);
  assert.equal(await world.runToEnd(), "done");
});
