import type { Measurement } from "../../counting_topology.ts";
import type { FoldKind, TableEnd } from "./graph.ts";
import { isLastStraw } from "./steps.ts";

/** A row, as all the values that are in it. */
interface Row {
  readonly key: string;
  readonly startMs: number;
  /** Of sessions the gap after the last value. */
  endMs: number;
  values: readonly Measurement[];
  final: boolean;
  withdrawn: boolean;
}

/** What a row says, for each way in which it is shown. */
export interface RowText {
  readonly key: string;
  /** `undefined` where there is nothing to show: what was withdrawn. */
  readonly topic: string | undefined;
  readonly sink: string;
  readonly final: boolean;
  readonly withdrawn: boolean;
  /** The row as a query sees it. */
  readonly value: unknown;
  readonly startMs: number;
  readonly endMs: number;
}

/** The table at the end of a drawn job, for one partition. */
export class GraphTable {
  readonly #end: TableEnd;
  readonly #rows = new Map<string, Row>();
  readonly #streamTimesMs = new Map<string, number>();
  #touched = new Set<Row>();

  constructor(end: TableEnd) {
    this.#end = end;
  }

  /**
   * Adds values of an event.
   *
   * @returns Starts of windows that it missed, and whether it missed all; throws where the job does.
   */
  add(
    key: string,
    timeMs: number,
    values: readonly Measurement[],
  ): { readonly missed: readonly number[]; readonly late: boolean } {
    const { windows, throws, fold } = this.#end;
    const folds = fold === "fields" || fold === "list";
    const straw = throws && folds && values.some(isLastStraw);
    const fail = () => {
      if (straw) throw new Error("the last straw");
    };
    if (windows === undefined) {
      fail();
      this.#put(this.#rowAt(key, 0, Infinity), values);
      return { missed: [], late: false };
    }
    const { sizeMs } = windows;
    if (windows.kind === "session") {
      const isReached = this.#openSessions(key).some(({ startMs, endMs }) =>
        startMs <= timeMs && timeMs <= endMs - sizeMs
      );
      if (this.#isClosed(key, timeMs + sizeMs) && !isReached) {
        return { missed: [timeMs], late: true };
      }
      fail();
      this.#join(key, timeMs, values);
      this.#advance(key, timeMs);
      return { missed: [], late: false };
    }
    const starts = this.#startsOf(timeMs);
    const missed = starts.filter((startMs) => this.#isClosed(key, startMs + sizeMs));
    if (missed.length === starts.length) return { missed, late: true };
    fail();
    for (const startMs of starts) {
      if (!missed.includes(startMs)) this.#put(this.#rowAt(key, startMs, startMs + sizeMs), values);
    }
    this.#advance(key, timeMs);
    return { missed, late: false };
  }

  /** What a commit has to show: rows that changed since the last one. */
  changes(): RowText[] {
    const touched = this.#touched;
    this.#touched = new Set();
    const rolledUp = new Map<string, Row>();
    for (const { key, startMs } of touched) {
      for (const sizeMs of this.#end.rollUpsMs) {
        const whole = this.#rolledUp(key, startMs - startMs % sizeMs, sizeMs);
        rolledUp.set(nameOf(whole), whole);
      }
    }
    return [...touched, ...this.#closedRollUps(rolledUp), ...rolledUp.values()].map((row) =>
      this.#textOf(row)
    );
  }

  /** All rows that are there, for queries; of sessions those that were not withdrawn. */
  rows(): RowText[] {
    return [...this.#rows.values()].filter(({ withdrawn }) => !withdrawn)
      .map((row) => this.#textOf(row));
  }

  streamTimeMs(key: string): number {
    return this.#streamTimesMs.get(key) ?? -Infinity;
  }

  /** Of longer windows, those which time has closed, too, show that. */
  #closedRollUps(known: ReadonlyMap<string, Row>): Row[] {
    const closed: Row[] = [];
    for (const sizeMs of this.#end.rollUpsMs) {
      const starts = new Map([...this.#rows.values()].map(({ key, startMs }) => {
        const wholeMs = startMs - startMs % sizeMs;
        return [`${key} ${wholeMs}`, { key, startMs: wholeMs }] as const;
      }));
      for (const { key, startMs } of starts.values()) {
        const whole = this.#rolledUp(key, startMs, sizeMs);
        if (whole.final && !known.has(nameOf(whole))) closed.push(whole);
      }
    }
    return closed;
  }

  #startsOf(timeMs: number): number[] {
    const { sizeMs = 0, advanceMs = 1 } = this.#end.windows ?? {};
    const starts: number[] = [];
    for (let startMs = timeMs - timeMs % advanceMs; startMs > timeMs - sizeMs;) {
      starts.unshift(startMs);
      startMs -= advanceMs;
    }
    return starts;
  }

  #isClosed(key: string, endMs: number): boolean {
    return endMs + (this.#end.windows?.graceMs ?? Infinity) <= this.streamTimeMs(key);
  }

  #advance(key: string, timeMs: number): void {
    this.#streamTimesMs.set(key, Math.max(timeMs, this.streamTimeMs(key)));
    for (const row of this.#rows.values()) {
      if (row.key !== key || row.final || !this.#isClosed(key, row.endMs)) continue;
      row.final = true;
      this.#touched.add(row);
    }
  }

  #openSessions(key: string): Row[] {
    return [...this.#rows.values()].filter((row) => row.key === key && !row.final)
      .sort((a, b) => a.startMs - b.startMs);
  }

  /** Makes one session of all that a value is less than a gap away from. */
  #join(key: string, timeMs: number, values: readonly Measurement[]): void {
    const gapMs = this.#end.windows?.sizeMs ?? 0;
    const near = this.#openSessions(key).filter(({ startMs, endMs }) =>
      timeMs < endMs && timeMs + gapMs > startMs
    );
    const startMs = Math.min(timeMs, ...near.map((row) => row.startMs));
    const endMs = Math.max(timeMs + gapMs, ...near.map((row) => row.endMs));
    const before = near.flatMap((row) => row.values);
    for (const row of near.filter((row) => row.startMs !== startMs)) {
      row.final = row.withdrawn = true;
      this.#touched.add(row);
    }
    const row = this.#rowAt(key, startMs, endMs);
    row.endMs = endMs;
    row.values = before;
    this.#put(row, values);
  }

  #rowAt(key: string, startMs: number, endMs: number): Row {
    const name = `${startMs} ${key}`;
    const row = this.#rows.get(name) ??
      { key, startMs, endMs, values: [], final: false, withdrawn: false };
    this.#rows.set(name, row);
    return row;
  }

  #put(row: Row, values: readonly Measurement[]): void {
    row.values = [...row.values, ...values];
    this.#touched.add(row);
  }

  #rolledUp(key: string, startMs: number, sizeMs: number): Row {
    const endMs = startMs + sizeMs;
    const parts = [...this.#rows.values()]
      .filter((row) => row.key === key && row.startMs >= startMs && row.startMs < endMs)
      .sort((a, b) => a.startMs - b.startMs);
    const values = parts.flatMap((row) => row.values);
    return { key, startMs, endMs, values, final: this.#isClosed(key, endMs), withdrawn: false };
  }

  #textOf({ key, startMs, endMs, values, final, withdrawn }: Row): RowText {
    const { windows, fold } = this.#end;
    const value = folded(fold, values);
    const shown = { topic: withdrawn ? undefined : JSON.stringify(value), value, startMs, endMs };
    if (windows === undefined) {
      return { ...shown, key, sink: JSON.stringify([value]), final: false, withdrawn };
    }
    const isSession = windows.kind === "session";
    const name = JSON.stringify(isSession ? [key, startMs] : [key, startMs, endMs]);
    const sink = JSON.stringify([value, endMs, final, withdrawn]);
    return { ...shown, key: name, sink, final, withdrawn };
  }
}

function nameOf({ key, startMs, endMs }: Row): string {
  return `${key} ${startMs} ${endMs}`;
}

/** What a table shows of the values of a row. */
function folded(fold: FoldKind, values: readonly Measurement[]): unknown {
  const numbers = values.map(({ value }) => value);
  const total = numbers.reduce((sum, value) => sum + value, 0);
  switch (fold) {
    case "count":
      return values.length;
    case "newest":
      return values.at(-1);
    case "list":
      return { values: numbers.sort((a, b) => a - b) };
    case "reduce":
      return {
        key: values.map(({ key }) => key).sort()[0],
        timeMs: Math.max(...values.map(({ timeMs }) => timeMs)),
        value: total,
      };
    case "fields": {
      const inTime = values.toSorted((a, b) => a.timeMs - b.timeMs);
      return {
        first: inTime[0]?.value,
        kinds: Math.min(3, new Set(numbers).size),
        last: inTime.at(-1)?.value,
        least: Math.min(...numbers),
        mean: total / numbers.length,
        most: Math.max(...numbers),
        n: values.length,
        sum: total,
      };
    }
  }
}
