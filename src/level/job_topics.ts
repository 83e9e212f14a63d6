import type { JobTopic, TopicRole } from "../streams/topology/job_topics.ts";
import type { EmbeddedTopic } from "./partition_state.ts";

const cleanups: Readonly<Record<TopicRole, EmbeddedTopic["cleanup"]>> = {
  input: "consumed",
  table: "consumed",
  global: "consumed", // by no one, so that all of it stays
  changelog: "compact",
  repartition: "consumed",
  late: "bounded",
  "dead-letters": "bounded",
  results: "bounded",
  "latest-results": "bounded",
};

/** The topics of a job as the embedded log keeps them. */
export function embeddedTopics(
  topics: readonly JobTopic[],
  shape: Pick<EmbeddedTopic, "partitions" | "keepRecords">,
): EmbeddedTopic[] {
  return topics.map(({ name, role }) => ({
    name,
    ...shape,
    cleanup: cleanups[role],
    // Nothing but the task that owns the keys reads it.
    ...role === "repartition" ? { keepRecords: 0 } : {},
  }));
}
