import type { JobTopic, TopicRole } from "../streams/topology/job_topics.ts";
import type { TopicSpec } from "./topics.ts";

const dayMs = 86_400_000;

/** Time-bounded topics. */
const keptForDays = (days: number): TopicSpec["config"] => ({
  "cleanup.policy": "delete",
  "retention.ms": String(days * dayMs),
});

const configs: Readonly<Record<TopicRole, TopicSpec["config"]>> = {
  // The original left Kafka's default.
  input: keptForDays(7),
  // Only compacted: judged by time, entries of windows that are still needed could go. The newest
  // segment is never compacted, so a restore reads all of it: at Kafka's 1 GiB, mostly in vain.
  changelog: { "cleanup.policy": "compact", "segment.bytes": String(100 * 1024 * 1024) },
  // Records wait here for seconds; the time is for a processor that is away.
  repartition: keptForDays(7),
  late: keptForDays(7),
  "dead-letters": keptForDays(30),
};

/** The topics of a job as they should be on Kafka; `ensureTopics` makes them. */
export function kafkaTopics(
  topics: readonly JobTopic[],
  shape: Pick<TopicSpec, "partitions" | "replicationFactor">,
): TopicSpec[] {
  return topics.map(({ name, role }) => ({ name, ...shape, config: configs[role] }));
}
