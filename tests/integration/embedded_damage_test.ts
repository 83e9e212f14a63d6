/** The disk decays under the embedded log: LevelDB drops the damaged part and keeps what follows. */
import assert from "node:assert/strict";
import { EmbeddedCommitLog } from "../../src/level/embedded_commit_log.ts";
import { EmbeddedLog } from "../../src/level/embedded_log.ts";
import { embeddedTopics } from "../../src/level/job_topics.ts";
import { LogDatabase } from "../../src/level/log_database.ts";
import type { LogRecord } from "../../src/streams/record.ts";
import { jobTopics } from "../../src/streams/topology/job_topics.ts";

const input = { topic: "input", partition: 0 };
const job = { source: { topic: "input" }, store: "totals", repartition: false };
const topics = embeddedTopics(jobTopics("app", job), { partitions: 1, keepRecords: 1_000 });
const signal = new AbortController().signal;
const count = 200;

/** Appends records one by one, each of 2 kB, so that LevelDB's blocks of 32 kB hold some of them. */
async function fill(folder: string): Promise<void> {
  await using database = await LogDatabase.open(folder, topics);
  const log = new EmbeddedLog(database);
  for (let i = 0; i < count; i++) {
    const value = new Uint8Array(2_000).fill(i);
    await log.append([{ ...input, timestampMs: i, key: null, value }]);
  }
}

async function overwriteMiddle(folder: string): Promise<void> {
  const files = await Array.fromAsync(Deno.readDir(folder));
  const name = files.map(({ name }) => name).find((name) => name.endsWith(".log"));
  using file = await Deno.open(`${folder}/${name}`, { read: true, write: true });
  const { size } = await file.stat();
  await file.seek(Math.floor(size / 2), Deno.SeekMode.Start);
  await file.write(new Uint8Array(8).fill(0x55));
}

async function readAll(log: EmbeddedLog, from: number): Promise<LogRecord[]> {
  await using reader = log.open(input, { offset: from });
  const read: LogRecord[] = [];
  for (let next = from; next < count;) {
    const { records, nextOffset } = await reader.next(signal);
    read.push(...records);
    next = nextOffset;
  }
  return read;
}

Deno.test("EmbeddedLog stops before a hole, and begins behind it from then on", async () => {
  const folder = await Deno.makeTempDir();
  await fill(folder);
  await overwriteMiddle(folder);
  {
    await using database = await LogDatabase.open(folder, topics);
    const log = new EmbeddedLog(database);
    const { id: topicId } = await log.describe(input.topic);
    await using reader = log.open(input, { offset: 0, topicId });
    const { nextOffset: hole } = await reader.next(signal);
    assert.ok(hole > 0 && hole < count - 1, `${hole} records before the hole`);
    await assert.rejects(reader.next(signal), { code: "INPUT_TRUNCATED" });
    const { startOffset, endOffset } = await log.bounds(input);
    assert.ok(startOffset > hole && endOffset === count, `${hole}, ${startOffset}`);
    await assert.rejects(readAll(log, hole), { code: "INPUT_TRUNCATED" });
  }
  await using database = await LogDatabase.open(folder, topics);
  const log = new EmbeddedLog(database);
  const { startOffset } = await log.bounds(input);
  const rest = await readAll(log, startOffset);
  assert.deepEqual(
    rest.map(({ offset }) => offset),
    Array.from({ length: count - startOffset }, (_, index) => startOffset + index),
  );
});

const changelog = { topic: "app-totals-changelog", partition: 0 };

async function commitSome(database: LogDatabase, from: number, to: number): Promise<void> {
  await using writer = await new EmbeddedCommitLog(database, "app").fence(input);
  for (let i = from; i < to; i++) {
    const value = i % 7 === 0 ? null : new Uint8Array(2_000).fill(i);
    const records = [{ ...changelog, timestampMs: i, key: new Uint8Array([i % 50]), value }];
    await writer.commit({ records, changelog, input, inputOffset: i, metadata: () => "" });
  }
}

async function changelogRecords(database: LogDatabase, topicId?: string): Promise<number> {
  await using reader = new EmbeddedLog(database).open(changelog, { offset: 0, topicId });
  return (await reader.next(signal)).records.length;
}

// A rebuilt state lacked what a commit had written, and that went unnoticed.
Deno.test("EmbeddedLog gives nothing of a changelog that lost a commit", async () => {
  const folder = await Deno.makeTempDir();
  for (const from of [0, 100]) {
    await using database = await LogDatabase.open(folder, topics);
    await commitSome(database, from, from + 100);
    assert.equal(await changelogRecords(database, database.describe(changelog.topic).id), 43);
  }
  await overwriteMiddle(folder);
  for (let start = 0; start < 2; start++) {
    await using database = await LogDatabase.open(folder, topics);
    const refused = { code: "CHANGELOG_TRUNCATED", remedy: "reset" };
    const { id } = database.describe(changelog.topic);
    await assert.rejects(changelogRecords(database, id), refused);
    assert.ok(await changelogRecords(database) > 0, "a reset reads what is left");
  }
});
