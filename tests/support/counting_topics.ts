import type { KafkaConnection } from "../../src/kafka/connection.ts";
import { deadLetterTopic, lateTopic } from "../../src/streams/side_output.ts";
import { changelogTopic } from "../../src/streams/topology/topology.ts";
import type { CountingJob } from "./counting_job.ts";
import { countingStore } from "./counting_job.ts";
import { createTestTopic } from "./kafka_harness.ts";

/** Changelog of a counting job. */
export function countingChangelog({ application }: Pick<CountingJob, "application">): string {
  return changelogTopic(application, countingStore);
}

/**
 * Creates the topics of a counting job that no other run uses; their records stay, whatever their
 * age.
 */
export async function createCountingTopics(
  kafka: KafkaConnection,
  partitions: number,
): Promise<{ readonly topic: string; readonly application: string }> {
  const topic = await createTestTopic(kafka, partitions);
  const application = `app-${topic}`;
  await createTopics(kafka, partitions, [lateTopic(topic), deadLetterTopic(topic)]);
  await createTopics(kafka, partitions, [countingChangelog({ application })]);
  return { topic, application };
}

/** Creates the changelog of another application over the same input. */
export async function createCountingChangelog(
  kafka: KafkaConnection,
  job: Pick<CountingJob, "application" | "partitions">,
): Promise<void> {
  await createTopics(kafka, job.partitions, [countingChangelog(job)]);
}

async function createTopics(
  kafka: KafkaConnection,
  partitions: number,
  names: readonly string[],
): Promise<void> {
  const shape = { partitions, replicationFactor: 1, config: { "retention.ms": "-1" } };
  await kafka.ensureTopics(names.map((name) => ({ name, ...shape })));
}
