import assert from "node:assert/strict";
import { PipelineError } from "../../../src/base/errors.ts";
import {
  type LineageTopics,
  presentLineage,
  refuseOtherLineage,
} from "../../../src/streams/state/lineage.ts";
import { MemoryLog } from "../../../src/streams/testing/memory_log.ts";

const topics: LineageTopics = {
  input: "first",
  changelog: "changelog",
  repartition: undefined,
  others: ["second", "third"],
};

function newLog(): MemoryLog {
  const log = new MemoryLog();
  for (const topic of ["first", "second", "third", "changelog"]) log.createTopic(topic, 2);
  return log;
}

/** What refuses a state of such topics once something has become of them; `undefined` if nothing. */
async function refusal(
  change: (log: MemoryLog) => void,
  later: Partial<LineageTopics> = {},
): Promise<string | undefined> {
  const log = newLog();
  const own = await presentLineage(log, topics);
  change(log);
  const present = await presentLineage(log, { ...topics, ...later });
  try {
    refuseOtherLineage(own, present, topics);
    return undefined;
  } catch (error) {
    assert.ok(error instanceof PipelineError);
    return `${error.code} ${error.context["topic"]}`;
  }
}

Deno.test("presentLineage() has the further inputs, where there are any", async () => {
  const log = newLog();
  const { others } = await presentLineage(log, topics);
  const ids = await Promise.all(["second", "third"].map((topic) => log.describe(topic)));
  assert.deepEqual(others, [
    { topic: "second", topicId: ids[0]?.id, partitions: 2 },
    { topic: "third", topicId: ids[1]?.id, partitions: 2 },
  ]);
  const alone = await presentLineage(log, { ...topics, others: [] });
  assert.ok(!("others" in alone));
});

Deno.test("refuseOtherLineage() refuses a further input that was created again", async () => {
  const replaced = await refusal((log) => log.createTopic("third", 2));
  assert.equal(replaced, "TOPIC_REPLACED third");
});

Deno.test("refuseOtherLineage() refuses a further input with more partitions", async () => {
  assert.equal(
    await refusal((log) => log.addPartitions("second", 4)),
    "PARTITIONS_CHANGED second",
  );
});

Deno.test.each([
  { what: "no longer reads a topic", others: ["third"] },
  { what: "reads no further topic any more", others: [] },
  { what: "begins to read one", others: ["second", "third", "changelog"] },
])("refuseOtherLineage() accepts a job that $what", async ({ others }) => {
  assert.equal(await refusal(() => {}, { others }), undefined);
});
