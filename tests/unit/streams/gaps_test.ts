import assert from "node:assert/strict";
import { CountingWorld } from "../../support/counting_run.ts";
import { failure, worldWithPast } from "../../support/counting_past.ts";
import { measurements } from "../../support/measurements.ts";

const place = { topic: "input", partition: 0 };

Deno.test("TaskSession refuses input that was deleted before it was processed", async () => {
  const world = await worldWithPast();
  await world.feed(measurements(6, 20), 3_000_000);
  world.log.truncate(place, 30);
  assert.match(
    await failure(world),
    /Cannot read input-0 from offset 20 as the topic holds 30 to 40: records were deleted before/,
  );
});

Deno.test("TaskSession refuses a position behind what a broker has kept of the input", async () => {
  const world = await worldWithPast();
  world.log.loseTail(place, 15);
  assert.match(
    await failure(world),
    /Cannot read input-0 from offset 20 as the topic holds 0 to 15: a broker has lost the rest/,
  );
});

Deno.test("TaskSession refuses a changelog that was cut when the state is gone", async () => {
  const world = await worldWithPast();
  world.stores.wipe();
  world.log.truncate({ topic: "app-totals-changelog", partition: 0 }, 5);
  assert.match(await failure(world), /Cannot restore app-totals-changelog-0 from offset 0/);
});

Deno.test("TaskSession refuses a changelog that was cut although the state is kept", async () => {
  const world = await worldWithPast();
  world.log.truncate({ topic: "app-totals-changelog", partition: 0 }, 5);
  assert.match(await failure(world), /Cannot .*app-totals-changelog-0.* holds 5 to \d+/);
});

Deno.test("TaskSession refuses a changelog that ends before the last commit", async () => {
  const world = await worldWithPast();
  world.stores.wipe();
  world.log.loseTail({ topic: "app-totals-changelog", partition: 0 }, 3);
  assert.match(await failure(world), /Cannot .*app-totals-changelog-0.* holds 0 to 3/);
});

Deno.test("TaskSession refuses to start from scratch where the group has a position", async () => {
  const world = new CountingWorld({ partitions: 1 });
  await world.feed(measurements(5, 20), 2_000_000);
  world.log.commitOffset("app", place, { offset: 10, metadata: "" });
  assert.match(await failure(world), /at committed offset 10 as its state is gone/);
});

Deno.test("TaskSession refuses a group position that its state does not have", async () => {
  const world = await worldWithPast();
  world.log.commitOffset("app", place, { offset: 10, metadata: "" });
  assert.match(await failure(world), /the state is as of offset 20, the group committed 10/);
});

// kafka-consumer-groups --reset-offsets --to-earliest leaves such a position in every partition.
Deno.test("TaskSession takes a position that has nothing before it for a first start", async () => {
  const world = new CountingWorld({ partitions: 1 });
  world.log.commitOffset("app", place, { offset: 0, metadata: "" });
  await world.feed(measurements(5, 20), 2_000_000);
  assert.equal(await world.runToEnd(), "done");
  assert.equal(world.counts().read, measurements(5, 20).flat().length);
});

Deno.test("TaskSession starts at the oldest record when there is no past", async () => {
  const world = new CountingWorld({ partitions: 1 });
  await world.feed(measurements(5, 20), 2_000_000);
  world.log.truncate(place, 15);
  assert.equal(await world.runToEnd(), "done");
  assert.equal(world.counts().read, measurements(5, 20).slice(15).flat().length);
});
