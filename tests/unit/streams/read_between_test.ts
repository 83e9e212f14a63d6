import assert from "node:assert/strict";
import { readBetween } from "../../../src/streams/read_between.ts";
import { MemoryLog } from "../../../src/streams/testing/memory_log.ts";

Deno.test("readBetween() gives the records of a part of the log, and ends there", async () => {
  const log = new MemoryLog();
  log.createTopic("input", 1);
  log.readRecordsMax = 3;
  const place = { topic: "input", partition: 0 };
  for (let n = 0; n < 9; n++) {
    await log.append([{ ...place, timestampMs: n, key: null, value: null }]);
  }
  const { signal } = new AbortController();
  for (let startOffset = 0; startOffset < 9; startOffset++) {
    for (let endOffset = 0; endOffset <= 9; endOffset++) {
      const found: number[] = [];
      const bounds = { startOffset, endOffset };
      for await (const records of readBetween(log, place, bounds, signal)) {
        found.push(...records.map(({ offset }) => offset));
      }
      const all = [0, 1, 2, 3, 4, 5, 6, 7, 8];
      assert.deepEqual(found, all.slice(startOffset, endOffset));
    }
  }
});
