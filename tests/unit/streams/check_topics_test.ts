import assert from "node:assert/strict";
import { PipelineError } from "../../../src/base/errors.ts";
import { MemoryLog } from "../../../src/streams/testing/memory_log.ts";
import { checkTopics } from "../../../src/streams/topology/check_topics.ts";
import { jobTopics } from "../../../src/streams/topology/job_topics.ts";
import { countingTopology } from "../../support/counting_topology.ts";

const topics = jobTopics("app", countingTopology({ repartition: true, joins: true }));

/** A log with every topic of the job, as `counts` says or with two partitions; 0 is missing. */
function logWith(counts: Readonly<Record<string, number>>): MemoryLog {
  const log = new MemoryLog();
  for (const { name, role } of topics) {
    const count = counts[role] ?? 2;
    if (count > 0) log.createTopic(name, count);
  }
  return log;
}

Deno.test("checkTopics() takes topics with as many partitions as the input", async () => {
  await checkTopics(logWith({}), topics, 2);
});

Deno.test("checkTopics() takes more partitions where they are only written", async () => {
  await checkTopics(logWith({ late: 5, "dead-letters": 3 }), topics, 2);
});

for (
  const { role, remedy } of [
    { role: "changelog", remedy: "reset" },
    { role: "repartition", remedy: "reset" },
    { role: "late", remedy: "add-partitions" },
    { role: "dead-letters", remedy: "add-partitions" },
    { role: "table", remedy: undefined },
  ] as const
) {
  for (const count of [0, 1]) {
    // Two of them were looked for by the first late event, which stopped its task.
    Deno.test(`checkTopics() refuses ${count} partitions of the topic for ${role}`, async () => {
      const { name } = topics.find((topic) => topic.role === role) ?? { name: "" };
      await assert.rejects(checkTopics(logWith({ [role]: count }), topics, 2), (error: unknown) => {
        assert.ok(error instanceof PipelineError);
        assert.equal(error.code, "TOPIC_UNSUITABLE");
        assert.ok(error.message.includes(name), error.message);
        if (count > 0) assert.equal(error.remedy, remedy);
        return true;
      });
    });
  }
}

for (const role of ["changelog", "repartition"]) {
  Deno.test(`checkTopics() refuses more partitions of the topic for ${role}`, async () => {
    await assert.rejects(checkTopics(logWith({ [role]: 3 }), topics, 2), {
      code: "TOPIC_UNSUITABLE",
    });
  });
}
