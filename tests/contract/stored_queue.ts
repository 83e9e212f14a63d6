import assert from "node:assert/strict";
import type { StoredItem, StoredQueue } from "../../src/base/stored_queue.ts";
import { decodeText, encodeText } from "../../src/streams/text.ts";

/** A queue under test; opened anew over the same place by every call. */
export interface QueueHarness extends AsyncDisposable {
  open(): Promise<StoredQueue>;
}

const all = { items: 1_000, bytes: Infinity };

function values(...texts: string[]): Uint8Array[] {
  return texts.map((text) => encodeText(text).slice());
}

function texts(items: readonly StoredItem[]): string[] {
  return items.map(({ value }) => decodeText(value) ?? "not UTF-8");
}

/** What every stored queue must do; a new harness per test. */
export function testStoredQueue(name: string, harness: () => Promise<QueueHarness>): void {
  const test = (what: string, run: (queue: StoredQueue) => Promise<void>) =>
    Deno.test(`${name} ${what}`, async () => {
      await using place = await harness();
      await using queue = await place.open();
      await run(queue);
    });

  test("gives what was appended, in order, again and again", async (queue) => {
    await queue.append(values("a", "b"));
    for (const text of ["c", "d"]) await queue.append(values(text));
    assert.deepEqual(texts(await queue.read(-1, all)), ["a", "b", "c", "d"]);
    assert.deepEqual(texts(await queue.read(-1, all)), ["a", "b", "c", "d"]);
    assert.ok((await queue.read(-1, all)).every(({ damaged }) => !damaged));
  });

  test("reads behind a place", async (queue) => {
    await queue.append(values("a", "b", "c"));
    const [first] = await queue.read(-1, { items: 1, bytes: Infinity });
    assert.ok(first !== undefined);
    assert.deepEqual(texts(await queue.read(first.position, all)), ["b", "c"]);
  });

  test("reads no more items or bytes than asked for, but at least one", async (queue) => {
    await queue.append(values("aaaa", "bbbb", "cccc"));
    assert.deepEqual(texts(await queue.read(-1, { items: 2, bytes: 100 })), ["aaaa", "bbbb"]);
    assert.deepEqual(texts(await queue.read(-1, { items: 9, bytes: 8 })), ["aaaa", "bbbb"]);
    assert.deepEqual(texts(await queue.read(-1, { items: 9, bytes: 1 })), ["aaaa"]);
  });

  test("forgets what is removed, once", async (queue) => {
    await queue.append(values("a", "bb", "ccc"));
    const items = await queue.read(-1, all);
    await queue.remove(items.slice(0, 2));
    await queue.remove(items.slice(1, 2));
    assert.deepEqual(texts(await queue.read(-1, all)), ["ccc"]);
    assert.deepEqual([queue.count, queue.bytes], [1, 3]);
  });

  test("goes on behind what was removed from its end", async (queue) => {
    await queue.append(values("a"));
    const items = await queue.read(-1, all);
    await queue.remove(items);
    await queue.append(values("b"));
    assert.deepEqual(texts(await queue.read(items[0]?.position ?? -1, all)), ["b"]);
  });

  test("holds nothing at first, and values of any size", async (queue) => {
    assert.deepEqual(await queue.read(-1, all), []);
    assert.deepEqual([queue.count, queue.bytes], [0, 0]);
    await queue.append([new Uint8Array(0), new Uint8Array(3_000_000).fill(7)]);
    const [empty, large] = await queue.read(-1, all);
    assert.equal(empty?.value.length, 0);
    assert.ok(large?.value.length === 3_000_000 && large.value.every((byte) => byte === 7));
  });
}
