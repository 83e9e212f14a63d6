/** What becomes of topics in the embedded log, and of their records, over commits and restarts. */
import assert from "node:assert/strict";
import { EmbeddedCommitLog } from "../../src/level/embedded_commit_log.ts";
import { EmbeddedLog } from "../../src/level/embedded_log.ts";
import { LogDatabase } from "../../src/level/log_database.ts";
import type { EmbeddedTopic, PartitionState } from "../../src/level/partition_state.ts";
import type { StoreRow, Transaction } from "../../src/streams/ports.ts";
import { identityHeaders } from "../../src/streams/record_identity.ts";
import type { OutputRecord, TopicPartition } from "../../src/streams/record.ts";
import { readAll, textRecord, valuesOf } from "../contract/log_harness.ts";
import { replaceFolder } from "../support/folder_damage.ts";

const signal = new AbortController().signal;
const [partitions, keepRecords] = [2, 3];
const topics: readonly EmbeddedTopic[] = [
  { name: "input", partitions, keepRecords, cleanup: "consumed" },
  { name: "shared", partitions, keepRecords: 0, cleanup: "consumed", readers: ["app", "other"] },
  { name: "results", partitions, keepRecords, cleanup: "bounded" },
  { name: "changelog", partitions, keepRecords, cleanup: "compact" },
];
const input = { topic: "input", partition: 1 };
const shared = { topic: "shared", partition: 1 };
const results = { topic: "results", partition: 1 };
const changelog = { topic: "changelog", partition: 1 };

class Place implements AsyncDisposable {
  readonly folder: string;
  database: LogDatabase;

  private constructor(folder: string, database: LogDatabase) {
    this.folder = folder;
    this.database = database;
  }

  static async open(): Promise<Place> {
    const folder = await Deno.makeTempDir({ prefix: "embedded-" });
    return new Place(folder, await LogDatabase.open(`${folder}/log`, topics));
  }

  get log(): EmbeddedLog {
    return new EmbeddedLog(this.database);
  }

  async reopen(): Promise<void> {
    await this.database[Symbol.asyncDispose]();
    this.database = await LogDatabase.open(`${this.folder}/log`, topics);
  }

  async commit(transaction: Partial<Transaction>, group = "app"): Promise<void> {
    const usual = { records: [], changelog, input, inputOffset: 0, metadata: String };
    await using writer = await new EmbeddedCommitLog(this.database, group).fence(input);
    await writer.commit({ ...usual, ...transaction });
    assert.ok(!writer.spent);
  }

  /** The values that the disk has of a partition, seen or not. */
  async stored(place: TopicPartition): Promise<number> {
    const state = this.database.partition(place);
    return (await entriesOf(this.database, state)).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.database[Symbol.asyncDispose]();
    await Deno.remove(this.folder, { recursive: true });
  }
}

async function entriesOf(database: LogDatabase, state: PartitionState): Promise<StoreRow[]> {
  const all = { limit: 10_000, bytesMax: Infinity };
  return (await database.entries(state, [0, 10_000], all)).entries;
}

function numbered(place: TopicPartition, count: number): OutputRecord[] {
  return Array.from({ length: count }, (_, i) => textRecord(place, `${i}`, `${i}`));
}

Deno.test("EmbeddedLog.append() skips what a producer has sent before, also before a restart", async () => {
  await using place = await Place.open();
  const of = (producerId: string, sequence: number) => ({
    ...textRecord(input, null, `${producerId}${sequence}`),
    headers: identityHeaders({ producerId, sequence }),
  });
  assert.equal(place.log.progress("a"), 0);
  await place.log.append([of("a", 1), of("a", 2), of("a", 2), of("b", 1), of("a", 1)]);
  await place.reopen();
  assert.deepEqual([place.log.progress("a"), place.log.progress("b")], [2, 1]);
  await place.log.append([of("a", 2), of("a", 3), textRecord(input, null, "of no one")]);
  await place.log.append([textRecord(input, null, "of no one")]);
  const values = valuesOf(await readAll(place.log, input));
  assert.deepEqual(values, ["a1", "a2", "b1", "a3", "of no one", "of no one"]);
});

Deno.test("EmbeddedLog brings much of a changelog in several reads, to its end", async () => {
  await using place = await Place.open();
  const value = "x".repeat(1_000_000);
  const keys = Array.from({ length: 25 }, (_, i) => `${i}`);
  for (const key of keys) await place.log.append([textRecord(changelog, key, value)]);
  await using reader = place.log.open(changelog, { offset: 0, topicId: undefined });
  const reads: number[] = [];
  for (let next = 0; next < keys.length;) {
    const { records, nextOffset } = await reader.next(signal);
    assert.deepEqual(records.map(({ offset }) => offset), [...keys.keys()].slice(next, nextOffset));
    reads.push(records.length);
    next = nextOffset;
  }
  assert.deepEqual(reads, [10, 10, 5]);
});

Deno.test("EmbeddedLog.lastTimestampMs() is the greatest of the partitions' last records", async () => {
  await using place = await Place.open();
  assert.equal(await place.log.lastTimestampMs("input"), undefined);
  const at = (partition: number, timestampMs: number) => ({
    ...textRecord({ topic: "input", partition }, null, "v"),
    timestampMs,
  });
  await place.log.append([at(1, 9), at(1, 4)]);
  assert.equal(await place.log.lastTimestampMs("input"), 4);
  await place.log.append([at(0, 7), at(0, 3)]);
  assert.equal(await place.log.lastTimestampMs("input"), 4);
  await place.log.append([at(0, 6)]);
  assert.equal(await place.log.lastTimestampMs("input"), 6);
});

Deno.test("EmbeddedCommitLog drops of each input what all its readers have processed, but the last", async () => {
  await using place = await Place.open();
  const compacted = { ...changelog, partition: 0 };
  const places = [input, shared, results, compacted];
  for (const one of places) await place.log.append(numbered(one, 10));
  const starts = async () => {
    const bounds = places.map((one) => place.log.bounds(one));
    return (await Promise.all(bounds)).map(({ startOffset }) => startOffset);
  };
  assert.deepEqual(await starts(), [0, 0, 7, 0]);
  const others = [{ ...shared, offset: 6 }, { ...compacted, offset: 10 }];
  await place.commit({ inputOffset: 5, others });
  assert.deepEqual(await starts(), [2, 0, 7, 0]);
  await place.commit({ inputOffset: 0, others: [{ ...shared, offset: 4 }] }, "other");
  await place.commit({ inputOffset: 4, others: [{ ...shared, offset: 7 }] });
  assert.deepEqual(await starts(), [2, 4, 7, 0]);
  const stored = await Promise.all(places.map((one) => place.stored(one)));
  assert.deepEqual(stored, [8, 6, 3, 10]);
  await place.reopen();
  assert.deepEqual(await starts(), [2, 4, 7, 0]);
});

Deno.test("EmbeddedCommitLog compacts a changelog, and nothing by the records beside it", async () => {
  await using place = await Place.open();
  const beside = (one: TopicPartition) => ({ ...textRecord(one, "0", "beside"), ...one });
  await place.commit({ records: numbered(changelog, 3), inputOffset: 1 });
  await place.commit({ records: [beside(results), beside({ ...changelog, partition: 0 })] });
  assert.deepEqual(valuesOf(await readAll(place.log, changelog)), ["0", "1", "2"]);
});

Deno.test("EmbeddedLog reads a changelog to its end, however long and whatever was deleted there", async () => {
  await using place = await Place.open();
  const count = 2_000; // as many as one read brings
  await place.commit({ records: numbered(changelog, count + 1) });
  assert.equal((await readAll(place.log, changelog)).length, count + 1);
  await place.commit({ records: [textRecord(changelog, `${count}`, null)] });
  await place.commit({});
  await using reader = place.log.open(changelog, { offset: count - 5 });
  const { records, nextOffset } = await reader.next(signal);
  assert.deepEqual([records.length, nextOffset], [5, count + 2]);
});

Deno.test.each([
  { lost: [0], read: [], start: 1 },
  { lost: [0, 1, 2], read: [], start: 3 },
  { lost: [1], read: ["0"], start: 0 },
  { lost: [2], read: ["0", "1"], start: 0 },
])("EmbeddedLog gives $read where $lost are lost of three", async ({ lost, read, start }) => {
  await using place = await Place.open();
  await place.log.append(numbered(input, 3));
  const state = place.database.partition(input);
  await place.database.write((batch) =>
    lost.forEach((offset) => batch.deleteRecord(state, offset))
  );
  await using reader = place.log.open(input, { offset: 0 });
  if (read.length > 0) assert.deepEqual(valuesOf((await reader.next(signal)).records), read);
  else await assert.rejects(reader.next(signal), { code: "INPUT_TRUNCATED" });
  assert.equal((await place.log.bounds(input)).startOffset, start);
});

Deno.test("LogDatabase keeps a topic's id and records as it gets more partitions", async () => {
  await using place = await Place.open();
  await place.log.append(numbered(input, 2));
  const { id } = await place.log.describe("input");
  await place.database.addPartitions("input", 4);
  for (let start = 0; start < 2; start++) {
    assert.deepEqual(await place.log.describe("input"), { id, partitions: 4 });
    assert.equal((await readAll(place.log, input)).length, 2);
    assert.throws(() => place.database.partition({ ...input, partition: 4 }), {
      code: "TOPIC_UNSUITABLE",
    });
    await place.reopen();
  }
  await place.log.append(numbered({ ...input, partition: 3 }, 1));
});

Deno.test("LogDatabase.recreate() leaves nothing of a topic, and gives it another id", async () => {
  await using place = await Place.open();
  await place.commit({ records: [...numbered(changelog, 3), textRecord(changelog, "0", null)] });
  const beside = { ...changelog, partition: 0 };
  const { id } = await place.log.describe("changelog");
  await place.database.recreate("changelog", 3);
  for (let start = 0; start < 2; start++) {
    const described = await place.log.describe("changelog");
    assert.equal(described.partitions, 3);
    assert.notEqual(described.id, id);
    assert.deepEqual(await place.log.bounds(changelog), { startOffset: 0, endOffset: 0 });
    await place.reopen();
  }
  const state = place.database.partition(changelog);
  assert.deepEqual(await entriesOf(place.database, state), []);
  // Offsets of the former one would be deleted here, by their keys or as those of its last commit.
  await place.commit({ records: numbered(changelog, 4) });
  const { id: topicId } = await place.log.describe("changelog");
  await using reader = place.log.open(changelog, { offset: 0, topicId });
  assert.equal((await reader.next(signal)).records.length, 4);
  await place.database.recreate("changelog", 1);
  assert.throws(() => place.database.partition(changelog), { code: "TOPIC_UNSUITABLE" });
  assert.deepEqual(await place.log.bounds(beside), { startOffset: 0, endOffset: 0 });
});

Deno.test("LogDatabase says whether the process before has closed it", async () => {
  await using place = await Place.open();
  assert.ok(place.database.closedWell);
  const copy = `${place.folder}/copy`;
  await replaceFolder(`${place.folder}/log`, copy);
  {
    await using left = await LogDatabase.open(copy, topics);
    assert.ok(!left.closedWell);
  }
  await using closed = await LogDatabase.open(copy, topics);
  assert.ok(closed.closedWell);
});
