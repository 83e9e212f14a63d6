import assert from "node:assert/strict";
import { InheritedStore } from "../../../src/streams/task/inherited_store.ts";
import { MemoryStores } from "../../../src/streams/testing/mod.ts";

const input = { topic: "input", partition: 0 };

Deno.test("InheritedStore gives the open store away once, and nothing to close after that", async () => {
  const stores = new MemoryStores();
  const open = await stores.open(input, "id");
  await using inherited = new InheritedStore(stores, open);
  assert.equal(await inherited.open(input, "id"), open);
  await assert.rejects(inherited.open(input, "id"), { code: "STORE_LOCKED" });
});

Deno.test("InheritedStore closes a store that was not taken before it destroys it", async () => {
  const stores = new MemoryStores();
  const store = await stores.open(input, "id");
  await store.apply([{ key: Uint8Array.of(1), value: Uint8Array.of(2) }], { changelogPosition: 1 });
  await using inherited = new InheritedStore(
    {
      open: (place, changelogId) => stores.open(place, changelogId),
      partitions: (topic) => stores.partitions(topic),
      async destroy(place) {
        await using reopened = await stores.open(place, "id"); // fails while another has it
        assert.equal(reopened.checkpoint?.changelogPosition, 1);
        await stores.destroy(place);
      },
    },
    store,
  );
  await inherited.destroy(input);
  assert.deepEqual(await inherited.partitions(input.topic), []);
});
