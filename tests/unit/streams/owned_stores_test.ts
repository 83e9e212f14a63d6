import assert from "node:assert/strict";
import { OwnedStores } from "../../../src/streams/assignment/owned_stores.ts";
import { MemoryStores } from "../../../src/streams/testing/memory_stores.ts";

Deno.test("OwnedStores shows of a shared folder what is its own, as of now", async () => {
  const folder = new MemoryStores();
  for (const partition of [0, 1, 2]) {
    await using _store = await folder.open({ topic: "input", partition }, "changelog");
  }
  const stores = new OwnedStores(folder, [0, 5]);
  assert.deepEqual(await stores.partitions("input"), [0]);
  stores.own([1, 2]);
  assert.deepEqual(await stores.partitions("input"), [1, 2]);
  await stores.destroy({ topic: "input", partition: 1 });
  assert.deepEqual(await stores.partitions("input"), [2]);
  await using _store = await stores.open({ topic: "input", partition: 2 }, "changelog");
});
