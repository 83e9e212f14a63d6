import assert from "node:assert/strict";
import { failure, worldWithPast } from "../../support/counting_past.ts";
import { countingTopology } from "../../support/counting_topology.ts";
import { refuseOtherWindowing, windowingOf } from "../../../src/streams/state/windowing.ts";
import { measurements } from "../../support/measurements.ts";

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

Deno.test("TaskSession takes no windows for sessions of the same length", async () => {
  const world = await worldWithPast();
  world.topology = countingTopology({ gapMs: 10_000 });
  assert.match(
    await failure(world),
    /state holds windows of 10000 ms every 10000 ms: this job has sessions with a gap of 10000 ms/,
  );
});

Deno.test("TaskSession takes no hopping windows for sliding ones of the same lengths", async () => {
  const world = await worldWithPast();
  world.topology = countingTopology({ advanceMs: 5_000, slides: true });
  assert.match(await failure(world), /this job has sliding windows of 5000 ms by 5000 ms; run the/);
  const had = windowingOf(countingTopology({ advanceMs: 5_000 }));
  assert.notDeepEqual(had, windowingOf(world.topology));
});

Deno.test("TaskSession continues with another grace and retention", async () => {
  const world = await worldWithPast();
  world.topology = countingTopology({ graceMs: 1_000, retentionMs: 2_000_000 });
  await world.feed(measurements(6, 20), 3_000_000);
  assert.equal(await world.runToEnd(), "done");
});

Deno.test.each([
  { options: {}, text: "windows of 10000 ms every 10000 ms" },
  {
    options: { rollUps: true },
    text: "windows of 10000 ms every 10000 ms rolled up to 20000, 60000",
  },
  { options: { unwindowed: true }, text: "a value per key, without windows" },
  { options: { gapMs: 3_000 }, text: "sessions with a gap of 3000 ms" },
  { options: { advanceMs: 2_000, slides: true }, text: "sliding windows of 8000 ms by 2000 ms" },
])("refuseOtherWindowing() tells of $text", ({ options, text }) => {
  const had = windowingOf(countingTopology(options));
  const input = { topic: "input", partition: 0 };
  refuseOtherWindowing(input, [], had);
  refuseOtherWindowing(input, had, [...had]);
  assert.throws(() => refuseOtherWindowing(input, had, [1, 1]), {
    code: "STATE_UNREADABLE",
    message: new RegExp(`its state holds ${text}`),
  });
});
