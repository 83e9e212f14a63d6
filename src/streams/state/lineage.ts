import { PipelineError } from "../../base/errors.ts";
import type { RecordLog } from "../ports.ts";
import type { TopicPartition } from "../record.ts";
import { topicReplaced } from "../lineage_errors.ts";

/**
 * What a state belongs to. Names and offsets alone do not say: a topic that was deleted and created
 * again has the same name and other records under the same offsets, and another number of partitions
 * puts a key's records elsewhere.
 *
 * It stands in the meta record, beside every committed position, and, as the changelog's id, in the
 * local store. A life of a state is known by its changelog, which a reset replaces.
 */
export interface Lineage {
  /** Name of the input topic. */
  readonly topic: string;
  readonly topicId: string;
  /** Partitions of the input, which decide which task has a key. */
  readonly partitions: number;
  readonly changelogId: string;
  /** Empty for jobs that send nothing on. */
  readonly repartitionId: string;
  /** Further inputs; absent for jobs without. */
  readonly others?: readonly OtherTopic[];
}

/** An input beside the first one. */
export interface OtherTopic {
  readonly topic: string;
  readonly topicId: string;
  readonly partitions: number;
}

/** The topics whose identity a state depends on. */
export interface LineageTopics {
  readonly input: string;
  readonly changelog: string;
  readonly repartition: string | undefined;
  /** Inputs beside the first one; none without it. */
  readonly others?: readonly string[];
}

/** Those of a task. */
export function lineageTopics(
  { input, changelog, repartition, others = [] }: {
    readonly input: TopicPartition;
    readonly changelog: TopicPartition;
    readonly repartition: TopicPartition | undefined;
    readonly others?: readonly TopicPartition[];
  },
): LineageTopics {
  return {
    input: input.topic,
    changelog: changelog.topic,
    repartition: repartition?.topic,
    others: others.map(({ topic }) => topic),
  };
}

/**
 * What a state belongs to that is made now.
 *
 * @throws {PipelineError} `TOPIC_UNSUITABLE` if a topic does not exist; `LOG_UNAVAILABLE`.
 */
export async function presentLineage(
  log: Pick<RecordLog, "describe">,
  { input, changelog, repartition, others = [] }: LineageTopics,
): Promise<Lineage> {
  const { id: topicId, partitions } = await log.describe(input);
  const { id: changelogId } = await log.describe(changelog);
  const { id: repartitionId } = repartition === undefined
    ? { id: "" }
    : await log.describe(repartition);
  const found: OtherTopic[] = [];
  for (const topic of others) {
    const { id, partitions } = await log.describe(topic);
    found.push({ topic, topicId: id, partitions });
  }
  const own = { topic: input, topicId, partitions, changelogId, repartitionId };
  return found.length === 0 ? own : { ...own, others: found };
}

/**
 * Refuses to continue with a state whose topics are others now.
 *
 * @param own What the state belongs to.
 * @param present What there is.
 * @throws {PipelineError} `TOPIC_REPLACED` or `PARTITIONS_CHANGED`.
 */
export function refuseOtherLineage(
  own: Lineage,
  present: Lineage,
  { input, changelog, repartition }: LineageTopics,
): void {
  if (own.topic !== present.topic) throw otherTopic(own.topic, present.topic, changelog);
  const ids = [
    [input, own.topicId, present.topicId],
    [changelog, own.changelogId, present.changelogId],
    [repartition ?? "", own.repartitionId, present.repartitionId],
  ] as const;
  for (const [topic, wanted, found] of ids) {
    // A job may begin to send events on, or stop; only another topic in the same place is a fault.
    if (wanted !== found && wanted !== "" && found !== "") {
      throw topicReplaced(topic, wanted, found);
    }
  }
  if (own.partitions !== present.partitions) throw partitionsChanged(own, present);
  for (const other of own.others ?? []) {
    // A job may begin to read a topic, or stop.
    const found = present.others?.find(({ topic }) => topic === other.topic);
    if (found === undefined) continue;
    if (found.topicId !== other.topicId) {
      throw topicReplaced(other.topic, other.topicId, found.topicId);
    }
    if (found.partitions !== other.partitions) throw partitionsChanged(other, found);
  }
}

/** The error of an application whose input is another topic than that of its state. */
export function otherTopic(own: string, present: string, changelog: string): PipelineError {
  return new PipelineError(
    "TOPIC_REPLACED",
    `Cannot process ${present} as it must be the topic that the state in ${changelog} was made ` +
      `from: that is ${own}`,
    { context: { topic: present, stateOf: own, changelog }, remedy: "other-topic" },
  );
}

function partitionsChanged(
  { topic, partitions }: Pick<Lineage, "topic" | "partitions">,
  present: Pick<Lineage, "partitions">,
): PipelineError {
  return new PipelineError(
    "PARTITIONS_CHANGED",
    `Cannot process ${topic} as it must have as many partitions as when its state was made ` +
      `(${partitions}): it has ${present.partitions}, so keys have moved to other partitions`,
    { context: { topic, partitions, found: present.partitions }, remedy: "repartition" },
  );
}
