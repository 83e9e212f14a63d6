// A million symbols with one trade each took 144 seconds and gigabytes: six entries each, in one
// commit, and nothing that bounded what was in memory.
import assert from "node:assert/strict";
import type { StateStore } from "../../../src/streams/ports.ts";
import { CacheBudget } from "../../../src/streams/state/cache_budget.ts";
import type { CachedKey } from "../../../src/streams/state/cached_key.ts";
import { inlineMax } from "../../../src/streams/state/key_row.ts";
import { keyOf } from "../../../src/streams/state/store_keys.ts";
import { WriteCache } from "../../../src/streams/state/write_cache.ts";
import { job, json, stream } from "../../../src/streams/mod.ts";
import { TopologyTestDriver } from "../../../src/streams/testing/mod.ts";
import { CountingWorld } from "../../support/counting_run.ts";
import {
  countingTopology,
  measurementRecord,
  type Total,
} from "../../support/counting_topology.ts";
import { startMs } from "../../support/counting_driver.ts";
import { encodePlainKeyRow } from "../../support/plain_key_row.ts";

function event(key: string, timeMs: number) {
  return measurementRecord([{ key, timeMs, value: 1 }], startMs);
}

function tags(changelog: readonly { readonly key: Uint8Array | null }[]): string {
  return changelog.map(({ key }) => String.fromCharCode(key?.[0] ?? 0)).join("");
}

Deno.test("a commit writes one entry for a key, and one for each window that it closes", async () => {
  const job = countingTopology({ rollUps: true });
  await using driver = await TopologyTestDriver.start(job, { startMs });
  await driver.pipe(event("a", startMs), event("a", startMs + 10_000), event("b", startMs));
  await driver.commit();
  assert.equal(tags(driver.changelog), "mkkm");
  await driver.pipe(event("a", startMs + 15_000));
  await driver.commit();
  assert.equal(tags(driver.changelog).slice(4), "wkm", "the first window");
  await driver.pipe(event("a", startMs + 25_000));
  await driver.commit();
  assert.equal(tags(driver.changelog).slice(7), "wrkm", "the second, and its roll-up");
});

Deno.test("a task commits early for the rows that its changed keys make", async () => {
  const options = { partitions: 1, startMs, pendingRowsMax: 20, commitIntervalMs: 60_000 };
  await using driver = await TopologyTestDriver.start(countingTopology(), options);
  await driver.pipe(...Array.from({ length: 100 }, (_, i) => event(`key ${i}`, startMs)));
  const commits = tags(driver.changelog).split("m").filter((commit) => commit !== "");
  assert.deepEqual(commits.map(({ length }) => length), Array(10).fill(10));
});

Deno.test("a task commits early for the bytes that its changed keys have", async () => {
  const texts = stream("texts", json<{ readonly key: string; readonly text: string }>())
    .keyBy(({ key }) => key)
    .reduce("texts", (sum) => sum);
  const options = { startMs, commitIntervalMs: 60_000 };
  await using driver = await TopologyTestDriver.start(job("texts").to("out", texts), options);
  const keys = Array.from({ length: 400 }, (_, i) => `key ${i}`);
  const change = (text: string) =>
    driver.pipe(...keys.map((key) => ({ key, value: JSON.stringify({ key, text }) })));
  await change("x".repeat(100_000));
  await driver.commit();
  const before = driver.changelog.length;
  await change("");
  assert.equal(tags(driver.changelog.slice(before)), "k".repeat(336) + "m", "34 MB");
});

Deno.test("a commit gives the sink so many rows at once as a task that ends can wait for", async () => {
  const world = new CountingWorld({ partitions: 1 });
  const portions: number[] = [];
  world.sink.hook = (step, rows) => step === "before-write" && portions.push(rows.length);
  const events = Array.from(
    { length: 2_500 },
    (_, i) => ({ key: "k", timeMs: i, value: 1 }),
  );
  await world.feed([events], 3_000);
  await world.runToEnd();
  assert.deepEqual(portions, [2_000, 500, 1]);
});

/** A store that notes which keys it is asked for, one by one or together: with rows of these keys. */
class AskedStore implements Pick<StateStore, "get" | "getMany"> {
  one: string[] = [];
  many: string[] = [];
  readonly #rows: ReadonlyMap<string, Uint8Array>;

  constructor(rows: ReadonlyMap<string, Uint8Array> = new Map()) {
    this.#rows = rows;
  }

  get(row: Uint8Array): Uint8Array | undefined {
    this.one.push(keyOf(row));
    return this.#rows.get(keyOf(row));
  }

  getMany(rows: readonly Uint8Array[]): Promise<undefined[]> {
    this.many.push(...rows.map(keyOf));
    return Promise.resolve(rows.map(() => undefined));
  }
}

/** The row of a key with open windows of these contents. */
function rowWith(contents: readonly Uint8Array[]): Uint8Array {
  return encodePlainKeyRow({
    streamTimeMs: startMs,
    closedToMs: startMs,
    purgedToMs: [startMs],
    windows: contents.map((content, i) => ({ startMs: startMs + i * 10_000, content })),
    closedParts: [],
  });
}

/** A commit that the store has at once. */
function commit(cache: WriteCache<Total>): void {
  handOver(cache);
  cache.settle();
}

function handOver(cache: WriteCache<Total>): void {
  for (const owner of cache.dirtyKeys) cache.rowOf(owner);
  cache.handOver();
}

Deno.test("WriteCache does not ask the store for a key that a commit deletes", () => {
  const store = new AskedStore();
  using cache = new WriteCache(store, countingTopology());
  cache.key("gone");
  cache.forget("gone");
  cache.handOver();
  assert.ok(!cache.key("gone").stored);
  assert.deepEqual(store.one, ["gone"], "before it was forgotten");
});

Deno.test("WriteCache lets go of keys that are not in use, and reads them again", () => {
  const store = new AskedStore();
  using cache = new WriteCache(store, countingTopology(), new CacheBudget(20_000));
  cache.touch(cache.key("left"));
  for (let round = 0; round < 3; round++) {
    cache.touch(cache.key("kept"));
    for (let i = 0; i < 100; i++) cache.touch(cache.key(`${round} ${i}`));
    commit(cache);
  }
  store.one = [];
  cache.key("kept");
  cache.key("left");
  assert.deepEqual(store.one, ["left"]);
});

Deno.test("WriteCache keeps the keys of a commit that is under way", () => {
  const store = new AskedStore();
  using cache = new WriteCache(store, countingTopology(), new CacheBudget(0));
  twoCommits(cache);
  const windows = { small: 1, wide: inlineMax + 1, large: 140_000 };
  for (const [key, count] of Object.entries(windows)) {
    const owner = cache.key(key);
    owner.state.streamTimeMs = startMs;
    for (let i = 0; i < count; i++) cache.add(owner, cache.newWindow(startMs + i * 10_000));
    cache.touch(owner);
  }
  cache.forget("gone");
  handOver(cache);
  store.one = [];
  const kept = ["small", "wide", "large", "gone"].map((key) => cache.key(key));
  assert.deepEqual(kept.map(({ stored }) => stored), [true, true, true, false]);
  assert.deepEqual(kept.map((key) => key.windows.length), [...Object.values(windows), 0]);
  assert.deepEqual(store.one, []);
});

/** Lets two commits pass, after which keys that they do not use are no objects any more. */
function twoCommits(cache: WriteCache<Total>): void {
  for (let i = 0; i < 2; i++) {
    cache.key("another");
    commit(cache);
  }
}

Deno.test("WriteCache knows keys that are not in use without asking the store", () => {
  const store = new AskedStore();
  using cache = new WriteCache(store, countingTopology(), new CacheBudget(100));
  const owner = cache.key("a");
  owner.state.streamTimeMs = startMs;
  cache.add(owner, cache.newWindow(startMs));
  cache.touch(owner);
  commit(cache);
  const again = cache.key("a");
  assert.ok(again !== owner);
  assert.deepEqual([again.state.streamTimeMs, again.windows.length], [startMs, 1]);
  assert.deepEqual(store.one.filter((key) => key === "a"), ["a"], "for the first time");
});

Deno.test("WriteCache forgets keys that are not in use", () => {
  const store = new AskedStore();
  using cache = new WriteCache(store, countingTopology(), new CacheBudget(1_900));
  cache.touch(cache.key("a"));
  twoCommits(cache);
  cache.forget("a");
  twoCommits(cache);
  assert.ok(!cache.key("a").stored);
});

Deno.test("WriteCache asks the store again for a key that it lacked", () => {
  const store = new AskedStore();
  using cache = new WriteCache(store, countingTopology(), new CacheBudget(100));
  cache.key("a");
  twoCommits(cache);
  assert.ok(!cache.key("a").stored);
  assert.deepEqual(store.one.filter((key) => key === "a"), ["a", "a"]);
});

Deno.test("WriteCache reads the keys of records to come at once where keys are read at all", async () => {
  const store = new AskedStore();
  using cache = new WriteCache(store, countingTopology());
  await cache.readAhead(() => ["a", "b"]);
  assert.deepEqual(store.many, [], "nothing was read yet");
  cache.key("a");
  await cache.readAhead(() => ["a", "b", "c", "b"]);
  assert.deepEqual(store.many, ["b", "c"]);
  cache.key("b");
  cache.key("c");
  assert.deepEqual(store.one, ["a"]);
  await cache.readAhead(() => ["d"]);
  await cache.readAhead(() => ["e"]);
  assert.deepEqual(store.many, ["b", "c", "d"], "nothing was read since");
  cache.key("f");
  await cache.readAhead(() => ["g"]);
  cache.key("d");
  assert.deepEqual(store.one, ["a", "f", "d"], "what was read for nothing is let go");
});

Deno.test("WriteCache uses a row once that it has read ahead", async () => {
  const store = new AskedStore();
  using cache = new WriteCache(store, countingTopology(), new CacheBudget(0));
  cache.key("another");
  await cache.readAhead(() => ["a", "b"]);
  cache.touch(cache.key("a"));
  cache.key("another");
  cache.forget("b");
  for (let i = 0; i < 3; i++) commit(cache);
  store.one = [];
  cache.key("a");
  cache.key("b");
  assert.deepEqual(store.one, ["a", "b"], "the store has had another one since");
});

interface Use {
  readonly what: string;
  readonly kept: boolean;
  readonly use: (cache: WriteCache<Total>, owner: CachedKey<Total>) => void;
}

Deno.test.each<Use>([
  { what: "a key", kept: true, use: () => {} },
  {
    what: "ten keys",
    kept: false,
    use: (cache) => Array.from({ length: 10 }, (_, i) => cache.key(`another ${i}`)),
  },
  {
    what: "a key with twenty windows",
    kept: false,
    use: (cache, owner) => {
      for (let i = 0; i < 20; i++) cache.add(owner, cache.newWindow(startMs + i * 10_000));
    },
  },
  {
    what: "a key, one window of which was read again and again",
    kept: true,
    use: (cache) => {
      for (let i = 0; i < 20; i++) cache.window(cache.key("stored"), startMs);
    },
  },
  {
    what: "a key, all windows of which were read",
    kept: false,
    use: (cache) => {
      for (let i = 0; i < inlineMax; i++) cache.window(cache.key("stored"), startMs + i * 10_000);
    },
  },
])("WriteCache with room for 4,000 bytes of objects has $what: kept is $kept", ({ use, kept }) => {
  const job = countingTopology();
  const state = { aggregate: { count: 1, sum: 1 }, final: false, versionUs: 1, receivedAtMs: 1 };
  const stored = rowWith(Array.from({ length: inlineMax }, () => job.windowCodec.encode(state)));
  const store = new AskedStore(new Map([["stored", stored.slice()]]));
  using cache = new WriteCache(store, job, new CacheBudget(16_000));
  const owner = cache.key("a");
  use(cache, owner);
  commit(cache);
  assert.equal(cache.key("a") === owner, kept);
});

Deno.test("WriteCache keeps no key as an object whose windows are large", () => {
  const stored = rowWith([new Uint8Array(8_000)]).slice();
  const store = new AskedStore(new Map([["large", stored]]));
  const total = { aggregate: { count: 1, sum: 1 }, final: false, versionUs: 1, receivedAtMs: 1 };
  const windowCodec = { encode: () => new Uint8Array(8_000), decode: () => total };
  const job = { ...countingTopology(), windowCodec };
  using cache = new WriteCache(store, job, new CacheBudget(80_000));
  const owner = cache.key("large");
  commit(cache);
  assert.ok(cache.key("large") === owner, "not read yet");
  cache.window(owner, startMs);
  commit(cache);
  assert.ok(cache.key("large") !== owner);
});

Deno.test("WriteCache keeps no key as an object that a commit has made large", () => {
  const windowCodec = { ...countingTopology().windowCodec, encode: () => new Uint8Array(8_000) };
  const job = { ...countingTopology(), windowCodec };
  using cache = new WriteCache(new AskedStore(), job, new CacheBudget(80_000));
  const owner = cache.key("large");
  const grow = (at: number) => {
    const window = cache.newWindow(startMs + at * 10_000);
    cache.add(owner, window);
    cache.changed(owner, window);
    commit(cache);
  };
  grow(0);
  assert.ok(cache.key("large") === owner, "not large before");
  grow(1);
  assert.ok(cache.key("large") !== owner);
  const another = cache.key("another");
  commit(cache);
  assert.ok(cache.key("another") === another, "what was let go takes nothing");
});

Deno.test("WriteCache has room again once it has let go of keys that are not in use", () => {
  using cache = new WriteCache(new AskedStore(), countingTopology(), new CacheBudget(40_000));
  for (let i = 0; i < 600; i++) {
    const owner = cache.key(`k${i}`);
    for (const at of [0, 1]) cache.add(owner, cache.newWindow(startMs + at * 10_000));
    cache.touch(owner);
  }
  commit(cache);
  for (let i = 0; i < 3; i++) twoCommits(cache);
  const owner = cache.key("a");
  commit(cache);
  assert.ok(cache.key("a") === owner);
});

Deno.test("WriteCache takes no more for a key the more often it changes", () => {
  using cache = new WriteCache(new AskedStore(), countingTopology(), new CacheBudget(50_000));
  const [small, wide] = [cache.key("small"), cache.key("wide")];
  for (let i = 0; i <= inlineMax; i++) cache.add(wide, cache.newWindow(startMs + i * 10_000));
  for (let i = 0; i < 2_000; i++) {
    for (const owner of [small, wide]) cache.touch(owner);
    commit(cache);
  }
  assert.ok(cache.key("small") === small && cache.key("wide") === wide);
});

Deno.test("WriteCache keeps keys as bytes while only the objects of others take too much", () => {
  const store = new AskedStore();
  using cache = new WriteCache(store, countingTopology(), new CacheBudget(16_000));
  cache.touch(cache.key("a"));
  for (let round = 0; round < 4; round++) {
    for (let i = 0; i < 10; i++) cache.key(`another ${i}`);
    commit(cache);
  }
  cache.key("a");
  assert.deepEqual(store.one.filter((key) => key === "a"), ["a"], "for the first time");
});

Deno.test("WriteCache reads a key again whose row is too large to stay", () => {
  const store = new AskedStore(new Map([["large", rowWith([new Uint8Array(300_000)]).slice()]]));
  using cache = new WriteCache(store, countingTopology(), new CacheBudget(0));
  cache.touch(cache.key("large"));
  assert.ok(cache.dirtyBytes > 300_000, "they make a commit due");
  handOver(cache);
  assert.equal(cache.dirtyBytes, 0);
  assert.equal(cache.key("large").windows.length, 1);
  assert.deepEqual(store.one, ["large"], "the store has not got the commit yet");
  cache.settle();
  commit(cache);
  assert.equal(cache.key("large").windows.length, 1);
  assert.equal(store.one.at(-1), "large");
});

Deno.test("WriteCache gives back the places of rows that went, and knows what a commit has changed", () => {
  const names = Array.from({ length: 20 }, (_, i) => `large ${i}`);
  const large = rowWith([new Uint8Array(100_000)]).slice();
  const store = new AskedStore(new Map(names.map((name) => [name, large])));
  using cache = new WriteCache(store, countingTopology(), new CacheBudget(40_000));
  cache.touch(cache.key("before"));
  commit(cache);
  for (const name of names) cache.key(name);
  for (const name of names) cache.forget(name);
  cache.touch(cache.key("changed"));
  handOver(cache);
  store.one = [];
  assert.ok(cache.key("changed").stored);
  assert.ok(!cache.key("large 0").stored);
  assert.deepEqual(store.one, []);
  cache.key("before");
  assert.deepEqual(store.one, ["before"]);
});
