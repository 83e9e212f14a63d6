import assert from "node:assert/strict";
import { Producers } from "../../../src/streams/state/producers.ts";

Deno.test("Producers.isNew() knows what a producer sent, each by itself", () => {
  const producers = new Producers([]);
  const seen = [["a", 1], ["a", 5], ["b", 2], ["a", 5], ["a", 3], ["b", 2], ["a", 6]] as const;
  const isNew = seen.map(([producerId, sequence]) => producers.isNew({ producerId, sequence }));
  assert.deepEqual(isNew, [true, true, true, false, false, false, true]);
});

Deno.test("Producers goes on from what it knew", () => {
  const producers = new Producers([]);
  for (let sequence = 1; sequence <= 9; sequence++) {
    producers.isNew({ producerId: `p${sequence % 2}`, sequence });
  }
  const again = new Producers(producers.known);
  assert.deepEqual(again.known, producers.known);
  assert.ok(!again.isNew({ producerId: "p0", sequence: 8 }));
  assert.ok(again.isNew({ producerId: "p0", sequence: 10 }));
});

Deno.test("Producers forgets the one unheard of for longest, never more than it must", () => {
  const producers = new Producers([]);
  const name = (i: number) => ({ producerId: `p${i}`, sequence: 1 });
  for (let i = 0; i < 1_000; i++) producers.isNew(name(i));
  producers.isNew(name(0)); // a repeat is a sign of life, too
  producers.isNew(name(1_000));
  assert.equal(producers.known.length, 1_000);
  assert.ok(!producers.isNew(name(0)), "heard of lately");
  assert.ok(!producers.isNew(name(2)), "still there");
  assert.ok(producers.isNew(name(1)), "forgotten");
});
