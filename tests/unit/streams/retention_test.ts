import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { windowStartOf } from "../../../src/streams/state/store_keys.ts";
import { CountingWorld } from "../../support/counting_run.ts";
import type { Measurement } from "../../support/counting_topology.ts";

const retentionMs = 240_000;

function minutes(count: number): Measurement[][] {
  return Array.from({ length: count }, (_, i) => [{ key: "k", timeMs: i * 60_000, value: 1 }]);
}

function windowStarts(world: CountingWorld): number[] {
  return world.stores.contents()
    .filter(([, key]) => key.startsWith("77"))
    .map(([, key]) => windowStartOf(Buffer.from(key, "hex")));
}

Deno.test("StreamsApp deletes windows that outlived the retention, here and in the changelog", async () => {
  const world = new CountingWorld({ partitions: 1, retentionMs });
  await world.feed(minutes(30), 3_000_000);
  await world.runToEnd();
  const starts = windowStarts(world);
  // The one of minute 29 is open, and in the row of its key.
  assert.deepEqual(starts, [25, 26, 27, 28].map((minute) => minute * 60_000));
  world.stores.wipe();
  await world.feed(minutes(30).slice(-1), 4_000_000);
  await world.runToEnd();
  assert.deepEqual(windowStarts(world), starts, "restored from the changelog");
});

Deno.test("StreamsApp purges the same whatever the commits were", async () => {
  const worlds = [3, 500].map((readRecordsMax) => {
    const world = new CountingWorld({ partitions: 1, retentionMs });
    world.log.readRecordsMax = readRecordsMax;
    return world;
  });
  for (const world of worlds) {
    await world.feed(minutes(30), 3_000_000);
    await world.runToEnd();
  }
  assert.deepEqual(worlds[0]?.stores.contents(), worlds[1]?.stores.contents());
});
