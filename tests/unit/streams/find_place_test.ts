import assert from "node:assert/strict";
import { writeCommitMetadata } from "../../../src/streams/commit/commit_metadata.ts";
import type { CommittedOffset, RecordLog } from "../../../src/streams/ports.ts";
import { jsonEngineCodecs } from "../../../src/streams/state/json_engine_codecs.ts";
import { lineageTopics, presentLineage } from "../../../src/streams/state/lineage.ts";
import { firstMeta, noEpoch, type TaskMeta } from "../../../src/streams/state/state.ts";
import { metaKey } from "../../../src/streams/state/store_keys.ts";
import {
  bringUpToDate,
  findPlace,
  refuseOtherCommit,
} from "../../../src/streams/task/find_place.ts";
import { MemoryLog, MemoryStores, SimulatedClock } from "../../../src/streams/testing/mod.ts";

const input = { topic: "input", partition: 0 };
const other = { topic: "other", partition: 0 };
const repartition = { topic: "app-repartition", partition: 0 };
const changelog = { topic: "app-changelog", partition: 0 };
const record = { timestampMs: 0, key: null, value: null };
const { signal } = new AbortController();

/** A task whose three topics hold the offsets 2 to 4, and whose state is in place. */
async function settled(change: Partial<TaskMeta> = {}) {
  const log = new MemoryLog();
  log.createTopic(changelog.topic, 1);
  for (const place of [input, other, repartition]) {
    log.createTopic(place.topic, 1);
    await log.append(Array.from({ length: 5 }, () => ({ ...place, ...record })));
    log.truncate(place, 2);
  }
  const others = [other];
  const topics = lineageTopics({ input, changelog, repartition, others });
  const lineage = await presentLineage(log, topics);
  const place = {
    lineage,
    input,
    changelog,
    others,
    repartition: { ...repartition, partitions: 1 },
  };
  const meta = { ...firstMeta(lineage, 3, 3), others: [positionOf(3)], ...change };
  const store = await new MemoryStores().open(input, lineage.changelogId);
  const value = jsonEngineCodecs.meta.encode(meta);
  await store.apply([{ key: metaKey, value }], { changelogPosition: 0 });
  const commitLog = log.commitLogOf("app");
  const ports = { log, commitLog, codecs: jsonEngineCodecs, clock: new SimulatedClock() };
  const ends: string[] = [];
  const observer = {
    onRestore() {},
    onEnd: (topic: string, endOffset: number) => void ends.push(`${topic} ${endOffset}`),
  };
  const find = (committed?: CommittedOffset) =>
    findPlace(ports, place, [], store, committed, observer);
  return { ports, place, store, observer, ends, find };
}

function positionOf(offset: number) {
  return { topic: other.topic, offset, epoch: noEpoch };
}

Deno.test("findPlace() says where every input of the task ends", async () => {
  const { ends, find } = await settled();
  const { inputOffset, rekeyedOffset, others } = await find();
  assert.deepEqual([inputOffset, rekeyedOffset, others], [3, 3, [positionOf(3)]]);
  assert.deepEqual(ends, ["input 5", "app-repartition 5", "other 5"]);
});

for (
  const [topic, at] of Object.entries({
    "input": (offset: number) => ({ inputOffset: offset }),
    "repartition": (offset: number) => ({ rekeyedOffset: offset }),
    "other": (offset: number) => ({ others: [positionOf(offset)] }),
  })
) {
  Deno.test(`findPlace() continues only within what is left of the ${topic} topic`, async () => {
    for (const offset of [2, 5]) await (await settled(at(offset))).find();
    for (const offset of [1, 6]) {
      await assert.rejects((await settled(at(offset))).find(), { code: "INPUT_TRUNCATED" });
    }
  });
}

Deno.test("findPlace() refuses a state of other topics where no position says so", async () => {
  const { place: { lineage } } = await settled();
  const { find } = await settled({ lineage: { ...lineage, topicId: "the former one" } });
  await assert.rejects(find(), { code: "TOPIC_REPLACED" });
});

Deno.test("refuseOtherCommit() refuses the position of a state of other topics", async () => {
  const { place } = await settled();
  const commitOf = (topicId: string) => ({
    offset: 3,
    metadata: writeCommitMetadata({
      changelogPosition: 0,
      shownTo: 0,
      id: "a",
      leaderEpoch: undefined,
      lineage: { ...place.lineage, topicId },
      closed: false,
    }),
  });
  refuseOtherCommit(place, undefined);
  refuseOtherCommit(place, commitOf(place.lineage.topicId));
  assert.throws(() => refuseOtherCommit(place, commitOf("the former one")), {
    code: "TOPIC_REPLACED",
  });
});

Deno.test("findPlace() gives way where a newer owner commits a further input meanwhile", async () => {
  const { ports: { log }, find } = await settled();
  log.commitOffset("app", other, { offset: 4, metadata: "" });
  await assert.rejects(find(), { code: "CHANGELOG_TRUNCATED" });
  log.commitOffset("app", input, { offset: 4, metadata: "" });
  await assert.rejects(find({ offset: 3, metadata: "" }), { code: "LOG_FENCED" });
});

Deno.test("bringUpToDate() gives way to an owner that commits while it restores", async () => {
  const { ports, place, store, observer } = await settled();
  const { log } = ports;
  await log.append([{ ...changelog, ...record }]);
  const racing: RecordLog = {
    describe: (topic) => log.describe(topic),
    bounds: (of) => log.bounds(of),
    open(of, from) {
      log.commitOffset("app", input, { offset: 4, metadata: "" });
      return log.open(of, from);
    },
  };
  await assert.rejects(
    bringUpToDate({ ...ports, log: racing }, place, store, undefined, observer, signal),
    { code: "LOG_FENCED" },
  );
});

const faults: readonly { readonly change: Partial<TaskMeta>; readonly names: string }[] = [
  {
    change: {
      lineage: {
        ...{ topic: input.topic, topicId: "gone", partitions: 1 },
        ...{ changelogId: "", repartitionId: "" },
      },
    },
    names: "must be the topic with id gone",
  },
  { change: { stateVersion: 1 }, names: "must be of version" },
  { change: { windowing: [1, 1] }, names: "its state holds windows of 1 ms" },
  { change: { inputOffset: 9 }, names: "state and group disagree" },
];

// A state of other topics, or of another version, says nothing that can be compared.
Deno.test.each(faults.map(({ names }, index) => ({ names, index })))(
  "findPlace() names the first of several reasons: $names",
  async ({ names, index }) => {
    const change = Object.assign({}, ...faults.slice(index).map(({ change }) => change));
    const { find } = await settled(change);
    await assert.rejects(find({ offset: 3, metadata: "" }), { message: new RegExp(names) });
  },
);
