import assert from "node:assert/strict";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { CommittedResults } from "../../../src/streams/commit/changed_results.ts";
import {
  resultsIntervalMs,
  resultsOf as resultsUnderWayOf,
  ResultsUnderWay,
  waitingEntriesMax,
} from "../../../src/streams/task/results_under_way.ts";
import { waitingBytesMax } from "../../../src/streams/processing/waiting_records.ts";
import type { StateView, StoreEntry } from "../../../src/streams/ports.ts";
import { keyStateKey, keyValueKey, windowKey } from "../../../src/streams/state/store_keys.ts";
import { MemoryStores } from "../../../src/streams/testing/memory_stores.ts";
import { RecordingSink } from "../../../src/streams/testing/recording_sink.ts";
import { settle, SimulatedClock } from "../../../src/streams/testing/simulated_clock.ts";
import { decodeText, encodeText } from "../../../src/streams/text.ts";
import { type CountingRow, countingTopology } from "../../support/counting_topology.ts";

/** A sink that takes what it is given, or waits until it is told to. */
class World {
  readonly clock = new SimulatedClock();
  readonly written: string[] = [];
  readonly views = { open: 0 };
  #until: Promise<void> = Promise.resolve();
  hasTrouble = false;
  readonly abort = new AbortController();
  /** Lets go of a view. */
  closed: () => Promise<void> = () => Promise.resolve();

  async open(): Promise<ResultsUnderWay> {
    const store = await new MemoryStores().open({ topic: "input", partition: 0 }, "c");
    const view = (): StateView => {
      this.views.open += 1;
      return {
        get: (key) => store.get(key),
        scan: (range) => store.scan(range),
        [Symbol.asyncDispose]: async () => {
          this.views.open -= 1;
          await this.closed();
        },
      };
    };
    return new ResultsUnderWay({
      clock: this.clock,
      store: Object.assign(Object.create(store), { view }),
      write: async ({ entries, shownUs }, _view, _signal, onTrouble) => {
        if (this.hasTrouble) onTrouble();
        await this.#until;
        const values = entries.map(({ value }) => decodeText(value as Uint8Array));
        this.written.push(`${values.join(" ")} since ${shownUs}`);
      },
    }, 3);
  }

  /** Lets writes wait until the function that it gives is called. */
  hold(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#until = promise;
    return resolve;
  }

  get signal(): AbortSignal {
    return this.abort.signal;
  }
}

function resultsOf(shownUs: number, entries: readonly StoreEntry[]): CommittedResults {
  return { entries, shownUs, wholeFromMs: 0 };
}

function row(key: string, value: string | null): StoreEntry {
  return { key: keyStateKey(key), value: value === null ? null : encodeText(value) };
}

/** True for what is done without time passing. */
async function isDone(work: Promise<void>): Promise<boolean> {
  let done = false;
  void work.then(() => done = true, () => {});
  await settle();
  return done;
}

Deno.test("ResultsUnderWay writes the first results at once, and later ones a second apart", async () => {
  const world = new World();
  await using results = await world.open();
  results.add(resultsOf(1, [row("a", "a1")]), 4);
  await results.settled(world.signal);
  await results.show(world.signal);
  assert.deepEqual(world.written, ["a1 since 1"]);
  results.add(resultsOf(2, [row("a", "a2")]), 5);
  const shown = results.show(world.signal);
  await world.clock.advance(resultsIntervalMs - 1);
  assert.equal(world.written.length, 1);
  await world.clock.advance(1);
  await shown;
  assert.deepEqual(world.written, ["a1 since 1", "a2 since 2"]);
});

Deno.test("ResultsUnderWay pauses no longer than from one write to the next", async () => {
  const world = new World();
  await using results = await world.open();
  results.add(resultsOf(1, [row("a", "a1")]), 4);
  await results.show(world.signal);
  await world.clock.advance(resultsIntervalMs);
  results.add(resultsOf(2, [row("a", "a2")]), 5);
  assert.ok(await isDone(results.show(world.signal)));
});

Deno.test("ResultsUnderWay writes what several commits changed as one commit would", async () => {
  const world = new World();
  await using results = await world.open();
  results.add(resultsOf(1, [row("a", "a1"), row("b", "b1"), row("c", "c1")]), 5);
  const value = { key: keyValueKey("store", "a"), value: encodeText("no result") };
  const window = { key: windowKey("b", 0), value: encodeText("b0") };
  results.add(resultsOf(2, [value, row("b", "b2"), window]), 9);
  assert.ok(results.any);
  assert.equal(results.shownTo, 3);
  await results.show(world.signal);
  assert.deepEqual(world.written, ["a1 b2 c1 b0 since 1"]);
  assert.equal(results.shownTo, 9);
  assert.ok(!results.any);
});

Deno.test("ResultsUnderWay says that results are shown when the sink has them", async () => {
  const world = new World();
  const letGo = world.hold();
  await using results = await world.open();
  results.add(resultsOf(1, [row("a", "a1")]), 5);
  const shown = results.show(world.signal);
  await settle();
  results.add(resultsOf(2, [row("a", "a2")]), 7);
  assert.equal(results.shownTo, 3);
  assert.ok(!await isDone(results.ended(world.signal)));
  letGo();
  await shown;
  assert.equal(results.shownTo, 5);
  assert.ok(results.any);
  await results.show(world.signal); // without a pause, as someone waits
  assert.equal(results.shownTo, 7);
  assert.ok(await isDone(results.ended(world.signal)));
});

Deno.test("ResultsUnderWay keeps what it is to write while the memory of a commit is used again", async () => {
  const world = new World();
  await using results = await world.open();
  const entry = row("a", "a1");
  results.add(resultsOf(1, [entry]), 4);
  await results.settled(world.signal);
  entry.key.fill(0);
  entry.value?.fill(0);
  await results.show(world.signal);
  assert.deepEqual(world.written, ["a1 since 1"]);
});

Deno.test.each([
  { what: "of another key", entries: [row("b", null)], waits: false },
  { what: "that is deleted", entries: [row("b", "b"), row("a", null)], waits: true },
  { what: "that changes again", entries: [row("a", "a2")], waits: false },
])("ResultsUnderWay lets a commit wait for results of state $what: $waits", async (commit) => {
  const world = new World();
  await using results = await world.open();
  assert.ok(await isDone(results.ready(commit.entries, world.signal)));
  results.add(resultsOf(1, [row("a", "a1")]), 4);
  const ready = results.ready(commit.entries, world.signal);
  assert.equal(await isDone(ready), !commit.waits);
  const shown = results.show(world.signal);
  await ready;
  await shown;
});

Deno.test.each([
  {
    what: "with many entries",
    entries: Array.from({ length: waitingEntriesMax + 1 }, (_, i) => row(`${i}`, "x")),
    waits: true,
  },
  {
    what: "with as many entries as may wait",
    entries: Array.from({ length: waitingEntriesMax }, (_, i) => row(`${i}`, "x")),
    waits: false,
  },
  { what: "with many bytes", entries: [row("a", "x".repeat(waitingBytesMax - 1))], waits: true },
  {
    what: "with as many bytes as may wait",
    entries: [row("a", "x".repeat(waitingBytesMax - 2))],
    waits: false,
  },
  { what: "that deletes what it changes", entries: [row("a", "a"), row("a", null)], waits: true },
  { what: "that deletes something else", entries: [row("a", "a"), row("b", null)], waits: false },
])("ResultsUnderWay lets a commit $what wait until all is shown: $waits", async (commit) => {
  const world = new World();
  await using results = await world.open();
  results.add(resultsOf(1, [row("earlier", "e")]), 4);
  await results.show(world.signal);
  results.add(resultsOf(2, commit.entries), 5);
  const shown = results.show(world.signal);
  assert.ok(!await isDone(shown));
  const settled = results.settled(world.signal);
  assert.ok(await isDone(settled));
  assert.equal(results.any, !commit.waits);
  await results.ended(world.signal);
  await shown;
});

Deno.test("ResultsUnderWay lets commits wait as long as there is trouble with the sink", async () => {
  const world = new World();
  world.hasTrouble = true;
  const letGo = world.hold();
  await using results = await world.open();
  results.add(resultsOf(1, [row("a", "a1")]), 4);
  const shown = results.show(world.signal);
  await settle();
  const settled = results.settled(world.signal);
  assert.ok(!await isDone(settled));
  world.hasTrouble = false;
  letGo();
  await Promise.all([shown, settled]);
  results.add(resultsOf(2, [row("a", "a2")]), 5);
  assert.ok(await isDone(results.settled(world.signal)));
  assert.ok(results.any);
});

Deno.test("ResultsUnderWay ends its pause, and leaves the store, when its session ends", async () => {
  const world = new World();
  {
    await using results = await world.open();
    results.add(resultsOf(1, [row("a", "a1")]), 4);
    await results.show(world.signal);
    assert.equal(world.views.open, 0);
    results.add(resultsOf(2, [row("a", "a2")]), 5);
    results.add(resultsOf(3, [row("a", "a3")]), 6);
    assert.equal(world.views.open, 1);
    const shown = results.show(world.signal);
    const ended = results.ended(world.signal);
    world.abort.abort();
    await assert.rejects(shown, { code: "ABORTED" });
    await assert.rejects(ended, { code: "ABORTED" });
  }
  assert.equal(world.views.open, 0);
  assert.deepEqual(world.written, ["a1 since 1"]);
});

Deno.test("ResultsUnderWay ends when the store has all of its views back, and says where that fails", async () => {
  const world = new World();
  const results = await world.open();
  const { promise, reject } = Promise.withResolvers<void>();
  world.closed = () => promise;
  results.add(resultsOf(1, [row("a", "a1")]), 4);
  await results.show(world.signal);
  const ended = results[Symbol.asyncDispose]();
  assert.ok(!await isDone(ended));
  reject(new Error("a snapshot that cannot be closed"));
  await assert.rejects(ended, /a snapshot that cannot be closed/);
});

Deno.test("ResultsUnderWay fails with a view that cannot be closed when its session ends, not before", async () => {
  const world = new World();
  const results = await world.open();
  world.closed = () => Promise.reject(new Error("a snapshot that cannot be closed"));
  results.add(resultsOf(1, [row("a", "a1")]), 4);
  await results.show(world.signal);
  await nextTurn(); // a failure that no one awaits would end the test
  assert.equal(results.shownTo, 4);
  await assert.rejects(async () => await results[Symbol.asyncDispose](), /snapshot/);
});

Deno.test.each([
  { what: "rows and a sink", rows: true, sink: true },
  { what: "rows alone", rows: true, sink: false },
  { what: "a sink alone", rows: false, sink: true },
])("results of a job with $what are under way where both are there", async ({ rows, sink }) => {
  const topology = countingTopology();
  const underWay = resultsUnderWayOf(
    { sink: sink ? new RecordingSink<CountingRow>() : undefined, clock: new SimulatedClock() },
    rows ? topology : { ...topology, rows: [] },
    await new MemoryStores().open({ topic: "input", partition: 0 }, "c"),
    { show: () => Promise.resolve() },
    undefined,
  );
  assert.equal(underWay !== undefined, rows && sink);
});
