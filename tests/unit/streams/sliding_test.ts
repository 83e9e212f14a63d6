import assert from "node:assert/strict";
import { job, json, sliding, stream, sum, type WindowResult } from "../../../src/streams/mod.ts";
import { TopologyTestDriver } from "../../../src/streams/testing/mod.ts";
import { naiveSliding } from "../../support/naive_sliding.ts";
import { fc } from "../../support/properties.ts";

interface Step {
  readonly atMs: number;
  readonly commits: boolean;
}

const differenceMs = 10;
const graceMs = 15;
const retentionMs = 60;

/** A row per window: its events' times, in the order in which they came. */
function stepsWithin(advanceMs: number) {
  const windows = sliding(differenceMs, {
    grace: graceMs,
    retention: retentionMs,
    advance: advanceMs,
  });
  const table = stream("steps", json<Step>())
    .timestamp(({ atMs }) => atMs)
    .keyBy(() => "k")
    .window(windows)
    .aggregate("steps", {
      initial: (): number[] => [],
      add(times, { atMs }) {
        if (atMs === 149) throw new Error("no such step");
        times.push(atMs);
        return times;
      },
    });
  return job("steps", { handlers: { onProcessingError: () => "dead-letter" } })
    .write(table.map((row: WindowResult<number[]>) => ({ ...row, value: [...row.value] })))
    .to("closed", table.onClose());
}

function steps(...times: readonly number[]) {
  return times.map((atMs) => ({ key: "k", value: JSON.stringify({ atMs }), timestampMs: 1_000 }));
}

Deno.test("sliding() takes lengths that go together", () => {
  const { sizeMs, advanceMs } = sliding("10s", { grace: "5s" });
  assert.deepEqual([sizeMs, advanceMs], [10_001, 1]);
  assert.equal(sliding("10s", { grace: 0, advance: "1s" }).sizeMs, 11_000);
  assert.throws(() => sliding(0, { grace: 0 }), /difference must be > 0/);
  assert.throws(() => sliding(10, { grace: 0, advance: 3 }), /advance must divide/);
  assert.throws(() => sliding(10, { grace: 5, retention: 15 }), /retention/);
  assert.throws(() => sliding(10, { grace: -1 }), /grace/);
});

Deno.test("a window ends with each event, and one begins behind each that others follow", async () => {
  await using driver = await TopologyTestDriver.start(stepsWithin(1), { startMs: 1_000 });
  await driver.pipe(...steps(100, 105, 111, 103));
  await driver.commit();
  const windows = await driver.windows("k");
  assert.deepEqual(windows.map(({ startMs, endMs, value }) => [startMs, endMs, value]), [
    [90, 101, [100]],
    [93, 104, [100, 103]],
    [95, 106, [100, 105, 103]],
    [101, 112, [105, 111, 103]],
    [104, 115, [105, 111]],
    [106, 117, [111]],
  ]);
});

const someSteps = fc.array(
  fc.record({ atMs: fc.integer({ min: 0, max: 150 }), commits: fc.boolean() }),
  { minLength: 1, maxLength: 40 },
);

for (const advanceMs of [1, 5]) {
  Deno.test(`sliding windows by ${advanceMs} ms are those of their definition`, async () => {
    await fc.assert(fc.asyncProperty(someSteps, async (input) => {
      await using driver = await TopologyTestDriver.start(stepsWithin(advanceMs), {
        startMs: 1_000,
      });
      for (const step of input) {
        await driver.pipe(...steps(step.atMs));
        if (step.commits) await driver.commit();
        if (step.commits && step.atMs % 7 === 0) {
          await driver.crash(0, { state: step.atMs % 2 === 0 ? "kept" : "deleted" });
          await driver.restart();
        }
      }
      await driver.commit();
      const lengths = { differenceMs, advanceMs, graceMs };
      const counted = input.filter(({ atMs }) => atMs !== 149);
      const { windows, late, timeMs } = naiveSliding(counted, lengths);
      const expected = windows.map(({ startMs, events, closed }) => ({
        startMs,
        value: events.map(({ atMs }) => atMs),
        final: closed,
      }));
      const shown = new Map<number, WindowResult<number[]>>();
      for (const row of driver.rows) {
        const before = shown.get(row.startMs);
        if (before !== undefined) assert(row.versionUs >= before.versionUs, "a row goes back");
        if (before?.versionUs === row.versionUs) assert.deepEqual(row, before);
        shown.set(row.startMs, row);
      }
      const partOf = ({ startMs, value, final }: WindowResult<number[]>) => {
        return { startMs, value: [...value], final };
      };
      const rows = [...shown.values()].sort((a, b) => a.startMs - b.startMs).map(partOf);
      assert.deepEqual(rows, expected);
      assert.deepEqual(
        driver.log.visible("closed").map(({ value }) => JSON.parse(`${text(value)}`)),
        expected.filter(({ final }) => final).map(({ value }) => value),
      );
      const tooLate = driver.counts.late + driver.counts.deadLetters;
      assert.equal(tooLate, late.length + input.length - counted.length);
      const isKept = ({ startMs, final }: { startMs: number; final: boolean }) =>
        !final || startMs >= timeMs - retentionMs;
      const kept = await driver.windows("k");
      assert.deepEqual(kept.filter(isKept).map(partOf), expected.filter(isKept));
      const least = timeMs - retentionMs - 2 * (differenceMs + advanceMs);
      assert(kept.every(({ startMs, final }) => !final || startMs >= least), "rows that do not go");
    }));
  });
}

function text(bytes: Uint8Array | null): string {
  return new TextDecoder().decode(bytes ?? undefined);
}

Deno.test("an event that is late for the window it ends is in none, and in the late topic", async () => {
  await using driver = await TopologyTestDriver.start(stepsWithin(1), { startMs: 1_000 });
  await driver.pipe(...steps(100, 84, 85));
  await driver.commit();
  assert.deepEqual(driver.counts, {
    ...{ read: 3, aggregated: 2, late: 1, deadLetters: 0, duplicates: 0, rekeyed: 0 },
  });
  const [late] = driver.late;
  const [startMs, endMs] = ["window-start", "window-end"].map((name) =>
    text(late?.headers[name] ?? null)
  );
  assert.deepEqual([startMs, endMs], ["74", "85"]);
});

Deno.test("an event on which the job throws in one of its windows changes none", async () => {
  const counted = stream("steps", json<Step>()).timestamp(({ atMs }) => atMs).keyBy(() => "k")
    .window(sliding(10, { grace: 20 }))
    .aggregate("pairs", {
      initial: (): number[] => [],
      add(times, { atMs }) {
        times.push(atMs);
        if (times.length > 2) throw new Error("more than two");
        return times;
      },
    });
  const pairs = job("pairs", { handlers: { onProcessingError: () => "dead-letter" } })
    .to("pairs", counted);
  await using driver = await TopologyTestDriver.start(pairs, { startMs: 1_000 });
  await driver.pipe(...steps(100, 108, 104, 112));
  await driver.commit();
  assert.equal(driver.counts.deadLetters, 1);
  const windows = await driver.windows("k");
  assert.deepEqual(windows.map(({ startMs, value }) => [startMs, value]), [
    [90, [100]],
    [98, [100, 108]],
    [101, [108]],
    [102, [108, 112]],
    [109, [112]],
  ]);
});

Deno.test("reduce(), count() and fields fold sliding windows", async () => {
  const keyed = stream("steps", json<Step>()).timestamp(({ atMs }) => atMs).keyBy(() => "k")
    .window(sliding(10, { grace: 20 }));
  const valueOf = ({ value }: { readonly value: unknown }) => value;
  const lastOf = async (table: ReturnType<typeof keyed.reduce>) => {
    const least = job("least", { handlers: { onProcessingError: () => "dead-letter" } }).write(
      table.map(valueOf),
    );
    await using driver = await TopologyTestDriver.start(least, { startMs: 1_000 });
    await driver.pipe(...steps(100, 109, 104));
    await driver.commit();
    return driver.rows.at(-1);
  };
  const earliest = keyed.reduce("least", (a, b) => a.atMs < b.atMs ? a : b);
  assert.deepEqual(await lastOf(earliest), { atMs: 109 }); // [105, 115]
  const fields = job("fields")
    .write(keyed.aggregate("fields", { times: sum(({ atMs }) => atMs) }).map(valueOf));
  await using driver = await TopologyTestDriver.start(fields, { startMs: 1_000 });
  await driver.pipe(...steps(100, 109, 104));
  await driver.commit();
  assert.deepEqual(driver.rows, [100, 204, 313, 213, 109].map((times) => ({ times })));
  const counted = job("counted").write(keyed.count("counted").map(valueOf));
  await using counting = await TopologyTestDriver.start(counted, { startMs: 1_000 });
  await counting.pipe(...steps(100, 109, 104));
  await counting.commit();
  assert.deepEqual(counting.rows, [1, 2, 3, 2, 1]);
});

Deno.test("a key has at most 10,000 sliding windows open", async () => {
  const counted = stream("steps", json<Step>()).timestamp(({ atMs }) => atMs).keyBy(() => "k")
    .window(sliding(1, { grace: "1h" })).count("counted");
  await using driver = await TopologyTestDriver.start(job("c").to("counts", counted), {
    startMs: 1_000,
  });
  // Each further from the others than they may be, so that it has one window.
  await driver.pipe(...steps(...Array.from({ length: 10_002 }, (_, i) => 3 * i + 1)));
  await driver.commit();
  assert.equal(driver.counts.aggregated, 10_000);
  assert.equal(driver.counts.deadLetters, 2);
  assert.equal(text(driver.deadLetters[0]?.headers["cause"] ?? null), "too-many-events");
  await driver.pipe(...steps(4)); // makes none
  await driver.commit();
  assert.equal(driver.counts.aggregated, 10_001);
});
