// A final row of three events was replaced by one of one, after a start with a longer grace; and
// after a crash and a start with another grace the same write time stood for other bytes.
import assert from "node:assert/strict";
import { windowKey } from "../../../src/streams/state/store_keys.ts";
import { CountingWorld, Crash } from "../../support/counting_run.ts";
import { failure, worldWithPast } from "../../support/counting_past.ts";
import { countingTopology, type Measurement } from "../../support/counting_topology.ts";

const receivedAtMs = 2_000_000;

function of(...timesMs: readonly number[]): Measurement[] {
  return timesMs.map((timeMs) => ({ key: "k", timeMs, value: 1 }));
}

/** Records of two keys with the same times. */
function ofBoth(...timesMs: readonly number[]): Measurement[][] {
  return [of(...timesMs), of(...timesMs).map((one) => ({ ...one, key: "l" }))];
}

/** A row of the sink without its write time. */
function row(world: CountingWorld, key: string): unknown {
  const { versionUs: _, ...rest } = world.sink.rows.get(key) ?? { versionUs: 0 };
  return rest;
}

const windowOf = { kind: "window", key: "k" };

Deno.test("a window that was final stays as it is when the next start has a longer grace", async () => {
  const world = new CountingWorld({ partitions: 1, graceMs: 0 });
  await world.feed([of(1_000_000, 1_000_001, 1_000_002), of(1_020_000)], receivedAtMs);
  await world.runToEnd();
  const final = { ...windowOf, startMs: 1_000_000, count: 3, sum: 3, final: true };
  assert.deepEqual(row(world, "k@1000000"), final);

  world.topology = countingTopology({ graceMs: 500_000 });
  // What was closed is not opened again by an event that moves the stream time, either.
  await world.feed([of(1_000_003), of(1_020_001), of(1_000_004)], receivedAtMs + 1_000);
  await world.runToEnd();
  assert.deepEqual(row(world, "k@1000000"), final);
  assert.equal(world.counts().late, 2);
});

Deno.test("a purged window is not made again when the next start keeps windows for longer", async () => {
  const world = new CountingWorld({ partitions: 1, graceMs: 0, retentionMs: 10_000 });
  await world.feed([of(1_000_000, 1_000_001), of(1_030_000)], receivedAtMs);
  await world.runToEnd();

  world.topology = countingTopology({ graceMs: 500_000, retentionMs: 1_000_000 });
  await world.feed([of(1_000_003), of(1_031_000)], receivedAtMs + 1_000);
  await world.runToEnd();
  const first = { ...windowOf, startMs: 1_000_000, count: 2, sum: 2, final: true };
  assert.deepEqual(row(world, "k@1000000"), first);
  assert.equal(world.counts().late, 1);
});

Deno.test("a window that is open stays so when the next start keeps windows for less", async () => {
  const world = new CountingWorld({ partitions: 1, graceMs: 900_000, retentionMs: 1_000_000 });
  await world.feed([of(1_000_000), of(1_800_000)], receivedAtMs);
  await world.runToEnd();

  world.topology = countingTopology({ graceMs: 0, retentionMs: 10_000 });
  await world.feed([of(1_000_001)], receivedAtMs + 1_000);
  await world.runToEnd();
  await world.feed([of(1_000_002)], receivedAtMs + 2_000);
  await world.runToEnd();
  const open = { ...windowOf, startMs: 1_000_000, count: 3, sum: 3, final: false };
  assert.deepEqual(row(world, "k@1000000"), open);
});

for (const past of ["none", "some"]) {
  Deno.test(`lost work by other rules leaves nothing behind, with ${past} past`, async () => {
    const world = new CountingWorld({ partitions: 1, graceMs: 60_000 });
    if (past === "some") {
      await world.feed([of(1_000_000)], receivedAtMs);
      await world.runToEnd();
    }
    const input = [of(1_000_000), of(1_040_000, 1_100_000), of(1_050_000), of(1_050_001)];
    await world.feed(input, receivedAtMs + 1_000);
    world.sink.hook = (step) => {
      if (step === "after-write") throw new Crash("crash before the transaction");
    };
    assert.equal(await world.runToEnd(), "crashed");
    assert.equal(world.sink.rows.get("k@1050000"), undefined, "results are shown once committed");

    world.sink.hook = () => {};
    world.topology = countingTopology({ graceMs: 0 });
    assert.equal(await world.runToEnd(), "done");
    assert.deepEqual(world.sink.violations, []);
    assert.equal(world.counts().late, 2);
    const first = { ...windowOf, startMs: 1_040_000, count: 1, sum: 1, final: true };
    assert.deepEqual(row(world, "k@1040000"), first);
  });
}

Deno.test("TaskSession refuses the state of a later version of the program", async () => {
  const world = await worldWithPast();
  const { log } = world;
  const changelog = { topic: "app-totals-changelog", partition: 0 };
  const meta = log.visible(changelog.topic).findLast(({ key }) => key?.[0] === 0x6d);
  assert.ok(meta !== undefined);
  const text = new TextDecoder().decode(meta.value ?? undefined);
  const later = text.replace('"stateVersion":2', '"stateVersion":3');
  const value = new TextEncoder().encode(later);
  log.write({ ...changelog, timestampMs: 0, key: meta.key, value }, undefined);
  world.stores.wipe();
  assert.match(
    await failure(world),
    /state must be of version 2: it is of version 3; start the version of the program that wrote it/,
  );
});

Deno.test.each([
  { windows: 10_001, deleted: [20_000, 0] },
  { windows: 10_501, deleted: [20_000, 1_000] },
])(
  "a shorter retention deletes all but the last of $windows windows of two keys, $deleted at once",
  async ({ windows, deleted }) => {
    const world = new CountingWorld({ partitions: 1, graceMs: 0, retentionMs: 1_000_000_000 });
    const topic = "app-totals-changelog";
    const lastMs = 1_000_000 + windows * 10_000;
    await world.feed(ofBoth(1_000_000, lastMs), lastMs);
    await world.runToEnd();
    const state = { aggregate: { count: 1, sum: 1 }, versionUs: 1, receivedAtMs: 1, final: true };
    const value = world.topology.windowCodec.encode(state);
    for (const name of ["k", "l"]) {
      const starts = Array.from({ length: windows }, (_, i) => 1_000_000 + i * 10_000);
      const keys = starts.map((startMs) => windowKey(name, startMs));
      await world.log.append(
        keys.map((key) => ({ topic, partition: 0, timestampMs: 0, key, value })),
      );
    }
    world.stores.wipe();
    world.log.readRecordsMax = windows;

    world.topology = countingTopology({ graceMs: 0, retentionMs: 10_000 });
    const found: number[] = [];
    for (const i of deleted.keys()) {
      const before = world.log.visible(topic).length;
      await world.feed(ofBoth(lastMs + i), lastMs + i);
      await world.runToEnd();
      const added = world.log.visible(topic).slice(before);
      found.push(added.filter(({ value }) => value === null).length);
    }
    assert.deepEqual(found, deleted);
  },
);
