import { durationText } from "../base/duration_text.ts";
import { decodeText } from "../base/text.ts";
import { deadLetterCauseOf, deadLetterTopic, lateTopic } from "../streams/side_output.ts";
import type { OutputRecord } from "../streams/record.ts";

/**
 * Why items do not get through:
 * - `ahead`: their times lie further ahead of their receipt than is allowed
 * - `late`: their windows had closed
 * - `clock-ahead`: the same, as an earlier trade has put the symbol's clock ahead of time
 * - `dead`: any other dead letter
 */
export type RefusalKind = "ahead" | "late" | "clock-ahead" | "dead";

/** Items that did not get through. */
export interface Refusal {
  readonly kind: RefusalKind;
  readonly items: number;
  /** How far off their times are, ms; of all kinds but `dead`. */
  readonly offMs?: number;
  /** What is wrong with them, of dead letters. */
  readonly detail?: string;
}

/** What of the job says why a record is a side output. */
export interface RefusalOptions {
  /** The input topic. */
  readonly topic: string;
  /** How far ahead of its receipt a trade may be, ms. */
  readonly maxFutureMs: number;
}

/** What a commit's side output says of an item; `undefined` for one that was only sent on. */
export function refusalOf(record: OutputRecord, terms: RefusalOptions): Refusal | undefined {
  if (record.topic === deadLetterTopic(terms.topic)) return deadRefusal(record);
  if (record.topic !== lateTopic(terms.topic)) return undefined;
  const streamTimeMs = Number(headerText(record, "stream-time"));
  // No older than any other, and late all the same: an earlier one came from the future.
  const aheadMs = streamTimeMs - record.timestampMs;
  if (aheadMs > terms.maxFutureMs) return { kind: "clock-ahead", items: 1, offMs: aheadMs };
  const windowEndMs = Number(headerText(record, "window-end"));
  return { kind: "late", items: 1, offMs: streamTimeMs - windowEndMs };
}

function deadRefusal(record: OutputRecord): Refusal {
  const detail = headerText(record, "detail") ?? "without a detail";
  if (deadLetterCauseOf(record) !== "far-future") return { kind: "dead", items: 1, detail };
  const eventTimeMs = Number(headerText(record, "event-time"));
  return { kind: "ahead", items: 1, offMs: eventTimeMs - record.timestampMs, detail };
}

/** A header's text; `undefined` if there is none, or it is no text. */
export function headerText({ headers }: OutputRecord, name: string): string | undefined {
  const value = headers?.[name];
  return value === undefined ? undefined : decodeText(value);
}

/** Who reports them: what a person can do depends on it. */
export type Teller = "start" | "produce" | "process";

/** Refused items of one kind. */
interface Tally {
  readonly items: number;
  readonly offMsMin: number;
  readonly offMsMax: number;
  readonly detail: string | undefined;
}

/** Refused items, counted by kind. */
export class Refusals {
  readonly #tallies = new Map<RefusalKind, Tally>();

  /** Items of all kinds. */
  get items(): number {
    return [...this.#tallies.values()].reduce((sum, { items }) => sum + items, 0);
  }

  add({ kind, items, offMs, detail }: Refusal): void {
    const before = this.#tallies.get(kind);
    this.#tallies.set(kind, {
      items: (before?.items ?? 0) + items,
      offMsMin: Math.min(before?.offMsMin ?? Infinity, offMs ?? Infinity),
      offMsMax: Math.max(before?.offMsMax ?? -Infinity, offMs ?? -Infinity),
      detail: detail ?? before?.detail,
    });
  }

  clear(): void {
    this.#tallies.clear();
  }

  /** What most of them have in common: "all 240 trades of the last 30 s …"; there must be some. */
  sentence(sinceMs: number, teller: Teller): string {
    const [[kind, tally] = ["dead", noTally] as const] = [...this.#tallies]
      .toSorted(([, a], [, b]) => b.items - a.items);
    const all = this.items;
    const share = tally.items === all && all > 1 ? `all ${all}` : `${tally.items} of ${all}`;
    return `${share} trades of the last ${durationText(sinceMs)} ${causeText(kind, tally, teller)}`;
  }
}

const noTally: Tally = { items: 0, offMsMin: 0, offMsMax: 0, detail: undefined };

function causeText(
  kind: RefusalKind,
  { offMsMin, offMsMax, detail }: Tally,
  teller: Teller,
): string {
  const [least, greatest] = [durationText(offMsMin), durationText(offMsMax)];
  const off = least === greatest ? least : `${least} to ${greatest}`;
  switch (kind) {
    case "ahead":
      return teller === "process"
        ? `lie ${off} ahead of the clock of the machine that received them: check that clock`
        : `lie ${off} ahead of this machine's clock: check the clock`;
    case "late":
      return `are late, ${off} behind the newest trade of their symbol: ${lateRemedy(teller)}`;
    case "clock-ahead":
      return `are late as an earlier trade lies ${off} ahead: its writer's clock was wrong; the ` +
        "symbol's trades count again once time has caught up";
    case "dead":
      return `are dead letters: ${detail}`;
  }
}

function lateRemedy(teller: Teller): string {
  return teller === "process"
    ? "their writer sends old trades, or another one has sent trades from ahead of them"
    : "an earlier run has left later trades; play a recording with --times shifted, or choose " +
      "another folder with --data";
}
