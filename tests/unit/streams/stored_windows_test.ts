// A query that was read while a commit closed windows had closed windows of after it, and no open
// ones: the three newest windows of a key were three that had never been the newest.
import assert from "node:assert/strict";
import { inlineMax } from "../../../src/streams/state/key_row.ts";
import { keyStateKey, rowKey } from "../../../src/streams/state/store_keys.ts";
import { openKey, storedWindows } from "../../../src/streams/state/stored_windows.ts";
import type { StateStore } from "../../../src/streams/ports.ts";
import { MemoryStores } from "../../../src/streams/testing/mod.ts";
import { countingTopology } from "../../support/counting_topology.ts";
import { encodePlainKeyRow } from "../../support/plain_key_row.ts";

const job = countingTopology();
const { sizeMs } = job.windows;

function bytesOf(count: number, kind: "closed" | "open"): Uint8Array {
  const final = kind === "closed";
  return job.windowCodec.encode({
    aggregate: { count, sum: count },
    final,
    versionUs: count,
    receivedAtMs: 1,
  });
}

/** A commit after which the windows before one are closed, and that one is open. */
function commit(openAt: number) {
  const closed = Array.from({ length: openAt }, (_, i) => ({
    key: rowKey("k", undefined, i * sizeMs),
    value: bytesOf(i, "closed"),
  }));
  const row = encodePlainKeyRow({
    streamTimeMs: openAt * sizeMs,
    closedToMs: openAt * sizeMs,
    purgedToMs: [0],
    windows: [{ startMs: openAt * sizeMs, content: bytesOf(openAt, "open") }],
    closedParts: [],
  });
  return [...closed, { key: keyStateKey("k"), value: row }];
}

Deno.test("storedWindows() gives what one commit has made, whatever the next one closes meanwhile", async () => {
  await using store = await new MemoryStores().open({ topic: "input", partition: 0 }, "id");
  await store.apply(commit(2), { changelogPosition: 1 });
  const committing = {
    view() {
      const view = store.view();
      return {
        ...view,
        async *scan(range: Parameters<typeof store.scan>[0]) {
          await store.apply(commit(4), { changelogPosition: 2 });
          yield* view.scan(range);
        },
      };
    },
  };
  const query = { sizeMs, fromMs: 0, toMs: 10 * sizeMs, limit: 2 };
  const starts = async (of: Pick<typeof store, "view">) =>
    (await storedWindows(job, of, "k", query)).map(({ startMs, final }) => [startMs, final]);
  assert.deepEqual(await starts(committing), [[sizeMs, true], [2 * sizeMs, false]]);
  assert.deepEqual(await starts(store), [[3 * sizeMs, true], [4 * sizeMs, false]]);
});

/** A commit after which more windows are open than a key's row holds, each with this count. */
function commitOpen(count: number) {
  const starts = Array.from({ length: inlineMax + 2 }, (_, i) => i * sizeMs);
  const content = bytesOf(count, "open");
  const row = encodePlainKeyRow({
    streamTimeMs: starts.length * sizeMs,
    closedToMs: 0,
    purgedToMs: [0],
    windows: starts.map((startMs) => ({ startMs, content })),
    closedParts: [],
  });
  const own = starts.slice(0, -inlineMax).map((startMs) => (
    { key: rowKey("k", undefined, startMs), value: content }
  ));
  return [...own, { key: keyStateKey("k"), value: row }];
}

Deno.test("openKey() gives what one commit has made, in however many rows", async () => {
  const commits = await Promise.all([1, 2].map(async (count) => {
    const store = await new MemoryStores().open({ topic: "input", partition: 0 }, "id");
    await store.apply(commitOpen(count), { changelogPosition: count });
    return store;
  }));
  let [reads, views] = [0, 0];
  const at = (read: number) => commits[Math.min(read, 1)] as StateStore;
  const committing = {
    get: (key: Uint8Array) => at(reads++).get(key),
    view: () => {
      views++;
      const close = () => Promise.resolve(void views--);
      return { ...at(reads).view(), [Symbol.asyncDispose]: close };
    },
  };
  const counts = openKey(job, committing, "k", 0)?.windows.map(({ value }) => value.count);
  assert.deepEqual(counts, new Array(inlineMax + 2).fill(2));
  assert.equal(views, 0, "a view that stays open keeps the disk from letting go of old rows");
});
