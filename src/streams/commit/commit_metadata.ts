import type { CommittedOffset } from "../ports.ts";
import type { Offset } from "../record.ts";
import type { Lineage } from "../state/lineage.ts";
import { markOf } from "../state/rules.ts";
import type { RekeyedProgress, TaskMeta } from "../state/state.ts";

/** What stands beside a committed input offset. */
export interface CommitMetadata {
  /** Where the changelog stood, so that a start with its state in place needs no restore. */
  readonly changelogPosition: Offset;
  /** How far the repartition topic was processed and planned, as it moves on its own. */
  readonly rekeyed: Pick<RekeyedProgress, "offset" | "plannedTo">;
  /** Epoch of the leader that wrote what lies before the offset; `undefined` where none is known. */
  readonly leaderEpoch: number | undefined;
  readonly lineage: Lineage;
  /** Of the rules that the state is made by from here on, see `markOf()`. */
  readonly rules: string;
  /** True for the last commit of a task that was closed: whoever waits for it may begin. */
  readonly closed: boolean;
}

/**
 * The text beside a committed input offset.
 *
 * @see Kafka Streams TopicPartitionMetadata, which keeps the partition time there.
 */
export function writeCommitMetadata(
  { changelogPosition, rekeyed, leaderEpoch, lineage, rules, closed }: CommitMetadata,
): string {
  return JSON.stringify({
    v: 2,
    changelog: changelogPosition,
    rekeyed: [rekeyed.offset, rekeyed.plannedTo],
    ...(leaderEpoch === undefined ? {} : { epoch: leaderEpoch }),
    lineage,
    rules,
    ...(closed ? { closed } : {}),
  });
}

/** What such a text says; `undefined` if somebody else wrote it. */
export function parseCommitMetadata(metadata: string): CommitMetadata | undefined {
  try {
    const value: unknown = JSON.parse(metadata);
    if (!isRecord(value) || !Array.isArray(value["rekeyed"])) return undefined;
    const [offset, plannedTo] = value["rekeyed"];
    const { changelog, epoch: leaderEpoch, lineage, rules, closed } = value;
    if (![changelog, offset, plannedTo, leaderEpoch ?? 0].every(Number.isSafeInteger)) {
      return undefined;
    }
    if (!isLineage(lineage)) return undefined;
    return {
      changelogPosition: changelog as Offset,
      rekeyed: { offset, plannedTo },
      leaderEpoch: leaderEpoch as number | undefined,
      lineage,
      rules: String(rules),
      closed: closed === true,
    };
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function isLineage(value: unknown): value is Lineage {
  if (!isRecord(value)) return false;
  const { topic, topicId, partitions, changelogId, repartitionId } = value;
  const texts = [topic, topicId, changelogId, repartitionId];
  return texts.every((text) => typeof text === "string") && Number.isSafeInteger(partitions);
}

/** True when a commit left off exactly where this state does. */
export function isCommitOf(
  committed: CommittedOffset | undefined,
  { inputOffset, rekeyed, rules }: TaskMeta,
): boolean {
  if (committed === undefined || committed.offset !== inputOffset) return false;
  const found = parseCommitMetadata(committed.metadata);
  if (found?.rules !== markOf(rules)) return false;
  return found.rekeyed.offset === rekeyed.offset && found.rekeyed.plannedTo === rekeyed.plannedTo;
}

/** True when nobody has committed anything between two looks. */
export function isSameCommit(
  one: CommittedOffset | undefined,
  other: CommittedOffset | undefined,
): boolean {
  return one?.offset === other?.offset && one?.metadata === other?.metadata;
}
