import assert from "node:assert/strict";
import { systemClock } from "../../src/base/clock.ts";
import { silentLogger } from "../../src/base/logger.ts";
import type { StateStores } from "../../src/streams/ports.ts";
import { StoreCleanup } from "../../src/streams/task/store_cleanup.ts";
import { encodeText, textOf } from "../../src/streams/text.ts";
import { until } from "../support/until.ts";

/** Stores under test, with nothing in them. */
export interface StoresHarness extends AsyncDisposable {
  readonly stores: StateStores;
}

const topic = "input";
const [key, value] = [encodeText("k"), encodeText("v")];
const delayMs = 200;

/** Leaves a store with one row for each partition, closed. */
async function fill(stores: StateStores, partitions: readonly number[]): Promise<void> {
  for (const partition of partitions) {
    await using store = await stores.open({ topic, partition }, "id");
    await store.apply([{ key, value }], { changelogPosition: 7 });
  }
}

/** How far a partition's store is true, and its row. */
async function contentOf(stores: StateStores, partition: number): Promise<unknown> {
  await using store = await stores.open({ topic, partition }, "id");
  const found = store.get(key);
  return [store.checkpoint?.changelogPosition, found && textOf(found)];
}

/** A view stays as it is while a batch is applied, and behind it. */
async function viewStays(stores: StateStores): Promise<void> {
  await fill(stores, [0]);
  await using store = await stores.open({ topic, partition: 0 }, "id");
  await using view = store.view();
  const added = { key: encodeText("l"), value };
  const others = Array.from({ length: 5_000 }, (_, i) => ({ key: encodeText(`m${i}`), value }));
  const applying = store.apply([{ key, value: null }, added, ...others], { changelogPosition: 8 });
  await using meanwhile = store.view();
  assert.equal(textOf(view.get(key) ?? key), "v");
  assert.equal(textOf(meanwhile.get(added.key) ?? value), "v", "there, or not there yet");
  await applying;
  assert.equal(textOf(view.get(key) ?? key), "v");
  assert.equal(view.get(added.key), undefined);
  const rows = (await Array.fromAsync(view.scan({ gte: key, lt: encodeText("z") }))).flat();
  assert.deepEqual(rows.map(({ key, value }) => [textOf(key), textOf(value)]), [["k", "v"]]);
  await using later = store.view();
  assert.equal(later.get(key), undefined);
  assert.equal(textOf(later.get(added.key) ?? key), "v");
}

/** Batches that were begun while others were under way come to be one after the other. */
async function batchesFollow(stores: StateStores): Promise<void> {
  await beginThree(stores);
  assert.deepEqual(await contentOf(stores, 0), [3, "3"]);
}

async function beginThree(stores: StateStores): Promise<void> {
  await using store = await stores.open({ topic, partition: 0 }, "id");
  const rows = (prefix: string) =>
    Array.from({ length: 2_000 }, (_, i) => ({ key: encodeText(`${prefix}${i}`), value }));
  const order: number[] = [];
  const applied = [1, 2, 3].map(async (number) => {
    const entries = [{ key, value: encodeText(`${number}`) }, ...rows(number === 1 ? "l" : "m")];
    await store.apply(entries, { changelogPosition: number });
    order.push(store.checkpoint?.changelogPosition ?? 0);
  });
  await Promise.all(applied);
  assert.deepEqual(order, [1, 2, 3]);
  await using view = store.view();
  assert.equal(textOf(view.get(key) ?? value), "3");
  assert.equal(textOf(store.get(encodeText("l7")) ?? key), "v");
  assert.equal((await store.getMany([key, encodeText("none")]))[1], undefined);
}

async function loseWhatIsNotNeeded(stores: StateStores): Promise<void> {
  await fill(stores, [0, 1, 2]);
  await using _open = await stores.open({ topic, partition: 2 }, "id");
  const deleted: number[] = [];
  const cleanup = new StoreCleanup({
    stores,
    clock: systemClock,
    logger: silentLogger,
    topic,
    delayMs,
    onDeleted: (partition) => deleted.push(partition),
  });
  const startMs = performance.now();
  cleanup.watch((partition) => partition !== 0);
  await until(() => deleted.length > 0, { what: "deletion", msMax: 10_000, lookMs: 5 });
  assert.ok(performance.now() - startMs >= delayMs);
  await cleanup.pause();
  assert.deepEqual(deleted, [0]);
  assert.deepEqual(await stores.partitions(topic), [1, 2]);
  assert.deepEqual(await contentOf(stores, 0), [undefined, undefined]);
  assert.deepEqual(await contentOf(stores, 1), [7, "v"]);
}

/** What all stores of tasks must do; a new harness per test. */
export function testStateStores(name: string, harness: () => Promise<StoresHarness>): void {
  const test = (what: string, run: (stores: StateStores) => Promise<void>) =>
    Deno.test(`${name} ${what}`, async () => {
      await using place = await harness();
      await run(place.stores);
    });

  test("keep what was applied until a store is destroyed", async (stores) => {
    await fill(stores, [0, 1]);
    assert.deepEqual(await contentOf(stores, 0), [7, "v"]);
    for (let time = 0; time < 2; time++) await stores.destroy({ topic, partition: 0 });
    assert.deepEqual(await contentOf(stores, 0), [undefined, undefined]);
    assert.deepEqual(await contentOf(stores, 1), [7, "v"]);
  });

  test("have views that show what was there, whatever is applied since", viewStays);

  test("write batches in the order in which they were begun", batchesFollow);

  test("delete the row of a value that is null", async (stores) => {
    await fill(stores, [0]);
    {
      await using store = await stores.open({ topic, partition: 0 }, "id");
      await store.apply([{ key, value: null }], { changelogPosition: 8 });
      assert.equal(store.get(key), undefined);
    }
    assert.deepEqual(await contentOf(stores, 0), [8, undefined]);
  });

  test("name the partitions of a topic that have a store, open or not", async (stores) => {
    await fill(stores, [10, 2]);
    await using _other = await stores.open({ topic: "input-2", partition: 3 }, "id");
    await using _open = await stores.open({ topic, partition: 1 }, "id");
    await stores.destroy({ topic, partition: 2 });
    assert.deepEqual(await stores.partitions(topic), [1, 10]);
  });

  test("open a store once at a time", async (stores) => {
    await using _store = await stores.open({ topic, partition: 0 }, "id");
    await assert.rejects(stores.open({ topic, partition: 0 }, "id"), { code: "STORE_LOCKED" });
  });

  test("refuse a store that followed another changelog of the same name", async (stores) => {
    await fill(stores, [0]);
    const reopened = stores.open({ topic, partition: 0 }, "id after the reset");
    await assert.rejects(reopened, { code: "STORE_FOREIGN" });
    assert.deepEqual(await contentOf(stores, 0), [7, "v"]);
  });

  test("lose what StoreCleanup finds not needed for as long as its delay", loseWhatIsNotNeeded);
}
