import assert from "node:assert/strict";
import { type Homes, spreadPartitions } from "../../../src/streams/assignment/spread.ts";
import { fc } from "../../support/properties.ts";

function spread(
  active: readonly number[],
  { standbys = [], homes = {}, threads = 2 }: {
    readonly standbys?: readonly number[];
    readonly homes?: Readonly<Record<number, number>>;
    readonly threads?: number;
  } = {},
): Record<number, number> {
  const before = new Map(
    Object.entries(homes).map(([partition, home]) => [Number(partition), home]),
  );
  return Object.fromEntries(spreadPartitions({ active, standbys }, before, threads));
}

Deno.test("spreadPartitions gives each thread as many partitions as the others", () => {
  assert.deepEqual(spread([0, 1, 2, 3]), { 0: 0, 1: 0, 2: 1, 3: 1 });
  assert.deepEqual(spread([0, 2, 4, 6, 8], { threads: 3 }), { 0: 0, 2: 0, 4: 1, 6: 1, 8: 2 });
});

Deno.test("spreadPartitions moves one only where its thread has too many", () => {
  const homes = { 0: 1, 1: 0, 2: 1, 3: 0 };
  assert.deepEqual(spread([0, 1, 2, 3], { homes }), homes);
  // What is left was all in one thread.
  assert.deepEqual(spread([0, 2], { homes }), { ...homes, 2: 0 });
  assert.deepEqual(spread([0, 2, 3], { homes }), homes);
});

Deno.test("spreadPartitions puts standbys where less is processed, and leaves those that are there", () => {
  assert.deepEqual(spread([0, 1, 2], { standbys: [3] }), { 0: 0, 1: 0, 2: 1, 3: 1 });
  assert.deepEqual(spread([0, 1, 2], { standbys: [3], homes: { 3: 0 } }), {
    0: 0,
    1: 0,
    2: 1,
    3: 0,
  });
});

Deno.test("spreadPartitions keeps the home of a store that no one needs any more", () => {
  assert.deepEqual(spread([1], { homes: { 0: 1, 1: 0 } }), { 0: 1, 1: 0 });
});

Deno.test("spreadPartitions is even and, asked again with its outcome, moves nothing", () => {
  const partitions = fc.uniqueArray(fc.nat({ max: 30 }), { maxLength: 20 });
  const homes = fc.dictionary(fc.nat({ max: 30 }).map(String), fc.nat({ max: 7 }));
  fc.assert(
    fc.property(
      partitions,
      partitions,
      homes,
      fc.integer({ min: 1, max: 8 }),
      (a, b, h, threads) => {
        const assignment = { active: a, standbys: b.filter((partition) => !a.includes(partition)) };
        const before: Homes = new Map(
          Object.entries(h).map(([partition, home]) => [Number(partition), home % threads]),
        );
        const after = spreadPartitions(assignment, before, threads);
        for (const some of [assignment.active, assignment.standbys]) {
          const counts = Array.from(
            { length: threads },
            (_, thread) => some.filter((partition) => after.get(partition) === thread).length,
          );
          assert.ok(Math.max(...counts) - Math.min(...counts) <= 1, String(counts));
        }
        assert.deepEqual(spreadPartitions(assignment, after, threads), after);
      },
    ),
  );
});
