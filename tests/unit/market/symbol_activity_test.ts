import assert from "node:assert/strict";
import { activityPunctuator, type SymbolActivity } from "../../../src/market/symbol_activity.ts";
import type { KeyTime } from "../../../src/streams/topology/key_state.ts";

async function* keyTimes(times: Readonly<Record<string, number[]>>): AsyncGenerator<KeyTime> {
  for (const [key, [streamTimeMs = 0, ...openWindows]] of Object.entries(times)) {
    await Promise.resolve();
    yield { key, state: { streamTimeMs, closedToMs: 0, openWindows, purgedToMs: [0] } };
  }
}

Deno.test("activityPunctuator() tells quiet symbols from active ones, and open windows", async () => {
  const told: SymbolActivity[] = [];
  const input = { topic: "trades", partition: 3 };
  await activityPunctuator((_input, activity) => told.push(activity)).run({
    input,
    nowMs: 1_000_000,
    keys: () => keyTimes({ A: [700_000, 690_000], B: [700_001, 660_000, 675_000], C: [990_000] }),
  });
  assert.deepEqual(told, [{ symbols: 3, quietSymbols: 1, openWindows: 3 }]);
});
