import type { Offset } from "./record.ts";

/**
 * The text beside a committed input offset: where the changelog stood, so that a start with its
 * state in place needs no restore.
 *
 * @see Kafka Streams TopicPartitionMetadata, which keeps the partition time there.
 */
export function writeCommitMetadata(changelogPosition: Offset): string {
  return JSON.stringify({ v: 1, changelog: changelogPosition });
}

/** The changelog position of such a text; `undefined` if somebody else wrote it. */
export function parseCommitMetadata(metadata: string): Offset | undefined {
  try {
    const value: unknown = JSON.parse(metadata);
    if (typeof value !== "object" || value === null || !("changelog" in value)) return undefined;
    return Number.isSafeInteger(value.changelog) ? value.changelog as Offset : undefined;
  } catch {
    return undefined;
  }
}
