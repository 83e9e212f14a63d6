import assert from "node:assert/strict";
import { partitionForKey } from "../../../src/streams/partitioner.ts";
import { asFormer, Producers } from "../../../src/streams/state/producers.ts";

Deno.test("Producers.isNew() knows what a producer sent, each by itself", () => {
  const producers = new Producers([]);
  const seen = [["a", 1], ["a", 5], ["b", 2], ["a", 5], ["a", 3], ["b", 2], ["a", 6]] as const;
  const isNew = seen.map(([producerId, sequence]) =>
    producers.isNew({ producerId, sequence }, null)
  );
  assert.deepEqual(isNew, [true, true, true, false, false, false, true]);
});

Deno.test("Producers continues from what it knew", () => {
  const producers = new Producers([]);
  for (let sequence = 1; sequence <= 9; sequence++) {
    producers.isNew({ producerId: `p${sequence % 2}`, sequence }, null);
  }
  const again = new Producers(producers.known);
  assert.deepEqual(again.known, producers.known);
  assert.ok(!again.isNew({ producerId: "p0", sequence: 8 }, null));
  assert.ok(again.isNew({ producerId: "p0", sequence: 10 }, null));
});

Deno.test("Producers forgets the one unheard of for longest, never more than it must", () => {
  const producers = new Producers([]);
  const name = (i: number) => ({ producerId: `p${i}`, sequence: 1 });
  for (let i = 0; i < 1_000; i++) producers.isNew(name(i), null);
  producers.isNew(name(0), null); // a repeat is a sign of life, too
  producers.isNew(name(1_000), null);
  assert.equal(producers.known.length, 1_000);
  assert.ok(!producers.isNew(name(0), null), "heard of lately");
  assert.ok(!producers.isNew(name(2), null), "still there");
  assert.ok(producers.isNew(name(1), null), "forgotten");
});

Deno.test("Producers.isNew() knows a moved key's records by the partition that it comes from", () => {
  const encoder = new TextEncoder();
  const keys = Array.from({ length: 20 }, (_, i) => encoder.encode(`key-${i}`));
  const keyIn = (partition: number) =>
    keys.find((key) => partitionForKey(key, 2) === partition) ?? null;
  const known = [0, 1].map((partition) =>
    asFormer([{ producerId: "a", sequence: partition === 0 ? 7 : 3 }], { partition, partitions: 2 })
  ).flat();
  const producers = new Producers(known);
  assert.ok(!producers.isNew({ producerId: "a", sequence: 7 }, keyIn(0)));
  assert.ok(
    producers.isNew({ producerId: "a", sequence: 5 }, keyIn(1)),
    "never was in partition 1",
  );
  assert.ok(!producers.isNew({ producerId: "a", sequence: 5 }, keyIn(1)), "is known from here now");
  assert.ok(producers.isNew({ producerId: "b", sequence: 1 }, keyIn(0)));
  const again = asFormer(producers.known, { partition: 4, partitions: 5 });
  assert.deepEqual(again.map(({ producerId }) => producerId), [
    "a\0" + "0/2",
    "a\0" + "1/2",
    "a\0" + "4/5",
    "b\0" + "4/5",
  ]);
});
