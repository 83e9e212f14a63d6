import { jsonEngineCodecs } from "../../../src/streams/state/json_engine_codecs.ts";
import assert from "node:assert/strict";
import { PipelineError } from "../../../src/base/errors.ts";
import { silentLogger } from "../../../src/base/logger.ts";
import { seededRandom } from "../../../src/base/random.ts";
import type { CommitLog, RecordLog, StateStore } from "../../../src/streams/ports.ts";
import { checkedPosition, entriesOf, restore } from "../../../src/streams/task/restore.ts";
import { lineageTopics, presentLineage } from "../../../src/streams/state/lineage.ts";
import type { RestoreProgress } from "../../../src/streams/task/status.ts";
import { TaskSession } from "../../../src/streams/task/task_session.ts";
import {
  MemoryLog,
  MemoryStores,
  RecordingSink,
  SimulatedClock,
} from "../../../src/streams/testing/mod.ts";
import { encodeText } from "../../../src/streams/text.ts";
import { type CountingRow, countingTopology } from "../../support/counting_topology.ts";

const input = { topic: "input", partition: 0 };
const changelog = { topic: "app-totals-changelog", partition: 0 };

function makeLog(): MemoryLog {
  const log = new MemoryLog();
  log.createTopic(input.topic, 1);
  log.createTopic(changelog.topic, 1);
  return log;
}

/** Commits state as an owner does. */
async function commitAs(
  commitLog: CommitLog,
  inputOffset: number,
  ...keys: string[]
): Promise<void> {
  const writer = await commitLog.fence(input);
  const value = encodeText(JSON.stringify({ inputOffset }));
  await writer.commit({
    records: keys.map((key) => ({ ...changelog, timestampMs: 0, key: encodeText(key), value })),
    changelog,
    input,
    inputOffset,
    metadata: String,
  });
}

/** Restores whatever the log holds of the changelog. */
async function restoreInto(
  store: StateStore,
  log: RecordLog,
  onProgress: (progress: RestoreProgress) => void = () => {},
): Promise<void> {
  await restore({
    log,
    changelog,
    changelogId: (await log.describe(changelog.topic)).id,
    store,
    clock: new SimulatedClock(),
    signal: new AbortController().signal,
    onProgress,
  });
}

/** Three commits in a log that gives one record at a time, each read after `onRead`. */
async function threeReads(onRead: (number: number) => unknown): Promise<RecordLog> {
  const log = makeLog();
  log.readRecordsMax = 1;
  const commitLog = log.commitLogOf("app");
  for (const [index, key] of ["a", "b", "c"].entries()) await commitAs(commitLog, index + 1, key);
  const open: RecordLog["open"] = (place, from) => {
    const reader = log.open(place, from);
    let count = 0;
    const next = async (signal: AbortSignal) => {
      await onRead(++count);
      return await reader.next(signal);
    };
    return { next, [Symbol.asyncDispose]: () => reader[Symbol.asyncDispose]() };
  };
  return { describe: (topic) => log.describe(topic), bounds: (place) => log.bounds(place), open };
}

Deno.test("restore() reads on while the store writes, and no further than the end", async () => {
  const steps: string[] = [];
  const log = await threeReads((number) => steps.push(`read ${number}`));
  const stores = new MemoryStores();
  stores.hook = (step) => {
    if (step.endsWith("-apply")) steps.push(step);
  };
  await restoreInto(await stores.open(input, "id"), log);
  assert.deepEqual(stores.contents().map(([, key]) => key), ["61", "62", "63"]);
  const [before, after] = ["before-apply", "after-apply"];
  assert.deepEqual(steps.slice(0, 5), ["read 1", "read 2", before, after, "read 3"]);
  const reads = steps.filter((step) => step.startsWith("read"));
  assert.equal(reads.length, 6, "three records, and as many ends of transactions");
});

/** Stores whose next batch fails. */
function failingStores(): MemoryStores {
  const stores = new MemoryStores();
  stores.hook = (step) => {
    if (step === "before-apply") throw new PipelineError("STORE_UNAVAILABLE", "the disk is full");
  };
  return stores;
}

Deno.test("restore() fails as the store does, whatever becomes of the next reads", async () => {
  for (const failing of [2, 3]) {
    const log = await threeReads((number) => {
      if (number === failing) throw new PipelineError("LOG_UNAVAILABLE", "the log is gone as well");
    });
    const store = await failingStores().open(input, "id");
    await assert.rejects(restoreInto(store, log), { code: "STORE_UNAVAILABLE" });
  }
});

Deno.test("restore() fails as the store does, however long the next read takes", async () => {
  const turn = () => new Promise<void>((resolve) => setTimeout(resolve));
  const log = await threeReads((number) => number > 1 ? turn() : undefined);
  const store = await failingStores().open(input, "id");
  await assert.rejects(restoreInto(store, log), { code: "STORE_UNAVAILABLE" });
  await turn();
});

// While an instance restored, a newer owner took the partition and committed. The restore read a
// part of that transaction, and the instance went on with half of it, writing wrong rows.
Deno.test("restore() reads nothing that was committed after its start", async () => {
  const log = makeLog();
  log.readRecordsMax = 5;
  const commitLog = log.commitLogOf("app");
  await commitAs(commitLog, 1, "a", "m");
  const stores = new MemoryStores();
  const store = await stores.open(input, "id");
  const reached: number[] = [];
  await restoreInto(store, {
    describe: (topic) => log.describe(topic),
    async bounds(place) {
      const bounds = await log.bounds(place);
      await commitAs(commitLog, 2, "b", "c", "m");
      return bounds;
    },
    open: (place, from) => log.open(place, from),
  }, ({ restoredRecords }) => reached.push(restoredRecords));
  assert.deepEqual(stores.contents().map(([, key]) => key), ["61", "6d"]);
  assert.equal(store.checkpoint?.changelogPosition, 3);
  assert.deepEqual(reached, [2]);
});

// The same race, seen later: the state was as of the newer owner's commit while the group's offset
// had been read before it. The task took that for a damaged group and waited for an operator.
Deno.test("TaskSession.open() gives way to an owner that commits while it restores", async () => {
  const log = makeLog();
  const commitLog = log.commitLogOf("app");
  await commitAs(commitLog, 1, "a", "m");
  const racing: CommitLog = {
    positions: () => commitLog.positions(),
    fence: (place) => commitLog.fence(place),
    async committed(place) {
      const committed = await commitLog.committed(place);
      if (committed?.offset === 1) await commitAs(commitLog, 2, "b", "m");
      return committed;
    },
  };
  const topics = lineageTopics({ input, changelog, repartition: undefined });
  const lineage = await presentLineage(log, topics);
  const opening = TaskSession.open(
    {
      log,
      commitLog: racing,
      stores: new MemoryStores(),
      sink: new RecordingSink<CountingRow>(),
      codecs: jsonEngineCodecs,
      clock: new SimulatedClock(),
      random: seededRandom(1),
      logger: silentLogger,
    },
    countingTopology(),
    { input, changelog, repartition: undefined, lineage },
    { onState() {}, onRestore() {}, onProblem() {}, onArrival() {}, onEnd() {} },
    new AbortController().signal,
  );
  await assert.rejects(
    opening,
    (error) => error instanceof PipelineError && error.code === "LOG_FENCED",
  );
});

Deno.test.each([
  { why: "the log has all that was committed", committed: 20, code: "STORE_FOREIGN" },
  { why: "the log ends where the commit did", committed: 25, code: "STORE_FOREIGN" },
  { why: "the log lacks what was committed", committed: 40, code: "CHANGELOG_TRUNCATED" },
  { why: "it is not known what was committed", committed: undefined, code: "CHANGELOG_TRUNCATED" },
])("checkedPosition() of a store ahead of its changelog is $code where $why", (row) => {
  const bounds = { startOffset: 0, endOffset: 25 };
  assert.throws(() => checkedPosition(changelog, 30, bounds, row.committed), { code: row.code });
});

Deno.test("entriesOf() leaves out no batch that cannot be read", () => {
  const record = { ...changelog, offset: 3, timestampMs: 0, key: null, value: null, headers: {} };
  assert.throws(() => entriesOf([record, { ...record, offset: 4, unreadable: "no codec" }]), {
    code: "STATE_UNREADABLE",
    message: /app-totals-changelog-0 from offset 4 .* no codec$/,
  });
});
