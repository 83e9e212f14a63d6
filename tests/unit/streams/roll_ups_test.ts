import assert from "node:assert/strict";
import {
  checkedRollUps,
  neededFromMs,
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
  ["windows gone too early", [{ sizeMs: 30_000, retentionMs: 99_000 }], /10000 ms must be kept/],
  ["a level gone too early", [
    { sizeMs: 20_000, retentionMs: 64_999 },
    { sizeMs: 60_000, retentionMs: 99_000 },
  ], /20000 ms must be kept for 60000 ms/],
  ["the last one gone too early", [{ sizeMs: 20_000, retentionMs: 24_999 }], /retention/],
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

Deno.test("neededFromMs() keeps what is open, and the parts of it", () => {
  const levels = [20_000, 60_000].map((sizeMs) =>
    tumbling(sizeMs, { grace: "5s", retention: "65s" })
  );
  assert.deepEqual([-1, 0, 1].map((level) => neededFromMs(90_000, level, levels)), [
    80_000,
    60_000,
    60_000,
  ]);
  assert.equal(neededFromMs(90_000, -1, []), 90_000);
});

Deno.test("rollUpStart() is the start of the roll-up that a window is part of", () => {
  const minute = tumbling("1m");
  assert.deepEqual([59_000, 60_000].map((startMs) => rollUpStart(startMs, minute)), [0, 60_000]);
});
