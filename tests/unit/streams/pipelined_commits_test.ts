import assert from "node:assert/strict";
import { PipelineError } from "../../../src/base/errors.ts";
import { CommitUnderWay } from "../../../src/streams/commit/commit_under_way.ts";
import { parseCommitMetadata } from "../../../src/streams/commit/commit_metadata.ts";
import { job, json, stream, tumbling } from "../../../src/streams/mod.ts";
import { CacheBudget } from "../../../src/streams/state/cache_budget.ts";
import { inlineMax } from "../../../src/streams/state/key_row.ts";
import { keyOf } from "../../../src/streams/state/store_keys.ts";
import { WriteCache } from "../../../src/streams/state/write_cache.ts";
import { type MemoryLog, TopologyTestDriver } from "../../../src/streams/testing/mod.ts";
import {
  type CountingDriver,
  feed,
  startDriver,
  startMs,
  sumOf,
} from "../../support/counting_driver.ts";
import { countingTopology, measurementRecord } from "../../support/counting_topology.ts";
import { readMs, startSlowReads } from "../../support/slow_reads.ts";

const input = { topic: "input", partition: 0 };

/** Holds the next transaction before its end, until it is let go or to fail. */
function holdCommit({ log }: { readonly log: MemoryLog }) {
  const { promise, resolve } = Promise.withResolvers<Error | undefined>();
  log.hook = async (step) => {
    if (step !== "before-end") return;
    log.hook = () => {};
    const failure = await promise;
    if (failure !== undefined) throw failure;
  };
  return {
    letGo: () => resolve(undefined),
    fail: () => resolve(new PipelineError("STORE_UNAVAILABLE", "it fails for good")),
    [Symbol.dispose]: () => resolve(undefined),
  };
}

/** Feeds the first event, and the second one while the first is being committed. */
async function betweenTwo(driver: CountingDriver): Promise<ReturnType<typeof holdCommit>> {
  await feed(driver, 1);
  const held = holdCommit(driver);
  await driver.commit();
  await feed(driver, 2);
  return held;
}

Deno.test("A task processes on while a commit is made, and then begins the next one", async () => {
  await using driver = await startDriver();
  using held = await betweenTwo(driver);
  assert.equal(driver.rows.length, 1, "the row of the first event, no result");
  held.letGo();
  await driver.advance(0);
  assert.equal(await sumOf(driver), 1, "the second event is no part of it");
  await driver.commit();
  assert.equal(await sumOf(driver), 3);
  const sums = driver.rows.flatMap((row) => row.kind === "window" ? [row.sum] : []);
  assert.deepEqual(sums, [1, 3]);
});

Deno.test("No commit begins before the last one is in the store, however much waits", async () => {
  await using driver = await startDriver({ pendingRowsMax: 2 });
  using held = holdCommit(driver);
  await feed(driver, 1, 2, 3, 4, 5, 6);
  assert.equal(driver.log.visible("input").length, 6);
  assert.equal(driver.changelog.length, 1, "that of the rules");
  held.letGo();
  await driver.commit();
  assert.equal(await sumOf(driver), 21);
});

Deno.test("What was processed during a commit that failed is processed again, once", async () => {
  await using driver = await startDriver();
  using held = await betweenTwo(driver);
  held.fail();
  await driver.advance(0);
  assert.equal(driver.tasks()[0]?.state, "failed");
  assert.match(driver.tasks()[0]?.problem ?? "", /fails for good/);
  assert.equal(driver.counts.read, 0);
});

Deno.test("A session lets go of every writer that it had", async () => {
  await using driver = await startDriver();
  await feed(driver, 1);
  driver.failNext("before-end");
  await driver.commit();
  await driver.advance(60_000);
  assert.equal(await sumOf(driver), 1, "committed by a second writer");
  assert.equal(driver.log.openWriters, 1);
  await driver.stop();
  assert.equal(driver.log.openWriters, 0);
});

Deno.test("A commit that fails is no later noticed than by a task that waits for its source", async () => {
  let prepared = 0;
  const job = countingTopology();
  const prepare = () => {
    prepared += 1;
    return prepared < 2
      ? Promise.resolve()
      : Promise.reject(new PipelineError("REGISTRY_UNAVAILABLE", "no registry"));
  };
  const topology = { ...job, source: { ...job.source, prepare } };
  await using driver = await TopologyTestDriver.start(topology, { startMs });
  using held = await betweenTwo(driver);
  held.fail();
  await driver.advance(0);
  assert.equal(prepared, 2);
  assert.match(driver.tasks()[0]?.problem ?? "", /fails for good/);
});

Deno.test("A task that is closed during a commit makes a last one behind it", async () => {
  await using driver = await startDriver();
  using held = await betweenTwo(driver);
  const stopped = driver.stop();
  held.letGo();
  await stopped;
  const committed = await driver.log.commitLogOf("test").committed(input);
  assert.equal(committed?.offset, 2);
  assert.ok(parseCommitMetadata(committed?.metadata ?? "")?.closed);
});

Deno.test("A row that holds the aggregate itself shows it as of its commit", async () => {
  const totals = stream("input", json<number>())
    .keyBy(() => "k")
    .window(tumbling("1s", { retention: "10s" }))
    .aggregate("totals", {
      initial: () => ({ sum: 0 }),
      add(total, value) {
        total.sum += value;
        return total;
      },
    });
  await using driver = await TopologyTestDriver.start(
    job("sums").write(totals.map((r) => r.value)),
  );
  await driver.pipe({ key: "k", value: "1" });
  using held = holdCommit(driver);
  await driver.commit();
  await driver.pipe({ key: "k", value: "2", timestampMs: 0 });
  held.letGo();
  await driver.advance(0);
  assert.deepEqual(driver.rows, [{ sum: 1 }]);
});

Deno.test("WriteCache keeps keys until their commit is in the store", () => {
  const asked: string[] = [];
  const store = {
    get: (row: Uint8Array) => {
      asked.push(keyOf(row));
      return undefined;
    },
    getMany: () => Promise.resolve([]),
  };
  using cache = new WriteCache(store, countingTopology(), new CacheBudget(1));
  const change = (key: string) => {
    cache.touch(cache.key(key));
    cache.rowOf(cache.key(key));
    cache.handOver();
  };
  change("a");
  cache.key("b");
  assert.ok(cache.key("a").stored);
  assert.throws(() => cache.handOver(), /before the last one is in the store/);
  cache.settle();
  for (const other of ["c", "d", "e"]) {
    change(other);
    cache.settle();
  }
  assert.deepEqual(asked, ["a", "b", "c", "d", "e"]);
  cache.key("a");
  assert.equal(asked.at(-1), "a", "it was not in use any more");
});

Deno.test("CommitUnderWay ends what is under way when it is disposed of", async () => {
  const ends: string[] = [];
  const { signal } = new AbortController();
  {
    await using underWay = new CommitUnderWay(signal, () => ends.push("told"));
    underWay.begin(async (signal) => {
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      await new Promise((resolve) => setTimeout(resolve, 0));
      ends.push("aborted");
    });
    assert.throws(() => underWay.begin(() => Promise.resolve()), /before the last one is done/);
  }
  assert.deepEqual(ends, ["aborted", "told"]);
});

Deno.test("A window that another pushes out of its key's row changes while the commit is made", async () => {
  const topology = countingTopology({ graceMs: 200_000 });
  await using driver = await TopologyTestDriver.start(topology, { startMs });
  const pipe = (...windows: readonly number[]) =>
    driver.pipe(...windows.map((window) => {
      const timeMs = startMs + 10_000 * window;
      return measurementRecord([{ key: "k", timeMs, value: 1 }], startMs + 100_000);
    }));
  await pipe(0, ...Array.from({ length: inlineMax - 1 }, (_, i) => i + 2));
  await driver.commit();
  await driver.crash();
  await driver.restart();
  using held = holdCommit(driver);
  // Its commit is due at once. It moves no time, so that no one has looked at the oldest window yet.
  await pipe(1);
  await pipe(0);
  held.letGo();
  await driver.commit();
  await driver.commit();
  const counts = (await driver.windows("k")).map(({ value }) => value.count);
  assert.deepEqual(counts, [2, ...Array(inlineMax).fill(1)]);
});

Deno.test("A task that is behind its input commits less often, and at its end at once", async () => {
  const slow = await startSlowReads(countingTopology(), startMs);
  await using driver = slow.driver;
  const reads = 25;
  await feed(driver, ...Array(reads).fill(1));
  await driver.advance(2_000);
  assert.deepEqual(slow.beganMs, [1_000, reads * readMs]);
});
