import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import {
  type Job,
  job,
  json,
  session,
  type SessionResult,
  stream,
} from "../../../src/streams/mod.ts";
import { windowKey } from "../../../src/streams/state/store_keys.ts";
import { TopologyTestDriver } from "../../../src/streams/testing/mod.ts";
import { naiveSessions } from "../../support/naive_sessions.ts";
import { fc } from "../../support/properties.ts";

interface Step {
  readonly atMs: number;
  readonly commits: boolean;
}

const gapMs = 10;
const graceMs = 15;
const retentionMs = 60;

/** A row per session: its events' times, in the order in which they came. */
const sessions = stream("steps", json<Step>())
  .timestamp(({ atMs }) => atMs)
  .keyBy(() => "k")
  .window(session(gapMs, { grace: graceMs, retention: retentionMs }))
  .aggregate("steps", {
    initial: (): number[] => [],
    add(times, { atMs }) {
      times.push(atMs);
      return times;
    },
    merge(into, from) {
      into.push(...from);
      return into;
    },
  });
type Row = SessionResult<number[]>;
const steps = job("steps").write(sessions.map((row: Row) => ({ ...row, value: [...row.value] })));

Deno.test("session() refuses a grace of many gaps, and what other windows refuse", () => {
  assert.equal(session("1s", { grace: "1000s" }).graceMs, 1_000_000);
  assert.throws(() => session("1s", { grace: 1_000_001 }), /at most 1000 gaps/);
  assert.throws(() => session(0), /must be > 0/);
  assert.throws(() => session("1s", { grace: "1s", retention: "1s" }), /retention/);
});

Deno.test("reduce() and count() merge sessions by what they add", async () => {
  const keyed = stream("steps", json<Step>()).timestamp(({ atMs }) => atMs).keyBy(() => "k")
    .window(session(gapMs, { grace: graceMs }));
  const counted = keyed.count("count");
  const latest = keyed.reduce("latest", (a, b) => a.atMs > b.atMs ? a : b);
  const valueOf = ({ value }: { readonly value: unknown }) => value;
  assert.deepEqual(await lastRow(job("counts").write(counted.map(valueOf))), 3);
  assert.deepEqual(await lastRow(job("steps").write(latest.map(valueOf))), { atMs: 12 });
});

/** The last row for steps at 0, 12 and 9, the gap being 10. */
async function lastRow<A>(job: Job<Step, A, unknown>): Promise<unknown> {
  await using driver = await TopologyTestDriver.start(job, { startMs: 1_000 });
  for (const atMs of [0, 12, 9]) {
    await driver.pipe({ key: "k", value: JSON.stringify({ atMs }), timestampMs: 1_000 });
  }
  await driver.commit();
  assert.equal((await driver.windows("k", { limit: 1 })).length, 1);
  return driver.rows.at(-1);
}

Deno.test("a session closes when its end is as far back as the grace, by its last event", async () => {
  await using driver = await TopologyTestDriver.start(steps, { startMs: 1_000 });
  const finalAfter = async (...times: readonly number[]) => {
    const value = (atMs: number) => JSON.stringify({ atMs });
    await driver.pipe(
      ...times.map((atMs) => ({ key: "k", value: value(atMs), timestampMs: 1_000 })),
    );
    await driver.commit();
    return driver.rows.findLast(({ startMs }) => startMs === 0)?.final;
  };
  const endsAt15 = [await finalAfter(0, 5, 29), await finalAfter(30)];
  assert.deepEqual(endsAt15, [false, true]);
});

const someSteps = fc.array(
  fc.record({ atMs: fc.integer({ min: 0, max: 150 }), commits: fc.boolean() }),
  { minLength: 1, maxLength: 25 },
);

Deno.test("sessions are those of a naive fold, in rows, state and late topic", async () => {
  await fc.assert(
    fc.asyncProperty(someSteps, async (input) => {
      await using driver = await TopologyTestDriver.start(steps, { startMs: 1_000 });
      for (const step of input) {
        await driver.pipe({ key: "k", value: JSON.stringify(step), timestampMs: 1_000 });
        if (step.commits) await driver.commit();
        if (step.commits && step.atMs % 7 === 0) {
          await driver.crash(0, { state: step.atMs % 2 === 0 ? "kept" : "deleted" });
          await driver.restart();
        }
      }
      await driver.commit();
      const { sessions, late, timeMs } = naiveSessions(input, { gapMs, graceMs });
      const expected = sessions.map(({ events, firstMs, lastMs, closed }) => ({
        startMs: firstMs,
        endMs: lastMs + gapMs,
        value: events.map(({ atMs }) => atMs),
        final: closed,
      }));
      const shown = new Map<number, Row>();
      for (const row of driver.rows) {
        const before = shown.get(row.startMs);
        if (before !== undefined) assert(row.versionUs >= before.versionUs, "a row goes back");
        if (before?.withdrawn === true) assert(row.withdrawn, "a withdrawn session comes back");
        if (before?.versionUs === row.versionUs) assert.deepEqual(row, before);
        shown.set(row.startMs, row);
      }
      const there = [...shown.values()].filter(({ withdrawn }) => !withdrawn)
        .sort((a, b) => a.startMs - b.startMs);
      const rows = there.map(({ startMs, endMs, value, final }) => ({
        startMs,
        endMs,
        value,
        final,
      }));
      assert.deepEqual(rows, expected);
      assert.equal(driver.counts.late, late);
      const kept = await driver.windows("k");
      const least = timeMs - retentionMs - 2 * gapMs;
      const mustBe = expected.filter(({ startMs, final }) =>
        !final || startMs >= timeMs - retentionMs
      );
      assert.deepEqual(
        kept.filter(({ startMs, final }) => !final || startMs >= timeMs - retentionMs)
          .map(({ startMs, endMs, value, final }) => ({ startMs, endMs, value, final })),
        mustBe,
      );
      assert(kept.every(({ startMs, final }) => !final || startMs >= least), "rows that do not go");
    }),
  );
});

// As a row of its own, such a session would be taken for a closed one that outlived the retention.
Deno.test("an open session stays that began before the retention, with many newer ones", async () => {
  const counts = stream("steps", json<Step>()).timestamp(({ atMs }) => atMs).keyBy(() => "k")
    .window(session(gapMs, { grace: 500, retention: 1_000 }))
    .count("count")
    .map((row: SessionResult<number>) => row);
  await using driver = await TopologyTestDriver.start(job("counts").write(counts), { startMs: 1 });
  const pipe = async (...times: readonly number[]) => {
    const value = (atMs: number) => JSON.stringify({ atMs });
    await driver.pipe(...times.map((atMs) => ({ key: "k", value: value(atMs), timestampMs: 1 })));
    await driver.commit();
  };
  const upTo = (lastMs: number, stepMs: number) =>
    Array.from({ length: lastMs / stepMs }, (_, i) => (i + 1) * stepMs);
  await pipe(...upTo(800, 8));
  await pipe(...upTo(200, 20).map((ms) => 800 + ms));
  await pipe(1_290); // the retention begins at 290, and what ends before 780 is closed
  await driver.crash();
  await driver.restart();
  await pipe(808);
  const { value, endMs, final } = driver.rows.findLast(({ startMs }) => startMs === 8) ?? {};
  assert.deepEqual({ value, endMs, final }, { value: 101, endMs: 818, final: false });
  // Closed, it has outlived the retention: a restore may show it, and then nothing is left of it.
  await pipe(1_317);
  await pipe(1_318);
  const rowOf = Buffer.from(windowKey("k", 8));
  const rows = driver.changelog.filter(({ key }) => key !== null && rowOf.equals(key));
  assert.deepEqual(rows.map(({ value }) => value === null), [false, true]);
});

Deno.test("a query has as many sessions as it asks for, whatever became part of another one", async () => {
  await using driver = await TopologyTestDriver.start(steps);
  const at = async (atMs: number) => {
    await driver.pipe({ key: "k", value: JSON.stringify({ atMs }), timestampMs: atMs });
    await driver.commit();
  };
  for (const atMs of [100, 115, 108, 130, 122, 158]) await at(atMs);
  const found = await driver.windows("k", { limit: 2 });
  assert.deepEqual(found.map(({ startMs }) => startMs), [100, 158]);
});
