import assert from "node:assert/strict";
import { type LiveUpdate, noInput } from "../../../../src/http/ports.ts";
import {
  type ThreadReport,
  ThreadsView,
  type ViewThread,
} from "../../../../src/http/view/threads_view.ts";
import { partitionForKey } from "../../../../src/streams/partitioner.ts";
import { SimulatedClock } from "../../../../src/streams/testing/simulated_clock.ts";
import { encodeText } from "../../../../src/streams/text.ts";
import { FakeLiveView, fakeStandby, fakeTask } from "../../../support/fake_live_view.ts";

/** Symbols by partition, of two. */
const byPartition = Map.groupBy(
  ["AAPL", "AMZN", "MSFT", "NVDA", "TSLA"],
  (symbol) => partitionForKey(encodeText(symbol), 2),
);
const ready = { ready: true, problems: [] };

/** A thread with one partition of two and a small market in it. */
class FakeThread implements ViewThread {
  readonly market: FakeLiveView;
  readonly asked: string[] = [];
  report: ThreadReport | undefined;
  reportedMs = 0;
  waitsFor: string | undefined;
  watched = false;

  constructor(partition: number) {
    const symbols = byPartition.get(partition) ?? [];
    this.market = new FakeLiveView({
      partition,
      prices: Object.fromEntries(symbols.map((symbol) => [symbol, 100])),
    });
    this.market.commit();
    this.market.commit();
    this.report = {
      partitionCount: 2,
      own: [partition],
      tasks: [fakeTask({ partition })],
      standbys: [fakeStandby({ partition: partition + 2 })],
      health: ready,
      input: { ...noInput, passed: 2, late: 1 },
    };
  }

  watch() {
    this.watched = true;
    return Promise.resolve(this.market.symbols());
  }

  rest() {
    this.watched = false;
  }

  candles(symbol: string) {
    this.asked.push(symbol);
    return Promise.resolve({ rows: [], restToMs: undefined, parts: [] });
  }

  trades(symbol: string) {
    this.asked.push(symbol);
    return Promise.resolve(undefined);
  }

  says(report: Partial<ThreadReport>): void {
    this.report = { ...this.report as ThreadReport, ...report };
  }
}

function startView() {
  const clock = new SimulatedClock(1_000_000);
  const threads = [0, 1].map((partition) => new FakeThread(partition)) as [FakeThread, FakeThread];
  const homes = new Map<number, number>();
  const view = new ThreadsView({
    application: "market",
    topic: "trade1",
    feed: "live",
    threads,
    homeOf: (partition) => homes.get(partition) ?? partition % 2,
    ownerOf: (partition) => ({ address: `http://other-${partition}` }),
    peerOf: (owner) => owner?.address,
    isReachable: (address) => Promise.resolve(address.startsWith("http")),
    joinProblem: () => undefined,
    clock,
  });
  return { view, threads, clock, homes };
}

Deno.test("ThreadsView knows the symbols of all threads while someone looks, and tells what changes", async () => {
  const { view, threads } = startView();
  const heard: LiveUpdate[] = [];
  const stop = view.subscribe((update) => heard.push(update));
  const looking = await view.look();
  assert.deepEqual(
    [...view.eachSymbol()],
    threads.flatMap(({ market }) => market.symbols()),
  );
  const [, second] = threads;
  const update = second.market.commit();
  view.told(update);
  assert.deepEqual(heard, [update]);
  for (const summary of update.symbols) assert.deepEqual(view.symbol(summary.symbol), summary);
  stop();
  assert.ok(second.watched, "someone looks on");
  looking[Symbol.dispose]();
  assert.ok(threads.every(({ watched }) => !watched));
  assert.deepEqual([...view.eachSymbol()], []);
});

Deno.test("ThreadsView asks the thread that has the symbol's partition", async () => {
  const { view, threads } = startView();
  for (const [partition, symbols] of byPartition) {
    for (const symbol of symbols) {
      await view.candles(symbol, { sizeMs: 15_000, limit: 1 });
      await view.trades(symbol, 1);
      assert.deepEqual(threads[partition]?.asked.splice(0), [symbol, symbol]);
    }
  }
});

Deno.test("ThreadsView shows what is open in any thread as its own, and the rest as others'", () => {
  const { view, threads: [first, second] } = startView();
  assert.deepEqual(view.partitions(), { own: [0, 1], others: new Map() });
  second.says({ own: [], tasks: [] });
  assert.deepEqual(view.partitions(), { own: [0], others: new Map([[1, "http://other-1"]]) });
  assert.deepEqual(view.tasks().map(({ partition }) => partition), [0]);
  assert.deepEqual(view.standbys().map(({ partition }) => partition), [2, 3]);
  first.report = second.report = undefined;
  assert.equal(view.partitions(), undefined);
});

Deno.test("ThreadsView shows a partition that has moved once, in its new thread", () => {
  const { view, threads: [first, second], homes } = startView();
  homes.set(0, 1);
  const moved = fakeTask({ partition: 0, committedOffset: 7 });
  second.says({ own: [0, 1], tasks: [moved, fakeTask({ partition: 1 })] });
  assert.deepEqual(view.tasks(), [moved, fakeTask({ partition: 1 })]);
  assert.equal(first.report?.tasks.length, 1, "the former one has not reported since");
});

Deno.test("ThreadsView is ready when every thread is, and names one that says nothing more", () => {
  const { view, threads: [first, second], clock } = startView();
  first.reportedMs = second.reportedMs = clock.monotonicMs();
  assert.deepEqual(view.health().problems, []);
  second.says({ health: { ready: false, problems: ["task 1 is restoring"] } });
  assert.deepEqual(view.health().problems, ["task 1 is restoring"]);
  second.says({ health: ready });
  first.reportedMs = clock.monotonicMs() - 7_000;
  assert.deepEqual(view.health().problems, ["thread 0 has not answered for 7 s"]);
  first.report = undefined;
  first.waitsFor = "is waiting to connect to Cassandra";
  assert.deepEqual(view.health().problems, ["is waiting to connect to Cassandra"]);
});

Deno.test("ThreadsView says that nothing gets through only where nothing does in any thread", () => {
  const { view, threads: [first, second], clock } = startView();
  first.reportedMs = second.reportedMs = clock.monotonicMs();
  const blocked = "all 20 were late";
  const problems = [`nothing gets through: ${blocked}`];
  first.says({ health: { ready: false, problems }, input: { ...noInput, late: 20, blocked } });
  second.says({ input: { ...noInput, passed: 5, lastPassedMs: clock.nowMs() - 1_000 } });
  assert.equal(view.input().blocked, undefined);
  assert.deepEqual(view.health().problems, []);
  second.says({ input: noInput });
  assert.equal(view.input().blocked, blocked);
  assert.deepEqual(view.health().problems, problems);
  assert.equal(view.input().late, 20);
});
