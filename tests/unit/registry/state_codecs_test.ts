import assert from "node:assert/strict";
import { createStateCodecs } from "../../../src/registry/state_codecs.ts";
import { MemoryRegistry } from "../../support/memory_registry.ts";

/** avsc stops one short of the greatest safe integer. */
const avroLongMax = Number.MAX_SAFE_INTEGER - 1;

Deno.test("createStateCodecs() registers one subject per kind under the changelog's name", async () => {
  const registry = new MemoryRegistry();
  await createStateCodecs({ registry, changelogTopic: "market-windows-changelog" });
  assert.deepEqual([...registry.subjects.keys()], [
    "market-windows-changelog-window",
    "market-windows-changelog-key",
    "market-windows-changelog-meta",
  ]);
});

Deno.test("StateCodecs refuse each other's values", async () => {
  const registry = new MemoryRegistry();
  const codecs = await createStateCodecs({ registry, changelogTopic: "c" });
  const bytes = codecs.keyState.encode({
    streamTimeMs: 1,
    closedToMs: 0,
    openWindows: [],
    purgedToMs: 0,
    rollUps: [],
  });
  assert.throws(() => codecs.meta.decode(bytes), { code: "SCHEMA_UNKNOWN" });
});

Deno.test("StateCodecs.keyState keeps times up to 2^53 - 2 exactly", async () => {
  const registry = new MemoryRegistry();
  const { keyState } = await createStateCodecs({ registry, changelogTopic: "c" });
  const state = {
    streamTimeMs: avroLongMax,
    closedToMs: avroLongMax,
    openWindows: [0, avroLongMax],
    purgedToMs: avroLongMax,
    rollUps: [{ openWindows: [avroLongMax], purgedToMs: avroLongMax }],
  };
  assert.deepEqual(keyState.decode(keyState.encode(state)), state);
});
