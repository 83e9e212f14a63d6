import assert from "node:assert/strict";
import fc from "fast-check";
import { assignPartitions, type GroupMember } from "../../../src/kafka/assignor.ts";

function member(memberId: string, owned: readonly number[] = [], generation = 1): GroupMember {
  return { memberId, owned, generation };
}

function assigned(members: readonly GroupMember[], partitionCount: number): unknown {
  return Object.fromEntries(assignPartitions(members, partitionCount));
}

Deno.test("assignPartitions() gives a lone member everything", () => {
  assert.deepEqual(assigned([member("a")], 3), { a: [0, 1, 2] });
});

Deno.test("assignPartitions() keeps everything in place when nothing changed", () => {
  const members = [member("a", [1, 3]), member("b", [0, 2])];
  assert.deepEqual(assigned(members, 4), { a: [1, 3], b: [0, 2] });
});

Deno.test("assignPartitions() moves only what a new member needs", () => {
  const members = [member("a", [0, 1, 2, 3]), member("b")];
  assert.deepEqual(assigned(members, 4), { a: [0, 1], b: [2, 3] });
});

Deno.test("assignPartitions() gives the partitions of one that left to the others", () => {
  const members = [member("a", [0, 1]), member("b", [2, 3])];
  assert.deepEqual(assigned(members, 6), { a: [0, 1, 4], b: [2, 3, 5] });
});

Deno.test("assignPartitions() leaves the larger share with the one that has it", () => {
  const members = [member("a", [0]), member("b", [1, 2])];
  assert.deepEqual(assigned(members, 3), { a: [0], b: [1, 2] });
});

Deno.test("assignPartitions() believes the younger of two claims", () => {
  const members = [member("a", [0, 1], 4), member("b", [0, 1], 5)];
  assert.deepEqual(assigned(members, 2), { a: [1], b: [0] });
});

Deno.test("assignPartitions() forgets claims of partitions that do not exist", () => {
  assert.deepEqual(assigned([member("a", [7, 8]), member("b")], 2), { a: [0], b: [1] });
});

const anyMembers = fc.uniqueArray(
  fc.record({
    memberId: fc.string({ minLength: 1, maxLength: 4 }),
    owned: fc.array(fc.nat(12), { maxLength: 8 }),
    generation: fc.integer({ min: -1, max: 3 }),
  }),
  { selector: ({ memberId }) => memberId, minLength: 1, maxLength: 6 },
);

Deno.test("assignPartitions() gives every partition once, evenly, whatever the order", () => {
  fc.assert(fc.property(anyMembers, fc.nat(12), (members, partitionCount) => {
    const shares = assignPartitions(members, partitionCount);
    const sizes = [...shares.values()].map(({ length }) => length);
    const all = [...shares.values()].flat().sort((a, b) => a - b);
    assert.deepEqual(all, Array.from({ length: partitionCount }, (_, i) => i));
    assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1);
    assert.deepEqual(
      new Map([...assignPartitions([...members].reverse(), partitionCount)].sort()),
      new Map([...shares].sort()),
    );
  }));
});

Deno.test("assignPartitions() is stable: asked again with its own result it changes nothing", () => {
  fc.assert(fc.property(anyMembers, fc.nat(12), (members, partitionCount) => {
    const shares = assignPartitions(members, partitionCount);
    const settled = [...shares].map(([memberId, owned]) => member(memberId, owned, 9));
    assert.deepEqual(
      assignPartitions(settled, partitionCount),
      new Map(
        settled.map(({ memberId }) => [memberId, shares.get(memberId) ?? []]),
      ),
    );
  }));
});
