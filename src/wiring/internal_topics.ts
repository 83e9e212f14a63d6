import type { ConditionPolicy } from "../market/conditions.ts";
import { marketChangelog } from "../market/topology.ts";
import { deadLetterTopic, lateTopic } from "../streams/side_output.ts";
import { repartitionTopic } from "../streams/topology.ts";

/** A topic of the pipeline and how it is kept. */
export interface PipelineTopic {
  readonly name: string;
  readonly config: Readonly<Record<string, string>>;
}

const dayMs = 86_400_000;

/** Time-bounded topics; the original left Kafka's default of seven days. */
const keptForDays = (days: number): Readonly<Record<string, string>> => ({
  "cleanup.policy": "delete",
  "retention.ms": String(days * dayMs),
});

/**
 * All topics of the pipeline, with the same number of partitions each: task p reads partition p
 * of the input and writes partition p of the others.
 */
export function pipelineTopics(
  topic: string,
  application: string,
  policy: ConditionPolicy,
): PipelineTopic[] {
  return [
    { name: topic, config: keptForDays(7) },
    // Only compacted: judged by time, entries of windows that are still needed could go.
    { name: marketChangelog(application, policy), config: { "cleanup.policy": "compact" } },
    // Records wait here for seconds; the time is for a processor that is away.
    { name: repartitionTopic(application), config: keptForDays(7) },
    { name: lateTopic(topic), config: keptForDays(7) },
    { name: deadLetterTopic(topic), config: keptForDays(30) },
  ];
}
