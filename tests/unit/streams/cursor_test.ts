import assert from "node:assert/strict";
import type { StoreRow } from "../../../src/streams/ports.ts";
import { Cursor } from "../../../src/streams/state/cursor.ts";

const row = (n: number): StoreRow => ({ key: new Uint8Array([n]), value: new Uint8Array() });

Deno.test("Cursor stands at each row of each portion, and ends the scan", async () => {
  let ended = false;
  async function* scan() {
    try {
      yield [row(1), row(2), row(3)];
      await Promise.resolve();
      yield [row(4), row(5)];
      yield [row(6)];
    } finally {
      ended = true;
    }
  }
  const seen: number[] = [];
  {
    await using cursor = new Cursor(scan());
    for (; seen.length < 5 && (cursor.row !== undefined || await cursor.fill()); cursor.next()) {
      seen.push(cursor.row?.key[0] as number);
    }
    assert.ok(!cursor.ended);
  }
  assert.deepEqual(seen, [1, 2, 3, 4, 5]);
  assert.ok(ended);
});

Deno.test("Cursor has no row and nothing more behind the last portion", async () => {
  async function* scan() {
    await Promise.resolve();
    yield [row(1)];
  }
  await using cursor = new Cursor(scan());
  assert.equal(cursor.row, undefined);
  assert.ok(await cursor.fill());
  cursor.next();
  assert.ok(!await cursor.fill());
  assert.ok(cursor.ended);
  assert.equal(cursor.row, undefined);
});
