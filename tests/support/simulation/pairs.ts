import { pairsWithinMs } from "../counting_topology.ts";
import type { History } from "./history.ts";

/** A measurement that may have partners in the other stream. */
interface Measured {
  readonly side: "left" | "right";
  readonly key: string;
  readonly timeMs: number;
  readonly value: number;
  joined: boolean;
}

const { differenceMs, graceMs } = pairsWithinMs;

/** Rows are an eighth of the difference. */
const rowMs = differenceMs / 8;

/** The join of two streams in a partition: all that may still have a partner, looked through each time. */
export class Pairs {
  readonly #history: History;
  #waiting: readonly Measured[] = [];
  /** Rows for which a call is scheduled, by key and start. */
  readonly #rows = new Map<string, { readonly key: string; readonly startMs: number }>();
  #timeMs = 0;
  /** In order, each with the input offset that it came from. */
  readonly made: { readonly offset: number; readonly text: string }[] = [];

  constructor(history: History) {
    this.#history = history;
  }

  /** Greatest time of an event so far. */
  get timeMs(): number {
    return this.#timeMs;
  }

  /** An event that can be used moves the time; what has waited for long enough goes before it. */
  moveTo(timeMs: number, offset: number, receivedAtMs: number): void {
    this.#timeMs = Math.max(this.#timeMs, timeMs);
    const over = [...this.#rows.values()].filter((row) => dueMs(row) <= this.#timeMs)
      .sort((a, b) => a.startMs - b.startMs || (a.key < b.key ? -1 : 1));
    for (const row of over) {
      const { key, startMs } = row;
      this.#rows.delete(`${key} ${startMs}`);
      this.#history.remember(`stored pairs ${key} ${dueMs(row)}`, offset, "");
      for (const side of ["left", "right"] as const) {
        for (const one of this.#inRow(side, key, startMs).toSorted(inTime)) {
          if (!one.joined) this.#make(offset, receivedAtMs, side === "left" ? [one] : [, one]);
        }
      }
      const rest = (one: Measured) => one.key !== key || startOf(one) !== startMs;
      this.#waiting = this.#waiting.filter(rest);
      for (const side of ["left", "right"] as const) this.#remember(side, key, offset);
    }
  }

  take(
    { key, timeMs, value, receivedAtMs, topic }: {
      readonly key: string;
      readonly timeMs: number;
      readonly value: number;
      readonly receivedAtMs: number;
      readonly topic: string | undefined;
    },
    offset: number,
  ): void {
    const side = topic === "second" ? "right" : "left";
    const partners = this.#waiting.filter((one) =>
      one.side !== side && one.key === key && Math.abs(one.timeMs - timeMs) <= differenceMs
    );
    // In the order of their times, those of equal times as they came.
    const ordered = partners.toSorted(inTime);
    const own: Measured = { side, key, timeMs, value, joined: partners.length > 0 };
    this.#waiting = [...this.#waiting, own];
    const row = { key, startMs: startOf(own) };
    if (!this.#rows.has(`${key} ${row.startMs}`)) {
      this.#rows.set(`${key} ${row.startMs}`, row);
      this.#history.remember(`stored pairs ${key} ${dueMs(row)}`, offset, "scheduled");
    }
    for (const partner of ordered) {
      partner.joined = true;
      this.#remember(partner.side, key, offset);
      this.#make(offset, receivedAtMs, side === "left" ? [own, partner] : [partner, own]);
    }
    this.#remember(side, key, offset);
  }

  #inRow(side: Measured["side"], key: string, startMs: number): readonly Measured[] {
    return this.#waiting.filter((one) =>
      one.side === side && one.key === key && startOf(one) === startMs
    );
  }

  #remember(side: Measured["side"], key: string, offset: number): void {
    const ofKey = this.#waiting.filter((one) => one.side === side && one.key === key);
    const values = ofKey.toSorted(inTime).map(({ timeMs, value, joined }) => [
      ...[timeMs, { key, timeMs, value }, joined],
    ]);
    const text = values.length === 0 ? "" : JSON.stringify(values);
    this.#history.remember(`stored pairs.${side} ${key}`, offset, text);
  }

  #make(
    offset: number,
    receivedAtMs: number,
    [left, right]: readonly (Measured | undefined)[],
  ): void {
    const key = left?.key ?? right?.key;
    const text = `${left?.value ?? "-"}:${right?.value ?? "-"}`;
    this.made.push({ offset, text: `${key} ${receivedAtMs} ${text}` });
  }
}

function inTime(a: Measured, b: Measured): number {
  return a.timeMs - b.timeMs;
}

function startOf({ timeMs }: Pick<Measured, "timeMs">): number {
  return timeMs - timeMs % rowMs;
}

/** The partition's time at which the first partners that a value may have no longer wait. */
export function partnersGoneMs(timeMs: number): number {
  return dueMs({ startMs: startOf({ timeMs: Math.max(0, timeMs - differenceMs) }) });
}

function dueMs({ startMs }: { readonly startMs: number }): number {
  return startMs + rowMs + differenceMs + graceMs;
}
