import assert from "node:assert/strict";
import { unshownResults } from "../../../src/streams/commit/unshown_results.ts";
import type { RecordLog } from "../../../src/streams/ports.ts";
import { changelogTopic } from "../../../src/streams/topology/topology.ts";
import { CountingWorld } from "../../support/counting_run.ts";
import { type CountingRow, rowKey } from "../../support/counting_topology.ts";

const startMs = 6_000_000; // begins a roll-up of each length
const windowMs = 10_000;
const input = { topic: "input", partition: 0 };
const changelog = { topic: changelogTopic("app", "totals"), partition: 0 };

/** So many open windows of a key that some have rows of their own; the oldest are purged. */
async function worldWithPast(): Promise<CountingWorld> {
  const spans = { graceMs: 150_000, retentionMs: 200_000, rollUpRetentionMs: 220_000 };
  const world = new CountingWorld({ partitions: 1, rollUps: true, maxFutureMs: 900_000, ...spans });
  const windows = Array.from({ length: 80 }, (_, i) => startMs + i * windowMs);
  await world.feed(windows.map((timeMs) => [{ key: "k", timeMs, value: timeMs }]), startMs);
  assert.equal(await world.runToEnd(), "done");
  return world;
}

function isResult(row: CountingRow): row is Exclude<CountingRow, { readonly kind: "event" }> {
  return row.kind !== "event";
}

/** The newest of each row that is made where nothing is known of the last commit. */
async function unshown(
  world: CountingWorld,
  wholeFromMs: number | null,
  log: RecordLog = world.log,
): Promise<Map<string, CountingRow>> {
  const { stores, topology } = world;
  const { id: changelogId } = await world.log.describe(changelog.topic);
  await using store = await stores.open(input, changelogId);
  const lineage = { topic: "input", topicId: "", partitions: 1, changelogId, repartitionId: "" };
  const place = { input, changelog, lineage, repartition: undefined };
  const last = { committed: undefined, wholeFromMs };
  const { signal } = new AbortController();
  const newest = new Map<string, CountingRow>();
  for await (const rows of unshownResults({ log, store }, topology, place, last, signal)) {
    for (const row of rows) {
      const known = newest.get(rowKey(row));
      if (row.versionUs >= (known?.versionUs ?? 0)) newest.set(rowKey(row), row);
    }
  }
  return newest;
}

Deno.test.each([
  { fromMs: 0, which: "all rows" },
  { fromMs: startMs + 300_000, which: "the rows of windows that lack nothing" },
  { fromMs: null, which: "no rows where that is not known" },
])("unshownResults() are $which if the last commit is not known", async ({ fromMs }) => {
  const world = await worldWithPast();
  const made = await unshown(world, fromMs);
  const wanted = [...world.sink.rows].filter(([, row]) =>
    isResult(row) && row.startMs >= (fromMs ?? Infinity)
  );
  assert.deepEqual(new Map([...made].sort()), new Map(wanted.sort()));
});

Deno.test("unshownResults() reads no changelog for a job that writes no rows", async () => {
  const world = await worldWithPast();
  world.topology = { ...world.topology, rows: [] };
  const fail = () => assert.fail("the changelog was read");
  const made = await unshown(world, 0, { describe: fail, bounds: fail, open: fail });
  assert.equal(made.size, 0);
});
