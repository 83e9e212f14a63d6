import type { Clock } from "../base/clock.ts";
import type { Logger } from "../base/logger.ts";
import { RateLimitedLines } from "../base/rate_limited_lines.ts";
import { decodeText } from "../base/text.ts";
import {
  deadLetterCauseOf,
  deadLetterTopic,
  lateTopic,
} from "../streams/processing/side_output.ts";
import type { OutputRecord } from "../streams/record.ts";
import type { TaskListener } from "../streams/task/task_listener.ts";

/** What the lines need to know of the job. */
export interface SideOutputLogOptions {
  /** The input topic. */
  readonly topic: string;
  /** How far ahead of its receipt a trade may be, ms. */
  readonly maxFutureMs: number;
  readonly logger: Logger;
  readonly clock: Clock;
}

/**
 * Logs what goes to the dead letters and what comes late, at a bounded rate for each cause, once it
 * is committed.
 */
export function sideOutputLog<R>(options: SideOutputLogOptions): TaskListener<R> {
  const lines = new RateLimitedLines(options.logger, options.clock);
  const late = lateTopic(options.topic);
  const dead = deadLetterTopic(options.topic);
  return {
    opened() {},
    fetched() {},
    committed(_input, { sideOutputs }) {
      for (const record of sideOutputs) {
        if (record.topic === dead) logDead(lines, record);
        if (record.topic === late) logLate(lines, record, options);
      }
    },
    failed() {},
    closed() {},
  };
}

function logDead(lines: RateLimitedLines, record: OutputRecord): void {
  const cause = deadLetterCauseOf(record) ?? "malformed";
  lines.warn(cause, "Input went to the dead letters", () => ({
    detail: header(record, "detail"),
    ...originOf(record),
  }));
}

/**
 * A trade that is late although it is no older than any other was made so by an earlier one from
 * the future: the symbol's clock stands ahead until real time has caught up.
 */
function logLate(
  lines: RateLimitedLines,
  record: OutputRecord,
  { maxFutureMs }: SideOutputLogOptions,
): void {
  const streamTimeMs = Number(header(record, "stream-time"));
  const aheadMs = streamTimeMs - record.timestampMs;
  const fields = () => ({ symbolClock: dateText(streamTimeMs), ...originOf(record) });
  if (aheadMs <= maxFutureMs) {
    lines.warn("window-closed", "Trades came after their windows had closed", fields);
    return;
  }
  const aheadSeconds = Math.round(aheadMs / 1_000);
  const message = "Trades are late as their symbol's clock is ahead of their receipt: a writer's " +
    "clock is wrong; the symbol's trades count again once time has caught up";
  lines.warn("clock-ahead", message, () => ({ aheadSeconds, ...fields() }));
}

function originOf(record: OutputRecord): Record<string, string | undefined> {
  return {
    symbol: record.key === null ? undefined : decodeText(record.key.subarray(0, 512)),
    topic: header(record, "origin-topic"),
    partition: header(record, "origin-partition"),
    offset: header(record, "origin-offset"),
  };
}

function header({ headers }: OutputRecord, name: string): string | undefined {
  const value = headers?.[name];
  return value === undefined ? undefined : decodeText(value);
}

/** ISO form, or the number for what is beyond a date. */
function dateText(timeMs: number): string {
  const date = new Date(timeMs);
  return Number.isNaN(date.getTime()) ? String(timeMs) : date.toISOString();
}
