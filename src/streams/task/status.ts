import type { ErrorCode } from "../../base/errors.ts";
import type { ItemCounts } from "../item_counts.ts";
import type { Offset } from "../record.ts";

/**
 * Where a task is in its life.
 *
 * ```
 * created ─► fencing ─► restoring ─► running ─► closing ─► closed
 *               ▲  │          │           │          │
 *               │  └──────────┴────┬──────┴──────────┘
 *               └─ after a pause ◄─ failed
 * ```
 */
export type TaskState =
  | "created"
  | "fencing"
  | "restoring"
  | "running"
  | "failed"
  | "closing"
  | "closed";

/** Progress of a restore. */
export interface RestoreProgress {
  /** Changelog position up to which the store holds every entry. */
  readonly position: Offset;
  /** Records of the changelog read so far. */
  readonly restoredRecords: number;
  /** Offsets between the position and the end. */
  readonly remainingOffsets: number;
  /** Mean since the restore began. */
  readonly recordsPerSecond: number;
}

/** One task, as shown to people. */
export interface TaskStatus {
  /** Of the input. */
  readonly topic: string;
  /** Of the input. */
  readonly partition: number;
  /** Where it is in its life. */
  readonly state: TaskState;
  /** Next input offset as of the last commit. */
  readonly committedOffset: Offset | undefined;
  /** Records between the last commit and the ends of its inputs and of what was sent on to it. */
  readonly lagRecords: number | undefined;
  /** Next changelog offset as of the last commit. */
  readonly changelogPosition: Offset | undefined;
  /** Wall clock, epoch ms; `undefined` before the first commit of this session. */
  readonly lastCommitAtMs: number | undefined;
  /** How long that commit took. */
  readonly lastCommitDurationMs: number | undefined;
  /** True while results of commits are on their way to the sink. */
  readonly resultsUnderWay: boolean;
  /** Of the last restore; `undefined` before there is one. */
  readonly restore: RestoreProgress | undefined;
  /** Since the state began, exact over restarts. */
  readonly counts: ItemCounts;
  /** What stands in the way, for people; the task retries or has stopped. */
  readonly problem: string | undefined;
  /** That of the problem, where it has one. */
  readonly code: ErrorCode | undefined;
}

/**
 * Where a standby is in its life.
 *
 * ```
 * opening ─► following ─► closed, or taken over by a task
 *    │         ▲  │
 *    └► failed ◄──┘
 * ```
 */
export type StandbyState = "opening" | "following" | "failed";

/** One standby, as shown to people. */
export interface StandbyStatus {
  /** Of the input. */
  readonly topic: string;
  /** Of the input. */
  readonly partition: number;
  /** Where it is in its life. */
  readonly state: StandbyState;
  /** `undefined` until the store is open. */
  readonly changelogPosition: Offset | undefined;
  /** Changelog offsets between the store and the end, as of the last read. */
  readonly remainingOffsets: number | undefined;
  /** What stands in the way, for people. */
  readonly problem: string | undefined;
}
