import type { CommittedOffset } from "../ports.ts";
import type { Offset } from "../record.ts";
import type { Lineage, OtherTopic } from "../state/lineage.ts";

/** What stands beside a committed input offset. */
export interface CommitMetadata {
  /** Where the changelog stood, so that a start with its state in place needs no restore. */
  readonly changelogPosition: Offset;
  /** Changelog position before this commit: the results of all others are in the sink. */
  readonly shownTo: Offset;
  /** Of this commit alone, so that a task that missed its outcome finds it again. */
  readonly id: string;
  /** Epoch of the leader that wrote what lies before the offset; `undefined` where none is known. */
  readonly leaderEpoch: number | undefined;
  readonly lineage: Lineage;
  /** True for the last commit of a task that was closed: a task that waits for it may begin. */
  readonly closed: boolean;
}

/**
 * The text beside a committed input offset.
 *
 * @see Kafka Streams TopicPartitionMetadata, which keeps the partition time there.
 */
export function writeCommitMetadata(
  { changelogPosition, shownTo, id, leaderEpoch, lineage, closed }: CommitMetadata,
): string {
  return JSON.stringify({
    v: 2,
    changelog: changelogPosition,
    shown: shownTo,
    id,
    ...(leaderEpoch === undefined ? {} : { epoch: leaderEpoch }),
    lineage,
    ...(closed ? { closed } : {}),
  });
}

/** What such a text says; `undefined` for another writer's, and without one. */
export function parseCommitMetadata(metadata = ""): CommitMetadata | undefined {
  try {
    const value = JSON.parse(metadata) as Parts;
    const { changelog, shown, id, epoch: leaderEpoch, lineage, closed } = value;
    if (![changelog, shown, leaderEpoch ?? 0].every(isCount)) return undefined;
    if (typeof id !== "string") return undefined;
    if (!isLineage(lineage)) return undefined;
    return {
      changelogPosition: changelog as Offset,
      shownTo: shown as Offset,
      id,
      leaderEpoch: leaderEpoch as number | undefined,
      lineage,
      closed: closed === true,
    };
  } catch {
    return undefined;
  }
}

/** What may be one, taken apart: that fails for `null`, and gives nothing for the rest. */
type Parts = Readonly<Record<string, unknown>>;

function isLineage(value: unknown): value is Lineage {
  const { topic, topicId, partitions, changelogId, repartitionId, others = [] } = value as Parts;
  const texts = [topic, topicId, changelogId, repartitionId];
  if (!texts.every((text) => typeof text === "string") || !isCount(partitions)) return false;
  return Array.isArray(others) && others.every(isOtherTopic);
}

function isOtherTopic(value: unknown): value is OtherTopic {
  const { topic, topicId, partitions } = value as Parts;
  return typeof topic === "string" && typeof topicId === "string" && isCount(partitions);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** True when nothing was committed between two looks. */
export function isSameCommit(
  one: CommittedOffset | undefined,
  other: CommittedOffset | undefined,
): boolean {
  return one?.offset === other?.offset && one?.metadata === other?.metadata;
}
