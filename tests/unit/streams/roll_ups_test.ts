import assert from "node:assert/strict";
import {
  checkedRollUps,
  type RollUpLevel,
  rollUpStart,
} from "../../../src/streams/topology/roll_ups.ts";
import { hopping, tumbling } from "../../../src/streams/topology/windows.ts";

const base = tumbling("10s", { grace: "5s", retention: "25s" });
const merge = () => {};

Deno.test("checkedRollUps() gives every level the grace of the windows", () => {
  const { levels } = checkedRollUps(base, {
    merge,
    levels: [{ sizeMs: 20_000, retentionMs: 65_000 }, { sizeMs: 60_000, retentionMs: 65_000 }],
  });
  assert.deepEqual(levels.map(({ graceMs, advanceMs }) => [graceMs, advanceMs]), [
    [5_000, 20_000],
    [5_000, 60_000],
  ]);
});

const refused: readonly (readonly [string, readonly RollUpLevel[], RegExp])[] = [
  ["no multiple", [{ sizeMs: 25_000, retentionMs: 99_000 }], /multiple of 10000: 25000/],
  ["the same length", [{ sizeMs: 10_000, retentionMs: 99_000 }], /multiple of 10000: 10000/],
  ["no multiple of the level below", [
    { sizeMs: 20_000, retentionMs: 99_000 },
    { sizeMs: 30_000, retentionMs: 99_000 },
  ], /multiple of 20000: 30000/],
  ["a level gone before it is closed", [{ sizeMs: 20_000, retentionMs: 24_999 }], /retention/],
];

for (const [why, levels, message] of refused) {
  Deno.test(`checkedRollUps() refuses ${why}`, () => {
    assert.throws(() => checkedRollUps(base, { merge, levels }), { message });
  });
}

Deno.test("checkedRollUps() refuses windows that overlap", () => {
  const hops = hopping("10s", { advance: "5s", grace: "5s", retention: "25s" });
  const levels = [{ sizeMs: 20_000, retentionMs: 65_000 }];
  assert.throws(() => checkedRollUps(hops, { merge, levels }), { message: /tumbling/ });
  assert.deepEqual(checkedRollUps(hops, { merge, levels: [] }).levels, []);
});

Deno.test("rollUpStart() is the start of the roll-up that a window is part of", () => {
  const minute = tumbling("1m");
  assert.deepEqual([59_000, 60_000].map((startMs) => rollUpStart(startMs, minute)), [0, 60_000]);
});
