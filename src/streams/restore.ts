import type { Clock } from "../base/clock.ts";
import { PipelineError } from "../base/errors.ts";
import type { LogBounds, RecordLog, StateStore, StoreEntry } from "./ports.ts";
import { type LogRecord, type Offset, partitionName, type TopicPartition } from "./record.ts";
import type { RestoreProgress } from "./status.ts";

/** What a restore works with. */
export interface RestoreOptions {
  readonly log: RecordLog;
  readonly changelog: TopicPartition;
  readonly store: StateStore;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: RestoreProgress) => void;
}

/**
 * Brings a store up to the end of its changelog.
 *
 * Ends by position, not by the last record's offset: the tail may hold control records, aborted
 * transactions or nothing after compaction. May be interrupted at any time and goes on from the
 * checkpoint that each batch leaves.
 *
 * Ordering: the task is fenced, so the changelog's end does not move.
 *
 * @returns The changelog position, which is the changelog's end.
 * @throws {PipelineError} `CHANGELOG_TRUNCATED` if entries that the store needs are gone.
 * @see Kafka Streams StoreChangelogReader, which compares positions too.
 */
export async function restore(options: RestoreOptions): Promise<Offset> {
  const { log, changelog, store, clock, signal } = options;
  const bounds = await log.bounds(changelog);
  let position = restoreStart(changelog, store.checkpoint?.changelogPosition, bounds);
  const startedMs = clock.monotonicMs();
  let restoredRecords = 0;
  await using reader = log.open(changelog, position);
  while (position < bounds.endOffset) {
    const fetched = await reader.next(signal);
    position = fetched.nextOffset;
    await store.apply(fetched.records.flatMap(entryOf), { changelogPosition: position });
    restoredRecords += fetched.records.length;
    const elapsedMs = Math.max(1, clock.monotonicMs() - startedMs);
    options.onProgress({
      restoredRecords,
      remainingOffsets: Math.max(0, bounds.endOffset - position),
      recordsPerSecond: restoredRecords * 1000 / elapsedMs,
    });
  }
  return position;
}

function restoreStart(
  changelog: TopicPartition,
  checkpoint: Offset | undefined,
  { startOffset, endOffset }: LogBounds,
): Offset {
  const from = checkpoint ?? 0;
  if (from >= startOffset && from <= endOffset) return from;
  const remedy = "stop every instance, delete the topic and the state folders, " +
    "reset the group's offsets, start again";
  throw new PipelineError(
    "CHANGELOG_TRUNCATED",
    `Cannot restore ${partitionName(changelog)} from offset ${from} as the changelog holds ` +
      `${startOffset} to ${endOffset}: to build the state anew, ${remedy}`,
    { context: { ...changelog, from, startOffset, endOffset } },
  );
}

function entryOf({ key, value }: LogRecord): StoreEntry[] {
  return key === null ? [] : [{ key, value }];
}
