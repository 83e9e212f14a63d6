import assert from "node:assert/strict";
import { deleteStoresWithoutCommit } from "../../../src/level/recovery.ts";
import { MemoryStores } from "../../../src/streams/testing/memory_stores.ts";

Deno.test("deleteStoresWithoutCommit() deletes those of partitions that the log knows no commit of", async () => {
  const stores = new MemoryStores();
  for (const topic of ["input", "other"]) {
    for (const partition of [0, 1, 2]) await stores.open({ topic, partition }, "id");
  }
  const committed = ({ partition }: { readonly partition: number }) =>
    Promise.resolve(partition === 1 ? { offset: 0, metadata: "" } : undefined);
  await deleteStoresWithoutCommit(stores, { committed }, "input");
  assert.deepEqual(await stores.partitions("input"), [1]);
  assert.deepEqual(await stores.partitions("other"), [0, 1, 2]);
});
