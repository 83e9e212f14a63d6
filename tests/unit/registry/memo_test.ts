import assert from "node:assert/strict";
import { Memo } from "../../../src/registry/memo.ts";

Deno.test("Memo.get() asks once for a key, also while the answer is under way", async () => {
  const memo = new Memo<string, number>(2);
  let asked = 0;
  const ask = () => Promise.resolve(++asked);
  assert.deepEqual(await Promise.all([memo.get("a", ask), memo.get("a", ask)]), [1, 1]);
  assert.equal(await memo.get("a", ask), 1);
});

Deno.test("Memo.get() forgets the key that was asked for least recently", async () => {
  const memo = new Memo<string, number>(2);
  let asked = 0;
  const ask = () => Promise.resolve(++asked);
  for (const key of ["a", "b", "a", "c"]) await memo.get(key, ask);
  assert.equal(await memo.get("a", ask), 1);
  assert.equal(await memo.get("b", ask), 4);
});

Deno.test("Memo.get() does not remember failures", async () => {
  const memo = new Memo<string, number>(2);
  await assert.rejects(memo.get("a", () => Promise.reject(new Error("down"))), /down/);
  assert.equal(await memo.get("a", () => Promise.resolve(1)), 1);
});
