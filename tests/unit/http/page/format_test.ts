import assert from "node:assert/strict";
import {
  changeDirection,
  decimalsOf,
  direction,
  formatAge,
  formatAmount,
  formatChange,
  formatLength,
  formatNumber,
} from "../../../../src/http/page/format.js";

Deno.test.each([
  [[], 2],
  [[487.75, 488], 2],
  [[1.08514, 1.1], 5],
  [[0.1 + 0.2], 2],
  [[0.00001234], 8],
  [[1.37e-9], 11],
  [[1e-12], 12],
  [[1e-15], 12],
  [[NaN], 2],
])("decimalsOf(%j) is %i", (values, expected) => {
  assert.equal(decimalsOf(values), expected);
});

Deno.test("formatNumber() groups thousands and shows a dash for what is not a number", () => {
  assert.equal(formatNumber(65920.6, 2), "65,920.60");
  assert.equal(formatNumber(-37.63, 2), "-37.63");
  assert.equal(formatNumber(1.37e-9, 11), "0.00000000137");
  assert.equal(formatNumber(1e-15, 12), "1E-15");
  for (const value of [null, undefined, NaN, Infinity]) assert.equal(formatNumber(value, 2), "–");
});

Deno.test.each([
  [0, "0"],
  [0.00012345, "0.0001234"],
  [1.37e-9, "1.37E-9"],
  [0.0000137, "0.0000137"],
  [54, "54"],
  [32033.157, "32,033.16"],
  [531_770, "531.77\u00a0K"],
  [999_999, "1\u00a0M"],
  [1_200_000, "1.2\u00a0M"],
  [-2.5e12, "-2.5\u00a0T"],
  [null, "–"],
])("formatAmount(%s) is %s", (value, expected) => {
  assert.equal(formatAmount(value), expected);
});

Deno.test.each([
  [0.0123, "+1.23 %"],
  [-0.0002, "−0.02 %"],
  [0, "0.00 %"],
  [undefined, "–"],
  [NaN, "–"],
])("formatChange(%s) is %s", (value, expected) => {
  assert.equal(formatChange(value), expected);
});

Deno.test("a change that is too small to show has neither sign nor direction", () => {
  assert.deepEqual([-0.00004, 0.00004].map(formatChange), ["0.00 %", "0.00 %"]);
  assert.deepEqual([-0.00004, 0.00004].map(changeDirection), ["", ""]);
  assert.deepEqual([-0.00006, 0.00006].map(formatChange), ["−0.01 %", "+0.01 %"]);
  assert.deepEqual([-0.00006, 0.00006, undefined].map(changeDirection), ["down", "up", ""]);
});

Deno.test("direction() is a class name, none for no change and for the unknown", () => {
  assert.deepEqual([1, -1, 0, undefined, NaN].map(direction), ["up", "down", "", "", ""]);
});

Deno.test.each([
  [-5, "0 s"],
  [59_999, "59 s"],
  [60_000, "1 min 0 s"],
  [3_600_000, "1 h 0 min"],
  [172_800_000, "2 days"],
])("formatAge(%i) is %s", (ms, expected) => {
  assert.equal(formatAge(ms), expected);
});

Deno.test("decimalsOf() shows every value with at least as many decimals as asked for", () => {
  assert.equal(decimalsOf([1, 2.5]), 2);
  assert.equal(decimalsOf([7, 36], 0), 0);
  assert.equal(decimalsOf([0.028, 0.07648], 0), 5);
});

Deno.test.each([
  [15_000, "15 seconds"],
  [60_000, "1 minute"],
  [300_000, "5 minutes"],
  [3_600_000, "1 hour"],
  [86_400_000, "1 day"],
  [1_500, "1500 milliseconds"],
])("formatLength(%i) is %s", (ms, expected) => {
  assert.equal(formatLength(ms), expected);
});
