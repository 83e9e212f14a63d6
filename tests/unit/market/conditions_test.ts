import assert from "node:assert/strict";
import { movesOf } from "../../../src/market/conditions.ts";

const [last, highLow, volume] = [1, 2, 4];

Deno.test("movesOf() reads the sheet's rules", () => {
  const rules: Readonly<Record<number, readonly string[]>> = {
    [last | highLow | volume]: ["1", "2", "4", "6", "7", "8", "13", "14", "15", "19", "23", "24"],
    [highLow | volume]: ["9", "18", "21", "30", "32"],
    [highLow]: ["20"],
    [volume]: ["3", "5", "10", "11", "12", "17", "22", "25", "26", "37"],
    0: ["16", "27", "31", "34", "36", "38", "39", "40", "41"],
  };
  for (const [moves, codes] of Object.entries(rules)) {
    for (const code of codes) assert.equal(movesOf([code]), Number(moves), code);
  }
  for (const code of ["28", "29", "33", "35"]) assert.equal(movesOf([code]), 7, code);
});

Deno.test("movesOf() lets a trade move what every one of its codes allows", () => {
  assert.equal(movesOf(["1", "12"]), volume);
  assert.equal(movesOf(["20", "18"]), highLow);
  assert.equal(movesOf(["20", "12"]), 0);
  assert.equal(movesOf(["1", "41"]), 0);
});

Deno.test("movesOf() takes no code, and codes of other markets, for a regular trade", () => {
  for (const conditions of [null, [], [null], [""], ["@"], ["99"], ["constructor"]]) {
    assert.equal(movesOf(conditions), 7);
  }
});
