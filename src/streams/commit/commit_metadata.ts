import type { CommittedOffset } from "../ports.ts";
import type { Offset } from "../record.ts";
import type { RekeyedProgress, TaskMeta } from "../state/state.ts";

/** What stands beside a committed input offset. */
export interface CommitMetadata {
  /** Where the changelog stood, so that a start with its state in place needs no restore. */
  readonly changelogPosition: Offset;
  /** How far the repartition topic was processed and planned, as it moves on its own. */
  readonly rekeyed: Pick<RekeyedProgress, "offset" | "plannedTo">;
  /** True for the last commit of a task that was closed: whoever waits for it may begin. */
  readonly closed: boolean;
}

/**
 * The text beside a committed input offset.
 *
 * @see Kafka Streams TopicPartitionMetadata, which keeps the partition time there.
 */
export function writeCommitMetadata(
  { changelogPosition, rekeyed, closed }: CommitMetadata,
): string {
  return JSON.stringify({
    v: 1,
    changelog: changelogPosition,
    rekeyed: [rekeyed.offset, rekeyed.plannedTo],
    ...(closed ? { closed } : {}),
  });
}

/** What such a text says; `undefined` if somebody else wrote it. */
export function parseCommitMetadata(metadata: string): CommitMetadata | undefined {
  try {
    const value: unknown = JSON.parse(metadata);
    if (typeof value !== "object" || value === null) return undefined;
    if (!("changelog" in value && "rekeyed" in value && Array.isArray(value.rekeyed))) {
      return undefined;
    }
    const [changelogPosition, offset, plannedTo] = [value.changelog, ...value.rekeyed];
    if (![changelogPosition, offset, plannedTo].every(Number.isSafeInteger)) return undefined;
    return {
      changelogPosition: changelogPosition as Offset,
      rekeyed: { offset, plannedTo },
      closed: "closed" in value && value.closed === true,
    };
  } catch {
    return undefined;
  }
}

/** True when a commit left off exactly where this state does. */
export function isCommitOf(
  committed: CommittedOffset | undefined,
  { inputOffset, rekeyed }: TaskMeta,
): boolean {
  if (committed === undefined || committed.offset !== inputOffset) return false;
  const found = parseCommitMetadata(committed.metadata)?.rekeyed;
  return found?.offset === rekeyed.offset && found.plannedTo === rekeyed.plannedTo;
}

/** True when nobody has committed anything between two looks. */
export function isSameCommit(
  one: CommittedOffset | undefined,
  other: CommittedOffset | undefined,
): boolean {
  return one?.offset === other?.offset && one?.metadata === other?.metadata;
}
