import assert from "node:assert/strict";
import { kafkaTopics } from "../../../src/kafka/job_topics.ts";
import { embeddedTopics } from "../../../src/level/job_topics.ts";
import { jobTopics } from "../../../src/streams/topology/job_topics.ts";
import { changelogTopic } from "../../../src/streams/topology/topology.ts";
import { TopologyTestDriver } from "../../../src/streams/testing/mod.ts";
import { countingTopology, measurementRecord } from "../../support/counting_topology.ts";

function namesOf(job: Parameters<typeof jobTopics>[1]): string[] {
  return jobTopics("app", job).map(({ name }) => name);
}

Deno.test("jobTopics() names a repartition topic for the jobs that have one", () => {
  const expected = ["input", "app-totals-changelog", "input-late", "input-dead-letters"];
  assert.deepEqual(namesOf(countingTopology()), expected);
  const rekeyed = namesOf(countingTopology({ repartition: true }));
  assert.deepEqual(rekeyed.toSorted(), [...expected, "app-repartition"].toSorted());
});

Deno.test("jobTopics() names every topic that a job writes", async () => {
  const job = countingTopology({ repartition: true });
  await using driver = await TopologyTestDriver.start(job, { startMs: 2_000_000, partitions: 2 });
  const nowMs = driver.clock.nowMs();
  const at = (timeMs: number) => [{ key: "k", timeMs, value: 1 }];
  await driver.pipe(
    { ...measurementRecord(at(nowMs), nowMs) },
    { ...measurementRecord(at(nowMs - 60_000), nowMs) },
    ...[0, 1].map((partition) => ({ ...measurementRecord(at(nowMs), nowMs), partition })),
    { key: "k", value: "no json" },
  );
  await driver.commit();
  for (const { name } of jobTopics("test", job)) {
    assert(driver.log.visible(name).length > 0, name);
  }
});

Deno.test("a changelog is compacted and nothing else is", () => {
  const topics = jobTopics("app", countingTopology({ repartition: true }));
  const compacted = topics.filter(({ role }) => role === "changelog").map(({ name }) => name);
  const embedded = embeddedTopics(topics, { partitions: 2, keepRecords: 10 });
  assert.deepEqual(
    embedded.filter(({ cleanup }) => cleanup === "compact").map(({ name }) => name),
    compacted,
  );
  const kafka = kafkaTopics(topics, { partitions: 2, replicationFactor: 1 });
  assert.deepEqual(
    kafka.filter(({ config }) => config["cleanup.policy"] !== "delete").map(({ name }) => name),
    compacted,
  );
});

Deno.test("changelogTopic() never gives two applications one topic", () => {
  assert.equal(changelogTopic("market-eu", "totals"), "market-eu-totals-changelog");
  assert.throws(() => changelogTopic("market", "eu-totals"), { name: "InvariantError" });
});

Deno.test("jobTopics() refuses an input that the job writes to itself", () => {
  const job = countingTopology({ repartition: true });
  for (const topic of ["app-repartition", "app-totals-changelog"]) {
    const itself = { ...job, source: { ...job.source, topic } };
    assert.throws(() => jobTopics("app", itself), { code: "CONFIG_INVALID" });
  }
});
