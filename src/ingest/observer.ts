import type { ParsedFrame } from "../feed/frame.ts";
import type { FrameDeadLetter } from "./frame_records.ts";
import type { SpoolDepth } from "./spool.ts";

/** One acknowledged append. */
export interface Appended {
  readonly records: number;
  /** From the first try to the acknowledgement, ms. */
  readonly durationMs: number;
  /** From the receipt of the oldest frame in it to the acknowledgement, ms. */
  readonly ageMs: number;
}

/** Told what the ingest does; for metrics. Must not throw. */
export interface IngestObserver {
  /** The log has what became of a frame; called again if it is sent again after a restart. */
  frameSent(kind: ParsedFrame["kind"], tradeCount: number): void;
  /** A frame, or a part of it, goes to the dead letters. */
  deadLettered(letter: FrameDeadLetter): void;
  recordsAppended(appended: Appended): void;
  /** The log or the registry did not answer; the same records are tried again. */
  appendFailed(error: unknown): void;
  /** What waits between the feed and the log. */
  spoolChanged(depth: SpoolDepth): void;
}

/** Counts nothing. */
export const noIngestObserver: IngestObserver = {
  frameSent() {},
  deadLettered() {},
  recordsAppended() {},
  appendFailed() {},
  spoolChanged() {},
};
