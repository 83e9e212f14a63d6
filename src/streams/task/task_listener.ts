import type { TopicPartition } from "../record.ts";
import type { ItemCounts } from "../item_counts.ts";
import type { Committed } from "./task_session.ts";

/** A commit with what observers count. */
export interface CommitReport extends Committed {
  /** From its first step to its last. */
  readonly durationMs: number;
  /** Counters as of the commit before; the difference to `meta.counts` is this commit's. */
  readonly previous: ItemCounts;
}

/** Told of what tasks do; must not throw and must return quickly. */
export interface TaskListener<R> {
  /** The task is restored and can answer queries. */
  opened(input: TopicPartition): void;
  /** So many records were read; those read again after a failure included. */
  fetched(input: TopicPartition, records: number): void;
  /**
   * A commit is durable, and its rows of events are in the sink; those of results are on their way.
   */
  committed(input: TopicPartition, report: CommitReport): void;
  /**
   * Rows that a transaction has made true: those of its events, which the sink has, then those of
   * its results, in portions, before the sink gets them.
   */
  readonly rows?: ((input: TopicPartition, rows: readonly R[]) => void) | undefined;
  /**
   * Whether it wants `rows` now; without it, it does. Asked for each commit once queries find what it
   * has changed. While no listener does, no rows of results are made for them.
   */
  readonly wantsRows?: (() => boolean) | undefined;
  /** The session ended with an error and is tried again, or is not. */
  failed(input: TopicPartition, error: unknown): void;
  /** The task is no longer here. */
  closed(input: TopicPartition): void;
}

/** Whether rows are to be made for a listener. */
export function wantsRows<R>({ rows, wantsRows }: TaskListener<R>): boolean {
  return rows !== undefined && wantsRows?.() !== false;
}
