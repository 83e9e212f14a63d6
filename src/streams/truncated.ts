import { PipelineError } from "../base/errors.ts";
import type { LogBounds } from "./ports.ts";
import { type Offset, partitionName, type TopicPartition } from "./record.ts";

/** The error of a reader whose position lies behind what is left of the log that led there. */
export function tailLost(
  place: TopicPartition,
  position: Offset,
  { leaderEpoch, endOffset }: { readonly leaderEpoch: number; readonly endOffset: Offset },
): PipelineError {
  return new PipelineError(
    "INPUT_TRUNCATED",
    `Cannot read ${partitionName(place)} from offset ${position} as what leader epoch ` +
      `${leaderEpoch} wrote must reach there: it ends at ${endOffset}, a broker has lost the rest`,
    { context: { ...place, position, leaderEpoch, endOffset }, remedy: "reset" },
  );
}

/** The error of a reader whose position lies outside what the log still, or yet, holds. */
export function inputTruncated(
  place: TopicPartition,
  position: Offset,
  { startOffset, endOffset }: LogBounds,
): PipelineError {
  const cause = position > endOffset
    ? "a broker has lost the rest"
    : "records were deleted before they were processed";
  return new PipelineError(
    "INPUT_TRUNCATED",
    `Cannot read ${partitionName(place)} from offset ${position} as the topic holds ` +
      `${startOffset} to ${endOffset}: ${cause}, or the topic was recreated`,
    { context: { ...place, position, startOffset, endOffset }, remedy: "reset" },
  );
}
