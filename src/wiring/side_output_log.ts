import type { Clock } from "../base/clock.ts";
import type { Logger } from "../base/logger.ts";
import { RateLimitedLines } from "../base/rate_limited_lines.ts";
import { decodeText } from "../base/text.ts";
import { deadLetterCauseOf } from "../streams/side_output.ts";
import type { OutputRecord } from "../streams/record.ts";
import type { TaskListener } from "../streams/task/task_listener.ts";
import type { InputWatch } from "./input_watch.ts";
import { headerText, type Refusal, refusalOf, type RefusalOptions } from "./refusals.ts";

/** What the lines need to know of the job. */
export interface SideOutputLogOptions extends RefusalOptions {
  readonly watch: Pick<InputWatch, "passed" | "refused">;
  readonly logger: Logger;
  readonly clock: Clock;
}

/**
 * Logs what goes to the dead letters and what comes late, at a bounded rate for each cause, once it
 * is committed, and reports to the watch what every commit let through and what not.
 */
export function sideOutputLog<R>(options: SideOutputLogOptions): TaskListener<R> {
  const lines = new RateLimitedLines(options.logger, options.clock);
  const { watch } = options;
  return {
    opened() {},
    fetched() {},
    committed(_input, { sideOutputs, meta, previous }) {
      for (const record of sideOutputs) {
        const refusal = refusalOf(record, options);
        if (refusal === undefined) continue;
        watch.refused(refusal);
        log(lines, record, refusal);
      }
      watch.passed(meta.counts.aggregated - previous.aggregated);
    },
    failed() {},
    closed() {},
  };
}

function log(lines: RateLimitedLines, record: OutputRecord, { kind, offMs = 0 }: Refusal): void {
  if (kind === "ahead" || kind === "dead") {
    const cause = deadLetterCauseOf(record) ?? "malformed";
    lines.warn(cause, "Input went to the dead letters", () => ({
      detail: headerText(record, "detail"),
      ...originOf(record),
    }));
    return;
  }
  const symbolClock = dateText(Number(headerText(record, "stream-time")));
  const fields = () => ({ symbolClock, ...originOf(record) });
  if (kind === "late") {
    lines.warn("window-closed", "Trades came after their windows had closed", fields);
    return;
  }
  const aheadSeconds = Math.round(offMs / 1_000);
  const message = "Trades are late as their symbol's clock is ahead of their receipt: a writer's " +
    "clock is wrong; the symbol's trades count again once time has caught up";
  lines.warn("clock-ahead", message, () => ({ aheadSeconds, ...fields() }));
}

function originOf(record: OutputRecord): Record<string, string | undefined> {
  return {
    symbol: record.key === null ? undefined : decodeText(record.key.subarray(0, 512)),
    topic: headerText(record, "origin-topic"),
    partition: headerText(record, "origin-partition"),
    offset: headerText(record, "origin-offset"),
  };
}

/** ISO form, or the number for what is beyond a date. */
function dateText(timeMs: number): string {
  const date = new Date(timeMs);
  return Number.isNaN(date.getTime()) ? String(timeMs) : date.toISOString();
}
