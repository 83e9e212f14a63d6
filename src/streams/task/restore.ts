import type { Clock } from "../../base/clock.ts";
import { PipelineError } from "../../base/errors.ts";
import type { LogBounds, RecordLog, StateStore, StoreEntry } from "../ports.ts";
import { type LogRecord, type Offset, partitionName, type TopicPartition } from "../record.ts";
import type { RestoreProgress } from "./status.ts";

/** What a restore works with. */
export interface RestoreOptions {
  readonly log: RecordLog;
  readonly changelog: TopicPartition;
  /** The changelog must be the topic with this id. */
  readonly changelogId: string;
  readonly store: StateStore;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: RestoreProgress) => void;
}

/**
 * Brings a store up to the end of its changelog.
 *
 * Ends by position, not by the last record's offset: the tail may hold control records, aborted
 * transactions or nothing after compaction. May be interrupted at any time and continues from the
 * checkpoint that each batch leaves.
 *
 * Ordering: the task is fenced, so the changelog's end is final, unless a newer owner fences us in
 * turn. What that one commits meanwhile is not read: half of a transaction would be no state.
 *
 * @returns The changelog position, which is the changelog's end as it was at the start.
 * @throws {PipelineError} `CHANGELOG_TRUNCATED` if entries that the store needs are gone.
 * @see Kafka Streams StoreChangelogReader, which compares positions too.
 */
export async function restore(options: RestoreOptions): Promise<Offset> {
  const { log, changelog, changelogId, store, clock, signal } = options;
  const bounds = await log.bounds(changelog);
  let position = checkedPosition(changelog, store.checkpoint?.changelogPosition, bounds);
  const startedMs = clock.monotonicMs();
  let restoredRecords = 0;
  await using reader = log.open(changelog, { offset: position, topicId: changelogId });
  const readOn = () => {
    const read = position < bounds.endOffset ? reader.next(signal) : undefined;
    read?.catch(() => {}); // thrown where it is awaited, if the store has not failed before
    return read;
  };
  let writing = Promise.resolve();
  try {
    for (let read = readOn(); read !== undefined;) {
      const fetched = await read;
      position = Math.min(fetched.nextOffset, bounds.endOffset);
      read = readOn(); // decoded while the store writes
      const records = fetched.records.filter(({ offset }) => offset < bounds.endOffset);
      restoredRecords += records.length;
      const progress = { position, restoredRecords };
      const before = writing;
      writing = store.apply(entriesOf(records), { changelogPosition: position }).then(() => {
        const elapsedMs = Math.max(1, clock.monotonicMs() - startedMs);
        options.onProgress({
          ...progress,
          remainingOffsets: Math.max(0, bounds.endOffset - progress.position),
          recordsPerSecond: progress.restoredRecords * 1000 / elapsedMs,
        });
      });
      writing.catch(() => {}); // thrown below
      await before; // two batches at a time, one of which is written
    }
  } finally {
    await writing; // whoever closes the store must not meet it; its failure comes before others
  }
  return position;
}

/**
 * Where a store with this checkpoint continues in its changelog.
 *
 * A store may be ahead of a changelog that nevertheless has every entry of the last commit: a power
 * cut took the end of the log away, positions included, or the state was begun again elsewhere.
 * Then the log is right, and the store is another's.
 *
 * The changelog must hold every entry since the first one, whatever the store has: only compaction
 * may thin it out, and that does not move the start. A store that is complete would otherwise hide
 * that its changelog could not rebuild it any more.
 *
 * @param committed Where the changelog stood at the last commit, as far as that is known.
 * @throws {PipelineError} `CHANGELOG_TRUNCATED` if the changelog was cut or recreated;
 *   `STORE_FOREIGN` if only the store has what is missing there.
 */
export function checkedPosition(
  changelog: TopicPartition,
  checkpoint: Offset | undefined,
  { startOffset, endOffset }: LogBounds,
  committed?: Offset,
): Offset {
  const from = checkpoint ?? 0;
  if (startOffset === 0 && from <= endOffset) return from;
  if (startOffset === 0 && committed !== undefined && committed <= endOffset) {
    throw new PipelineError(
      "STORE_FOREIGN",
      `Cannot use the store of ${partitionName(changelog)} as it must not be ahead of the ` +
        `changelog (${endOffset}): it is at ${from}`,
      { context: { ...changelog, from, endOffset, committed } },
    );
  }
  throw new PipelineError(
    "CHANGELOG_TRUNCATED",
    `Cannot restore ${partitionName(changelog)} from offset ${from} as the changelog holds ` +
      `${startOffset} to ${endOffset}: entries were deleted, or the topic was recreated`,
    { context: { ...changelog, from, startOffset, endOffset }, remedy: "reset" },
  );
}

/**
 * What changelog records change in a store.
 *
 * @throws {PipelineError} `STATE_UNREADABLE` for a batch that cannot be read: of our own topic,
 *   none can be left out.
 */
export function entriesOf(records: readonly LogRecord[]): StoreEntry[] {
  const bad = records.find(({ unreadable }) => unreadable !== undefined);
  if (bad !== undefined) throw unreadableEntries(bad);
  return records.flatMap(({ key, value }) => key === null ? [] : [{ key, value }]);
}

function unreadableEntries(record: LogRecord): PipelineError {
  const { topic, partition, offset, unreadable } = record;
  return new PipelineError(
    "STATE_UNREADABLE",
    `Cannot restore ${partitionName(record)} from offset ${offset} as every batch of a changelog ` +
      `must be readable: ${unreadable}`,
    { context: { topic, partition, offset }, remedy: "reset" },
  );
}
