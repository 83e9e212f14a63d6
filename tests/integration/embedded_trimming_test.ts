import assert from "node:assert/strict";
import { EmbeddedCommitLog } from "../../src/level/embedded_commit_log.ts";
import { EmbeddedLog } from "../../src/level/embedded_log.ts";
import { embeddedTopics } from "../../src/level/job_topics.ts";
import { LogDatabase } from "../../src/level/log_database.ts";
import type { Transaction } from "../../src/streams/ports.ts";
import { encodeText } from "../../src/streams/text.ts";
import { jobTopics } from "../../src/streams/topology/job_topics.ts";

const input = { topic: "input", partition: 0 };
const changelog = { topic: "app-totals-changelog", partition: 0 };
const repartition = { topic: "app-repartition", partition: 0 };
const job = { source: { topic: "input" }, store: "totals", repartition: true };
const keepRecords = 3;

interface Logs extends AsyncDisposable {
  readonly log: EmbeddedLog;
  readonly commit: (transaction: Partial<Transaction>) => Promise<unknown>;
}

async function openLogs(): Promise<Logs> {
  const folder = await Deno.makeTempDir();
  const topics = embeddedTopics(jobTopics("app", job), { partitions: 1, keepRecords });
  const database = await LogDatabase.open(folder, topics);
  const writer = await new EmbeddedCommitLog(database, "app").fence(input);
  const usual = { records: [], changelog, input, inputOffset: 0, metadata: String };
  return {
    log: new EmbeddedLog(database),
    commit: (transaction) => writer.commit({ ...usual, ...transaction }),
    async [Symbol.asyncDispose]() {
      await database[Symbol.asyncDispose]();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

function entry(key: string, value: string | null) {
  const bytes = value === null ? null : encodeText(value);
  return { ...changelog, timestampMs: 1, key: encodeText(key), value: bytes };
}

// A hundred thousand trades without their key: the topic kept the last ones, the task read all.
Deno.test("EmbeddedCommitLog drops of the repartition topic what was processed, and no more", async () => {
  await using logs = await openLogs();
  const waiting = Array.from({ length: 10 }, (_, i) => ({ ...entry(`${i}`, "v"), ...repartition }));
  await logs.log.append(waiting);
  await logs.commit({ inputOffset: 0 });
  assert.deepEqual(await logs.log.bounds(repartition), { startOffset: 0, endOffset: 10 });
  await logs.commit({ rekeyed: { ...repartition, offset: 4 } });
  assert.deepEqual(await logs.log.bounds(repartition), { startOffset: 4, endOffset: 10 });
});

// A window changed and expired in one commit. What the sink had to show of it after a crash was
// gone, as its deletion stood behind it.
Deno.test("EmbeddedCommitLog keeps what a commit wrote until the next one", async () => {
  await using logs = await openLogs();
  const values = async () => {
    await using reader = logs.log.open(changelog, { offset: 0 });
    const { records } = await reader.next(new AbortController().signal);
    return records.map(({ key, value }) => `${key?.toHex()}=${value?.toHex()}`);
  };
  await logs.commit({ records: [entry("a", "1"), entry("a", null), entry("b", "1")] });
  assert.deepEqual(await values(), ["61=31", "61=undefined", "62=31"]);
  await logs.commit({ records: [entry("b", "2")] });
  assert.deepEqual(await values(), ["62=32"]);
});
