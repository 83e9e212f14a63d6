import assert from "node:assert/strict";
import { KeyValues } from "../../../src/streams/state/key_values.ts";
import { CacheBudget } from "../../../src/streams/state/cache_budget.ts";
import { decodeText } from "../../../src/streams/text.ts";
import type { Codec } from "../../../src/streams/topology/codec.ts";
import { json } from "../../../src/streams/topology/codecs.ts";

const raw: Codec<Uint8Array> = { encode: (bytes) => bytes, decode: (bytes) => bytes };
const large = { name: "large", codec: raw };
const numbers = { name: "numbers", codec: json<number>() };

/** A store that has the same value of every key, and notes which it is asked for. */
class SameStore {
  readonly asked: string[] = [];

  get(row: Uint8Array): Uint8Array {
    this.asked.push(/k\d+$/.exec(decodeText(row) ?? "")?.[0] ?? "");
    return numbers.codec.encode(7);
  }
}

Deno.test("KeyValues lets go of what the store has, and of nothing that it has not", () => {
  const store = new SameStore();
  using values = new KeyValues(store, { budget: new CacheBudget(0) });
  const keys = Array.from({ length: 10 }, (_, n) => `k${n}`);
  for (const key of keys) values.put("numbers", key, numbers.codec.encode(1));
  values.handOver();
  values.put("numbers", "k0", numbers.codec.encode(2));
  const read = values.readerOf(numbers);
  assert.deepEqual(keys.map((key) => read.get(key)), [2, ...Array(9).fill(1)], "not in the store");
  assert.deepEqual(store.asked, []);
  values.settle();
  assert.deepEqual(keys.map((key) => read.get(key)), [2, ...Array(9).fill(7)]);
  assert.deepEqual(store.asked, keys.slice(1));
  assert.deepEqual(values.entries().map(({ value }) => value), [numbers.codec.encode(2)]);
});

Deno.test("KeyValues keeps a value that was deleted as none", () => {
  const store = new SameStore();
  using values = new KeyValues(store);
  values.put("numbers", "k", null);
  const read = values.readerOf(numbers);
  assert.equal(read.get("k"), undefined);
  values.handOver();
  assert.equal(read.get("k"), undefined);
  values.settle();
  assert.equal(read.get("k"), undefined);
  assert.deepEqual(store.asked, []);
});

Deno.test("KeyValues keeps what was used last, up to its part of the memory for state", () => {
  const store = new SameStore();
  const budget = new CacheBudget(20 * 1_000);
  using values = new KeyValues(store, { budget });
  const read = values.readerOf(large);
  const put = (key: string) => {
    values.put("large", key, new Uint8Array(800));
    values.handOver();
    values.settle();
  };
  const rounds = Array.from({ length: 100 }, (_, n) => `k${n}`);
  for (const key of ["often", ...rounds]) {
    put(key);
    read.get("often");
  }
  assert.deepEqual(store.asked, [], "each was used in the last ten thousand bytes");
  read.get("k99");
  assert.deepEqual(store.asked, []);
  read.get("k50");
  assert.deepEqual(store.asked, ["k50"], "fifty thousand bytes ago");
  for (let i = 0; i < 100; i++) put("k99");
  read.get("often");
  assert.deepEqual(store.asked, ["k50"], "one value takes its bytes once");
  for (let i = 0; i < 3; i++) values.put("large", `gone ${i}`, null);
  values.handOver();
  values.settle();
  read.get("often");
  assert.deepEqual(store.asked, ["k50"], "one that is gone takes few");
});

Deno.test("KeyValues leaves its part of the memory to others when it ends", () => {
  const budget = new CacheBudget(1_000);
  {
    using values = new KeyValues(new SameStore(), { budget });
    values.readerOf(numbers).get("k0");
    using other = budget.part();
    assert.equal(other.bytesMax, 500);
  }
  using other = budget.part();
  assert.equal(other.bytesMax, 1_000);
});

Deno.test("KeyValues counts the bytes that wait for a commit", () => {
  using values = new KeyValues({ get: () => undefined });
  const store = values.storeOf(large, "k");
  store.put(new Uint8Array(100));
  store.put(new Uint8Array(30));
  assert.equal(values.pendingBytes, 30);
  values.attempt(() => store.delete());
  assert.equal(values.pendingBytes, 0);
  store.put(new Uint8Array(30));
  const fail = () => {
    store.put(new Uint8Array(100));
    throw new RangeError("of the job");
  };
  assert.throws(() => values.attempt(fail), RangeError);
  assert.equal(values.pendingBytes, 30);
  values.handOver();
  assert.equal(values.pendingBytes, 0);
});

Deno.test("KeyValues takes back what an attempt changed before it failed", () => {
  using values = new KeyValues({ get: () => undefined });
  const store = values.storeOf(numbers, "k");
  store.put(1);
  assert.equal(values.pendingRows, 1);
  const fail = () => {
    store.put(2);
    values.storeOf(numbers, "other").put(3);
    assert.ok(values.attempted);
    assert.equal(values.pendingRows, 2);
    throw new RangeError("of the job");
  };
  assert.throws(() => values.attempt(fail), RangeError);
  assert.ok(!values.attempted);
  assert.equal(store.get(), 1);
  assert.equal(values.pendingRows, 1);
  assert.deepEqual(values.entries().map(({ value }) => value), [numbers.codec.encode(1)]);
  values.attempt(() => store.delete());
  assert.equal(values.pendingRows, 1);
  assert.deepEqual(values.entries().map(({ value }) => value), [null]);
});
