import assert from "node:assert/strict";
import { KeyValues } from "../../../src/streams/state/key_values.ts";
import { json } from "../../../src/streams/topology/codecs.ts";

const numbers = { name: "numbers", codec: json<number>() };

// More values than stay in memory beside those that have changed.
const many = 10_001;

Deno.test("KeyValues forgets what the store has, and nothing that it has not", () => {
  let reads = 0;
  const store = {
    get: () => {
      reads += 1;
      return numbers.codec.encode(7);
    },
  };
  const values = new KeyValues(store);
  for (let n = 0; n < many; n++) values.put("numbers", `k${n}`, numbers.codec.encode(n));
  values.handOver();
  values.put("numbers", "k0", numbers.codec.encode(-1));
  values.settle();
  const read = values.readerOf(numbers);
  assert.equal(read.get("k0"), -1);
  assert.deepEqual([read.get("k1"), reads], [7, 1]);
  assert.equal(values.entries().length, 1);
  assert.deepEqual(values.entries()[0]?.value, numbers.codec.encode(-1));
});

Deno.test("KeyValues keeps few values after a commit, as they are asked for again", () => {
  const store = {
    get: (): Uint8Array | undefined => {
      throw new Error("the store was read");
    },
  };
  const values = new KeyValues(store);
  // A first change asks the store for nothing.
  values.put("numbers", "k", numbers.codec.encode(1));
  values.handOver();
  values.settle();
  assert.equal(values.readerOf(numbers).get("k"), 1);
  assert.equal(values.pendingRows, 0);
});

Deno.test("KeyValues takes back what an attempt changed before it failed", () => {
  const values = new KeyValues({ get: () => undefined });
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
