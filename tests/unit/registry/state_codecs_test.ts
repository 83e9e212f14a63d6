import assert from "node:assert/strict";
import { tradeAggregator } from "../../../src/market/candle.ts";
import { createStateCodecs } from "../../../src/registry/state_codecs.ts";
import { MemoryRegistry } from "../../support/memory_registry.ts";

Deno.test("createStateCodecs() registers one subject per kind under the changelog's name", async () => {
  const registry = new MemoryRegistry();
  await createStateCodecs({ registry, changelogTopic: "market-windows-changelog" });
  assert.deepEqual([...registry.subjects.keys()], [
    "market-windows-changelog-window",
    "market-windows-changelog-meta",
  ]);
});

Deno.test("StateCodecs refuse each other's values", async () => {
  const registry = new MemoryRegistry();
  const codecs = await createStateCodecs({ registry, changelogTopic: "c" });
  const aggregate = tradeAggregator("all").initial();
  const state = { aggregate, final: false, versionUs: 0, receivedAtMs: 0 };
  const bytes = codecs.windowState.encode(state);
  assert.throws(() => codecs.meta.decode(bytes), { code: "SCHEMA_UNKNOWN" });
});
