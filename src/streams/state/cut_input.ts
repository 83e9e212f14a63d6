import type { LogBounds, RecordLog } from "../ports.ts";
import type { TopicPartition } from "../record.ts";
import { readBetween } from "../read_between.ts";
import { isUnlimited, type TimeWindows } from "../topology/windows.ts";

/** What of a job says how far an event's time may lie from its record's, and records from order. */
export interface CutTopology {
  readonly windows: Pick<TimeWindows, "sizeMs" | "graceMs" | "sessions">;
  readonly maxFutureMs: number;
}

/**
 * The least start of a window that lacks nothing of what was cut off the beginning of an input: the
 * events in there lie at most `maxFutureMs` ahead of their records, and these were received before
 * the first record that is left, or, as records do not come in perfect order, at most the grace
 * after it.
 *
 * @param receivedAtMs Timestamp of the first record that is left.
 */
export function wholeFromMs(
  receivedAtMs: number,
  { windows, maxFutureMs }: CutTopology,
): number {
  const { graceMs, sizeMs, sessions } = windows;
  // What counts from the beginning counts from what is left of it.
  if (isUnlimited(windows)) return 0;
  const cutToMs = receivedAtMs + maxFutureMs + graceMs + 1;
  // What was cut off may have been the beginning of a session for as long as a gap.
  return sessions === true ? cutToMs + sizeMs : cutToMs;
}

/**
 * The same for every partition of an input between which events may go round, as the log has them
 * now: the greatest of all; 0 where nothing was cut off, `null` where nothing is left that says.
 *
 * @throws {PipelineError} As the log does.
 */
export async function wholeFromOfAll(
  log: RecordLog,
  inputs: readonly TopicPartition[],
  job: CutTopology,
): Promise<(number | null)[]> {
  const found: (number | null)[] = [];
  for (const input of inputs) {
    const bounds = await log.bounds(input);
    const receivedAtMs = bounds.startOffset === 0 ? 0 : await firstTimestamp(log, input, bounds);
    if (receivedAtMs === undefined) found.push(null);
    else found.push(receivedAtMs === 0 ? 0 : wholeFromMs(receivedAtMs, job));
  }
  const greatestMs = Math.max(0, ...found.filter((fromMs) => fromMs !== null));
  return found.map((fromMs) => fromMs === null ? null : greatestMs);
}

async function firstTimestamp(
  log: RecordLog,
  input: TopicPartition,
  bounds: LogBounds,
): Promise<number | undefined> {
  const { signal } = new AbortController();
  for await (const [first] of readBetween(log, input, bounds, signal)) {
    if (first !== undefined) return first.timestampMs;
  }
  return undefined;
}
