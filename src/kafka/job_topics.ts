import { keptValueBytesMax } from "../streams/side_output.ts";
import type { JobTopic, TopicRole } from "../streams/topology/job_topics.ts";
import type { TopicSpec } from "./cluster/topics.ts";

const dayMs = 86_400_000;

/** Time-bounded topics. */
const keptForDays = (days: number): TopicSpec["config"] => ({
  "cleanup.policy": "delete",
  "retention.ms": String(days * dayMs),
});

/**
 * Topics that the job writes. What it writes about a record is larger than the record: the value as
 * far as it is kept takes half of a batch, so that key and headers always have room.
 */
const written: TopicSpec["config"] = { "max.message.bytes": String(2 * keptValueBytesMax) };

/**
 * A segment is deleted by its greatest timestamp, so one record of next year would keep it for a
 * year. Kafka 4's default bound, said for Kafka 3, which has none; what lies beyond it is written
 * without a timestamp (`wire/stamps.ts`).
 */
const stampedNow: TopicSpec["config"] = { "message.timestamp.after.max.ms": "3600000" };

const configs: Readonly<Record<TopicRole, TopicSpec["config"]>> = {
  // The original left Kafka's default.
  input: keptForDays(7),
  table: { "cleanup.policy": "compact" },
  global: { "cleanup.policy": "compact" },
  // Only compacted: judged by time, entries of windows that are still needed could go. The newest
  // segment is never compacted, so a restore reads all of it: at Kafka's 1 GiB, mostly for nothing.
  changelog: {
    "cleanup.policy": "compact",
    "segment.bytes": String(100 * 1024 * 1024),
    ...written,
    // Nothing goes by time here, and a writer whose clock is ahead is not worth a refusal a commit.
    "message.timestamp.after.max.ms": String(2n ** 63n - 1n),
  },
  // Records wait here for seconds; the time is for a processor that is down.
  repartition: { ...keptForDays(7), ...written, ...stampedNow },
  late: { ...keptForDays(7), ...written, ...stampedNow },
  results: { ...keptForDays(7), ...written, ...stampedNow },
  "latest-results": {
    "cleanup.policy": "compact",
    ...written,
    "message.timestamp.after.max.ms": String(2n ** 63n - 1n),
  },
  "dead-letters": { ...keptForDays(30), ...written, ...stampedNow },
};

/** The topics of a job as they should be on Kafka; `ensureTopics` makes them. */
export function kafkaTopics(
  topics: readonly JobTopic[],
  shape: Pick<TopicSpec, "partitions" | "replicationFactor">,
): TopicSpec[] {
  return topics.map(({ name, role }) => ({ name, ...shape, config: configs[role] }));
}
