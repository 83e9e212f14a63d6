import assert from "node:assert/strict";
import { type Random, seededRandom } from "../../../src/base/random.ts";
import { partitionForKey } from "../../../src/streams/partitioner.ts";
import {
  type Operation,
  type TestDriverOptions,
  type TestInput,
  TopologyTestDriver,
} from "../../../src/streams/testing/mod.ts";
import { arrivedParts, type Part, PartsWriter } from "../../../src/streams/repartition_record.ts";
import type { OutputRecord } from "../../../src/streams/record.ts";
import { decodeText, encodeText } from "../../../src/streams/text.ts";
import { commitOperations } from "../../support/commit_operations.ts";
import {
  type CountingRow,
  countingTopology,
  type Measurement,
  type Total,
} from "../../support/counting_topology.ts";

type Driver = TopologyTestDriver<Measurement, Total, CountingRow>;

const startMs = 2_000_000;
const partitions = 3;
const keys = ["a", "b", "c", "d", "e"];

/** No event is late, so that the windows do not depend on the order of two inputs. */
async function startDriver(options: TestDriverOptions = {}): Promise<Driver> {
  const job = countingTopology({ repartition: true, graceMs: 10_000_000, retentionMs: 20_000_000 });
  return await TopologyTestDriver.start(job, { startMs, partitions, ...options });
}

/** Where records lie in a world of two partitions whose keys are all of the other one. */
const elsewhere = { partition: 0, keys: keys.filter((key) => placeOf(key, 2) === 1) };

function placeOf(key: string, of = partitions): number {
  return partitionForKey(encodeText(key), of);
}

/** Measurements of any keys in each record, as a writer without keys makes them. */
function mixedRecords(seed: number, count: number, of = keys): Measurement[][] {
  const random = seededRandom(seed);
  return Array.from(
    { length: count },
    (_, i) =>
      Array.from({ length: 1 + Math.floor(random.next() * 4) }, () => ({
        key: of[Math.floor(random.next() * of.length)] as string,
        timeMs: startMs + i * 500 + Math.floor(random.next() * 3_000) - 3_000,
        value: Math.floor(random.next() * 100),
      })),
  );
}

/** A record without a key in any partition. */
function keyless(measurements: readonly Measurement[], random: Random): TestInput {
  return {
    key: null,
    value: JSON.stringify(measurements),
    partition: Math.floor(random.next() * partitions),
  };
}

/** Records with their key, where a writer with the usual partitioner puts them. */
function keyed(measurements: readonly Measurement[]): TestInput[] {
  return [...Map.groupBy(measurements, ({ key }) => key)].map(([key, own]) => ({
    key,
    value: JSON.stringify(own),
    partition: placeOf(key),
  }));
}

function expectedTotals(records: readonly (readonly Measurement[])[]): string[] {
  const totals = new Map<string, Total>();
  for (const { key, timeMs, value } of records.flat()) {
    const id = `${key}@${Math.floor(timeMs / 10_000) * 10_000}`;
    const total = totals.get(id) ?? { count: 0, sum: 0 };
    totals.set(id, { count: total.count + 1, sum: total.sum + value });
  }
  return [...totals].map(([id, { count, sum }]) => `${id}: ${count} make ${sum}`).sort();
}

async function totalsOf(driver: Driver): Promise<string[]> {
  const totals: string[] = [];
  for (const key of keys) {
    for (const { startMs: start, value: { count, sum } } of await driver.windows(key)) {
      totals.push(`${key}@${start}: ${count} make ${sum}`);
    }
  }
  return totals.sort();
}

/** The newest version of each row in the sink; two contents of one version are a failure. */
function shownRows(driver: Driver): Map<string, CountingRow> {
  const versions = new Map<string, string>();
  const newest = new Map<string, CountingRow>();
  for (const row of driver.rows) {
    const id = row.kind === "event" ? row.id : `${row.key}@${row.startMs}`;
    const text = JSON.stringify(row);
    const version = `${id} ${row.versionUs}`;
    assert.equal(versions.get(version) ?? text, text, "one version must have one content");
    versions.set(version, text);
    if ((newest.get(id)?.versionUs ?? -1) <= row.versionUs) newest.set(id, row);
  }
  return newest;
}

async function assertEqualsInput(driver: Driver, input: Measurement[][]): Promise<void> {
  const expected = expectedTotals(input);
  assert.deepEqual(await totalsOf(driver), expected);
  const rows = [...shownRows(driver).values()];
  const shown = rows.flatMap((row) =>
    row.kind === "window" ? [`${row.key}@${row.startMs}: ${row.count} make ${row.sum}`] : []
  );
  assert.deepEqual(shown.sort(), expected);
  assert.equal(rows.filter(({ kind }) => kind === "event").length, input.flat().length);
}

/** One record of the repartition topic. */
function sentOn(partition: number, ...parts: readonly Part[]): readonly OutputRecord[] {
  const writer = new PartsWriter("test-repartition");
  for (const part of parts) writer.add(partition, part);
  return writer.records();
}

/** Re-keyed events need a commit to be sent on, and one to be shown. */
async function settled(driver: Driver): Promise<void> {
  for (let commit = 0; commit < 2; commit++) await driver.commit();
}

Deno.test("StreamsApp sends events without their key on to the partition of their key", async () => {
  await using driver = await startDriver();
  const input = mixedRecords(1, 60);
  const random = seededRandom(1);
  const records = input.map((record) => keyless(record, random));
  await driver.pipe(...records);
  await settled(driver);
  await assertEqualsInput(driver, input);
  const events = input.flat().length;
  const { read, aggregated, rekeyed, deadLetters } = driver.counts;
  const misplaced = input.flatMap((record, i) =>
    record.filter(({ key }) => placeOf(key) !== records[i]?.partition)
  );
  assert.deepEqual({ read, aggregated, rekeyed }, {
    read: events,
    aggregated: events,
    rekeyed: misplaced.length,
  });
  assert.equal(deadLetters, 0);
});

Deno.test("StreamsApp takes records with and without key for the same keys", async () => {
  await using driver = await startDriver();
  const input = mixedRecords(2, 80);
  const random = seededRandom(2);
  for (const record of input) {
    await driver.pipe(...(random.next() < 0.5 ? keyed(record) : [keyless(record, random)]));
    if (random.next() < 0.2) await driver.commit();
  }
  await settled(driver);
  await assertEqualsInput(driver, input);
});

Deno.test("StreamsApp sends on a record that another partitioner placed", async () => {
  await using driver = await startDriver();
  const value = JSON.stringify([{ key: "a", timeMs: startMs, value: 5 }]);
  const right = placeOf("a");
  await driver.pipe(...[0, 1, 2].map((partition) => ({ key: "a", value, partition })));
  await settled(driver);
  assert.deepEqual(await totalsOf(driver), [`a@${startMs}: 3 make 15`]);
  assert.deepEqual(driver.tasks().map(({ counts }) => counts.rekeyed), [
    ...[0, 1, 2].map((partition) => partition === right ? 0 : 1),
  ]);
});

Deno.test("StreamsApp reads both inputs in turn, so that neither waits for the other to end", async () => {
  await using driver = await startDriver({ partitions: 1, pendingRowsMax: 1 });
  driver.log.readRecordsMax = 1;
  await driver.crash();
  const count = 6;
  const record = {
    key: encodeText("a"),
    value: encodeText(JSON.stringify([{ key: "a", timeMs: startMs, value: 1 }])),
    timestampMs: startMs,
  };
  for (let offset = 0; offset < count; offset++) {
    await driver.log.append([{ ...record, topic: "input", partition: 0 }]);
    const origin = { input: 0, partition: 0, offset, indexes: [0] };
    await driver.log.append(sentOn(0, { ...record, keys: [record.key], origin }));
  }
  await driver.restart();
  const order = driver.rows.flatMap((row) => row.kind === "event" ? [row.id] : []);
  const rekeyed = order.map((id) => id.startsWith("rekeyed"));
  assert.equal(order.length, 2 * count);
  const longest = Math.max(...rekeyed.map((_, i) => rekeyed.slice(i).indexOf(!rekeyed[i])));
  assert.ok(longest <= 2, `one input alone for ${longest} records: ${order.join()}`);
});

Deno.test("TaskStatus.lagRecords counts what waits in the repartition topic", async () => {
  await using driver = await startDriver({ partitions: 1 });
  const event = { key: "a", timeMs: startMs, value: 1 };
  await driver.pipe(...keyed([event, event]).map((sent) => ({ ...sent, partition: 0 })));
  const part = {
    value: encodeText(JSON.stringify([event])),
    keys: [encodeText("a")],
    timestampMs: startMs,
    origin: { input: 0, partition: 0, offset: 0, indexes: [0] },
  };
  for (let i = 0; i < 3; i++) await driver.log.append(sentOn(0, part));
  await driver.pipe();
  const lag = () => driver.tasks().map(({ lagRecords }) => lagRecords);
  assert.deepEqual(lag(), [1 + 3]);
  await driver.commit();
  assert.deepEqual(lag(), [0]);
});

Deno.test("StreamsApp sends a record on in as many as it takes, and what no topic takes nowhere", async () => {
  // Such a record unpacks to more than it filled of its topic, and gets headers beside that.
  await using driver = await startDriver();
  const many = Array.from({ length: 6_000 }, (_, i) => ({
    key: keys[i % 2] as string,
    timeMs: startMs + i % 100,
    value: 7,
  }));
  const endless = { ...many[0], note: "x".repeat(1_100_000) } as Measurement;
  driver.log.valueBytesMax = 2_000_000;
  await driver.pipe({ key: null, value: JSON.stringify([...many, endless]), partition: 0 });
  driver.log.valueBytesMax = 150_000;
  await driver.commit();
  await driver.commit();
  assert.deepEqual(await totalsOf(driver), expectedTotals([many]));
  const { read, aggregated, deadLetters } = driver.counts;
  assert.deepEqual({ read, aggregated, deadLetters }, {
    read: many.length + 1,
    aggregated: many.length,
    deadLetters: 1,
  });
  const causes = driver.deadLetters.map(({ headers }) =>
    decodeText(headers["cause"] as Uint8Array)
  );
  assert.deepEqual(causes, ["too-large"]);
});

Deno.test("StreamsApp sends many events on in one record, with times and rows of their own", async () => {
  await using driver = await startDriver({ partitions: 2 });
  const { partition, keys } = elsewhere;
  const [first = [], ...input] = mixedRecords(6, 50, keys);
  const pipe = (record: Measurement[]) =>
    driver.pipe({ key: null, value: JSON.stringify(record), partition });
  await pipe(first); // from then on the tasks know of each other
  await pipe(first);
  await settled(driver);
  const eventsSentOn = () =>
    driver.log.visible("test-repartition").filter((record) =>
      arrivedParts(record)?.some((part) => part.keys.length > 0)
    );
  const events = (offset: number) =>
    eventsSentOn().filter((record) => record.offset === offset)
      .flatMap((record) => arrivedParts(record)?.flatMap(({ keys }) => keys) ?? []);
  const before = eventsSentOn().length;
  const eventIds = () => driver.rows.flatMap((row) => row.kind === "event" ? [row.id] : []);
  const rowsBefore = eventIds().length;
  for (const record of input) {
    await pipe(record);
    await driver.advance(1);
  }
  await settled(driver);
  const records = eventsSentOn().slice(before);
  assert.equal(records.length, 2, "the first is due for a commit at once, all others wait");
  await assertEqualsInput(driver, [first, first, ...input]);
  const ids = records.flatMap(({ offset }) =>
    events(offset).map((_, index) => `rekeyed 1/${offset}/${index}`)
  );
  assert.equal(ids.length, input.flat().length);
  assert.deepEqual(eventIds().slice(rowsBefore), ids, "every event has the place in which it came");
});

// Each used to be sent on, though it lay where it belongs: a single partition sent all it got to itself.
Deno.test("StreamsApp processes events of another key than their record's where they belong", async () => {
  await using driver = await startDriver({ partitions: 1 });
  const input = mixedRecords(7, 50);
  await driver.pipe(...input.map((record) => ({ key: null, value: JSON.stringify(record) })));
  await driver.commit();
  await assertEqualsInput(driver, input);
  assert.equal(driver.counts.rekeyed, 0);
  assert.deepEqual(driver.log.visible("test-repartition"), []);
});

Deno.test("StreamsApp commits no part of a record without the rest of it", async () => {
  await using driver = await startDriver({ partitions: 1, pendingRowsMax: 3 });
  const value = encodeText(JSON.stringify([{ key: "a", timeMs: startMs, value: 1 }]));
  const parts = Array.from({ length: 10 }, (_, offset) => ({
    keys: [encodeText("a")],
    value,
    timestampMs: startMs,
    origin: { input: 0, partition: 0, offset, indexes: [0] },
  }));
  await driver.log.append(sentOn(0, ...parts));
  driver.failNext("store-applied", { error: "crash" });
  await driver.pipe();
  await driver.commit();
  await driver.crash();
  await driver.restart();
  await settled(driver);
  assert.deepEqual(await totalsOf(driver), [`a@${startMs}: 10 make 10`]);
});

Deno.test("StreamsApp commits early where much waits to be sent on", async () => {
  await using driver = await startDriver({ partitions: 2 });
  const note = "x".repeat(90_000);
  const { partition, keys: [key] } = elsewhere;
  const value = JSON.stringify([{ key, timeMs: startMs, value: 1, note }]);
  for (let i = 0; i < 200; i++) await driver.pipe({ key: null, value, partition });
  const sent = driver.log.visible("test-repartition").length;
  assert.ok(sent > 0 && sent < 200, `${sent} records committed`);
});

Deno.test("StreamsApp does nothing more once everything is sent on", async () => {
  await using driver = await startDriver();
  await driver.pipe(keyless(mixedRecords(3, 1)[0] ?? [], seededRandom(3)));
  await settled(driver);
  const entries = driver.changelog.length;
  await settled(driver);
  assert.equal(driver.changelog.length, entries);
});

const operations: readonly Operation[] = [
  "fetch",
  "bounds",
  "committed-offset",
  ...commitOperations,
];

for (const state of ["kept", "deleted"] as const) {
  Deno.test.each(operations.map((operation) => ({ operation })))(
    `StreamsApp re-keys each event once over crashes at $operation, with state ${state}`,
    async ({ operation }) => {
      await using driver = await startDriver();
      const input = mixedRecords(4, 30);
      const random = seededRandom(4);
      for (const record of input) {
        await driver.pipe(...(random.next() < 0.4 ? keyed(record) : [keyless(record, random)]));
        if (random.next() < 0.3) driver.failNext(operation, { error: "crash" });
        await driver.commit();
        if (driver.tasks().length > 0) continue;
        await driver.crash(0, { state });
        driver.failNoMore(); // what was planned and not met until now would meet the start
        await driver.restart();
      }
      await settled(driver);
      if (driver.tasks().length === 0) await driver.restart();
      await settled(driver);
      await assertEqualsInput(driver, input);
    },
  );
}

Deno.test("StreamsApp re-keys each event once over lost answers", async () => {
  await using driver = await startDriver();
  const input = mixedRecords(5, 40);
  const random = seededRandom(5);
  for (const record of input) {
    await driver.pipe(keyless(record, random));
    driver.failNext(random.next() < 0.5 ? "before-end" : "after-end");
    await driver.advance(5_000);
  }
  await driver.advance(60_000);
  await settled(driver);
  await assertEqualsInput(driver, input);
});

Deno.test("StreamsApp re-keys each event once among zombies and new owners", async () => {
  const all = [0, 1, 2];
  for (let seed = 1; seed <= 40; seed++) {
    await using driver = await startDriver({ instances: 2, seed });
    const input = mixedRecords(seed, 25);
    const marks: Measurement[][] = [];
    const random = seededRandom(seed);
    let owner = 0;
    for (const record of input) {
      await driver.pipe(...(random.next() < 0.4 ? keyed(record) : [keyless(record, random)]));
      if (random.next() < 0.4) await driver.commit();
      if (random.next() < 0.85) continue;
      const zombie = owner;
      owner = 1 - owner;
      await driver.rebalance(owner === 0 ? [all, []] : [[], all], { untold: [zombie] });
      const mark = record.map((event) => ({ ...event, value: 0 }));
      marks.push(mark);
      await driver.pipe(...keyed(mark));
      await driver.advance(20_000);
      await driver.tellLost(zombie);
    }
    await driver.advance(60_000);
    await settled(driver);
    await assertEqualsInput(driver, [...input, ...marks]);
  }
});
