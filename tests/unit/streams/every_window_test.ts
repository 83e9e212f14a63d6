// An export of two million windows took three minutes: a scan of its own for each key and length.
import assert from "node:assert/strict";
import { lengthsOf } from "../../../src/streams/state/cached_key.ts";
import { everyWindow, type EveryWindowQuery } from "../../../src/streams/state/every_window.ts";
import { inlineMax } from "../../../src/streams/state/key_row.ts";
import { encodePlainKeyRow } from "../../support/plain_key_row.ts";
import { keyStateKey, rowKey } from "../../../src/streams/state/store_keys.ts";
import { storedWindows } from "../../../src/streams/state/stored_windows.ts";
import { MemoryStores } from "../../../src/streams/testing/mod.ts";
import { countingTopology } from "../../support/counting_topology.ts";

const job = countingTopology({ rollUps: true });
const lengths = lengthsOf(job);
const sizesMs = lengths.map(({ sizeMs }) => sizeMs);
const sizeMs = sizesMs[0] as number;
const closedCount = 40;
const openCount = inlineMax + 3;

/** In the order of their bytes; some hold what stands between a key and a time. */
const keys = ["a", "a\0", "a\0\0", "a\0b", "a\x01", "aa", "ab", "b", "é"];

function bytesOf(count: number, kind: "closed" | "open"): Uint8Array {
  const aggregate = { count, sum: count / 8 };
  const final = kind === "closed";
  return job.windowCodec.encode({ aggregate, final, versionUs: count, receivedAtMs: 1 });
}

function* entriesOf(key: string, seed: number) {
  for (const [length, windows] of lengths.entries()) {
    for (let i = 0; i < closedCount; i += 1 + seed % 3) {
      const startMs = i * windows.sizeMs;
      const row = rowKey(key, length === 0 ? undefined : windows.sizeMs, startMs);
      yield { key: row, value: bytesOf(100 * seed + i, "closed") };
    }
  }
  const openWindows = Array.from({ length: openCount }, (_, i) => (closedCount + i) * sizeMs);
  const content = openWindows.map((startMs) => bytesOf(startMs, "open"));
  for (const [i, startMs] of openWindows.slice(0, -inlineMax).entries()) {
    yield { key: rowKey(key, undefined, startMs), value: content[i] as Uint8Array };
  }
  const row = encodePlainKeyRow({
    streamTimeMs: 1,
    closedToMs: closedCount * sizeMs,
    purgedToMs: lengths.map(() => 0),
    windows: openWindows.map((startMs, i) => ({ startMs, content: content[i] as Uint8Array })),
    closedParts: [
      { startMs: 0, content: bytesOf(7, "open") },
      ...lengths.slice(2).map(() => undefined),
    ],
  });
  yield { key: keyStateKey(key), value: row };
}

async function store() {
  const store = await new MemoryStores().open({ topic: "input", partition: 0 }, "id");
  const entries = keys.flatMap((key, seed) => [...entriesOf(key, seed)]);
  // What a sweep has left of a key that has expired.
  const left = ["A", "a\0a", "c"].map((key) => ({
    key: rowKey(key, undefined, 0),
    value: bytesOf(1, "closed"),
  }));
  await store.apply([...entries, ...left], { changelogPosition: 1 });
  return store;
}

Deno.test.each<Partial<EveryWindowQuery>>(
  [
    {},
    { limit: 1 },
    { limit: 15 },
    { fromMs: 7 * sizeMs, toMs: (closedCount + 2) * sizeMs },
    { fromMs: 7 * sizeMs, toMs: (closedCount + 2) * sizeMs, limit: 3 },
    { sizesMs: sizesMs.slice(0, 1) },
    { sizesMs: sizesMs.slice(-1), limit: 4 },
  ],
)("everyWindow() finds what a query for each key finds: %o", async (part) => {
  const query = { sizesMs, fromMs: 0, toMs: Number.MAX_SAFE_INTEGER, limit: Infinity, ...part };
  await using opened = await store();
  const wanted = [];
  for (const key of keys) {
    for (const sizeMs of query.sizesMs) {
      const limit = Math.min(query.limit, Number.MAX_SAFE_INTEGER);
      wanted.push(...await storedWindows(job, opened, key, { ...query, sizeMs, limit }));
    }
  }
  const found = await Array.fromAsync(everyWindow(job, opened, query));
  assert.deepEqual(found.flat(), wanted);
  assert.ok(wanted.length >= keys.length);
});

Deno.test("everyWindow() gives out some hundreds at a time, whatever a key has", async () => {
  await using opened = await new MemoryStores().open({ topic: "input", partition: 0 }, "id");
  const rows = Array.from({ length: 2_000 }, (_, i) => ({
    key: rowKey("k", undefined, i * sizeMs),
    value: bytesOf(i, "closed"),
  }));
  const owner = [...entriesOf("k", 0)].at(-1);
  await opened.apply([...rows, owner as typeof rows[number]], { changelogPosition: 1 });
  const query = { sizesMs, fromMs: 0, toMs: Number.MAX_SAFE_INTEGER, limit: Infinity };
  const sizes = [];
  for await (const windows of everyWindow(job, opened, query)) sizes.push(windows.length);
  assert.ok(Math.max(...sizes) <= 600, sizes.join());
  assert.ok(sizes.length >= 4);
});

Deno.test("everyWindow() gives out the windows of many keys together, and no empty portion", async () => {
  await using opened = await new MemoryStores().open({ topic: "input", partition: 0 }, "id");
  const rows = Array.from({ length: 1_000 }, (_, i) => [
    { key: rowKey(`k${i}`, undefined, 0), value: bytesOf(i, "closed") },
    {
      key: keyStateKey(`k${i}`),
      value: encodePlainKeyRow({
        ...{ streamTimeMs: 1, closedToMs: sizeMs, purgedToMs: lengths.map(() => 0), windows: [] },
        closedParts: lengths.slice(1).map(() => undefined),
      }),
    },
  ]);
  await opened.apply(rows.flat(), { changelogPosition: 1 });
  const query = { sizesMs, fromMs: 0, toMs: Number.MAX_SAFE_INTEGER, limit: Infinity };
  const portions = await Array.fromAsync(everyWindow(job, opened, query));
  assert.deepEqual(portions.map(({ length }) => length), [500, 500]);
});
