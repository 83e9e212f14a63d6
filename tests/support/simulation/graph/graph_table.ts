import type { Measurement } from "../../counting_topology.ts";
import type { ModelRules } from "../model_rules.ts";
import type { FoldKind, TableEnd, Windows } from "./graph.ts";
import { KeyTimes } from "./graph_times.ts";
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
}

/** All that there is of a key. */
export interface KeyState {
  /** Rows of each length, that of the windows first. */
  readonly lengths: ReadonlyMap<number, readonly StateRow[]>;
  /** How often it had expired and come again. */
  readonly renewals: number;
}

/** A row of a state. */
export interface StateRow {
  readonly startMs: number;
  readonly final: boolean;
  readonly text: string;
}

/** What an event has put into a table. */
interface Put {
  readonly timeMs: number;
  readonly values: readonly Measurement[];
}

/** The table at the end of a drawn job, for one partition. */
export class GraphTable {
  readonly #end: TableEnd;
  readonly #times: KeyTimes;
  #rows = new Map<string, Row>();
  /** Of the keys of sliding windows, in order. */
  readonly #puts = new Map<string, readonly Put[]>();
  #touched = new Set<Row>();
  /** What keys that have expired leave behind to be shown. */
  #left: RowText[] = [];
  readonly #renewals = new Map<string, number>();
  /** Greatest time of any event so far. */
  latestMs = 0;

  constructor(end: TableEnd) {
    this.#end = end;
    this.#times = new KeyTimes(end);
  }

  /** From here on it is folded by these rules. */
  change(rules: ModelRules): void {
    this.#times.change(rules);
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
    this.#times.pass(timeMs);
    this.latestMs = Math.max(this.latestMs, timeMs);
    const starts = windows === undefined ? [0] : this.#startsOf(windows, timeMs);
    const missed = starts.filter((startMs) => startMs < this.#times.openFromMs(key));
    const isReached = windows?.kind === "session" &&
      this.#openSessions(key).some((row) => row.startMs <= timeMs && timeMs < row.endMs);
    if (missed.length === starts.length && !isReached) return { missed, late: true };
    if (straw) throw new Error("the last straw");
    if (this.#times.isExpired(key)) this.#renew(key);
    if (windows === undefined) this.#put(this.#rowAt(key, 0, Infinity), values);
    else {
      if (windows.kind === "session") this.#join(windows, key, timeMs, values);
      else if (windows.kind === "sliding") this.#slide(windows, key, { timeMs, values });
      else {
        for (const startMs of starts.filter((startMs) => !missed.includes(startMs))) {
          this.#put(this.#rowAt(key, startMs, startMs + windows.sizeMs), values);
        }
      }
      this.#advance(key, timeMs);
    }
    return { missed: isReached ? [] : missed, late: false };
  }

  /** Keys of which something has changed since the last commit. */
  get changedKeys(): ReadonlySet<string> {
    return new Set([...this.#touched].map(({ key }) => key));
  }

  /** All that there is of a key, by length. */
  stateOf(key: string): KeyState {
    const rows = [...this.#rows.values()].filter((row) => row.key === key && !row.withdrawn);
    const wholes = this.#end.rollUpsMs.map((sizeMs) => {
      const starts = new Set(rows.map(({ startMs }) => startMs - startMs % sizeMs));
      return [sizeMs, [...starts].map((startMs) => this.#rolledUp(key, startMs, sizeMs))] as const;
    });
    const textOf = ({ startMs, endMs, values, final }: Row) => {
      const of = this.#end.windows === undefined ? [] : [endMs, final];
      return { startMs, final, text: JSON.stringify([...of, folded(this.#end.fold, values)]) };
    };
    const lengths = [[this.#end.windows?.sizeMs ?? 0, rows] as const, ...wholes];
    return {
      lengths: new Map(lengths.map(([sizeMs, rows]) => [sizeMs, rows.map(textOf)])),
      renewals: this.#renewals.get(key) ?? 0,
    };
  }

  /** True for a key that has expired since a state of it. */
  isOver(key: string, { renewals }: KeyState): boolean {
    return this.#times.isExpired(key) || renewals !== (this.#renewals.get(key) ?? 0);
  }

  /** What a commit has to show: rows that changed since the last one. */
  changes(): RowText[] {
    const [touched, left] = [this.#touched, this.#left];
    [this.#touched, this.#left] = [new Set(), []];
    return [...left, ...this.#textsOf(touched, () => true)];
  }

  /** Rows, what they are rolled up to, and those of these that time has closed without them. */
  #textsOf(touched: Iterable<Row>, isOf: (row: Row) => boolean): RowText[] {
    const changed = [...touched];
    const rolledUp = new Map<string, Row>();
    for (const { key, startMs } of changed) {
      for (const sizeMs of this.#end.rollUpsMs) {
        const whole = this.#rolledUp(key, startMs - startMs % sizeMs, sizeMs);
        rolledUp.set(nameOf(whole), whole);
      }
    }
    const closed = this.#closedRollUps(isOf).filter((whole) => !rolledUp.has(nameOf(whole)));
    return [...changed, ...closed, ...rolledUp.values()].map((row) => this.#textOf(row));
  }

  /** Of longer windows, those which time has closed, too, show that. */
  #closedRollUps(isOf: (row: Row) => boolean): Row[] {
    return this.#end.rollUpsMs.flatMap((sizeMs) => {
      const wholes = new Map(
        [...this.#rows.values()].filter(isOf).map(({ key, startMs }) => {
          const whole = this.#rolledUp(key, startMs - startMs % sizeMs, sizeMs);
          return [nameOf(whole), whole] as const;
        }),
      );
      return [...wholes.values()].filter(({ final }) => final);
    });
  }

  /** A key that has expired is as one that was never there: what it had stays as it is shown. */
  #renew(key: string): void {
    const isOf = (row: Row) => row.key === key;
    const touched = [...this.#touched].filter(isOf);
    if (touched.length > 0) this.#left.push(...this.#textsOf(touched, isOf));
    this.#touched = new Set([...this.#touched].filter((row) => !isOf(row)));
    this.#rows = new Map([...this.#rows].filter(([, row]) => !isOf(row)));
    this.#puts.delete(key);
    this.#renewals.set(key, (this.#renewals.get(key) ?? 0) + 1);
    this.#times.renew(key);
  }

  /** Of the windows that decide whether an event is late. */
  #startsOf({ kind, sizeMs, advanceMs }: Windows, timeMs: number): number[] {
    if (kind === "session") return [timeMs];
    const lastMs = timeMs - timeMs % advanceMs;
    // The one that it ends is the first to close: it is in all of its windows or in none.
    if (kind === "sliding") return [lastMs + advanceMs - sizeMs];
    const starts: number[] = [];
    for (let startMs = lastMs; startMs > timeMs - sizeMs; startMs -= advanceMs) {
      starts.unshift(startMs);
    }
    return starts;
  }

  #advance(key: string, timeMs: number): void {
    this.#times.advance(key, timeMs);
    for (const row of this.#rows.values()) {
      if (row.key !== key || row.final || !this.#isClosed(row)) continue;
      row.final = true;
      this.#touched.add(row);
    }
  }

  /** A session closes with its last value, another window with its start. */
  #isClosed({ key, startMs, endMs }: Row): boolean {
    const { windows } = this.#end;
    const atMs = windows?.kind === "session" ? endMs - windows.sizeMs : startMs;
    return atMs < this.#times.closedToMs(key);
  }

  #openSessions(key: string): Row[] {
    if (this.#times.isExpired(key)) return [];
    return [...this.#rows.values()].filter((row) => row.key === key && !row.final)
      .sort((a, b) => a.startMs - b.startMs);
  }

  /** Makes one session of all that a value is less than a gap away from. */
  #join(
    { sizeMs: gapMs }: Windows,
    key: string,
    timeMs: number,
    values: readonly Measurement[],
  ): void {
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

  /** By their definition: the windows that one of the key's events ends, or that begin behind one. */
  #slide({ sizeMs, advanceMs }: Windows, key: string, put: Put): void {
    const puts = [...this.#puts.get(key) ?? [], put];
    this.#puts.set(key, puts);
    const behindMs = ({ timeMs }: Put) => timeMs - timeMs % advanceMs + advanceMs;
    const starts = puts.flatMap((one) => [behindMs(one) - sizeMs, behindMs(one)]);
    const isIn = (startMs: number) => ({ timeMs }: Put) =>
      startMs <= timeMs && timeMs < startMs + sizeMs;
    for (const startMs of new Set(starts)) {
      const isNew = startMs === behindMs(put) && !this.#rows.has(`${startMs} ${key}`);
      const inside = puts.filter(isIn(startMs));
      if (inside.length === 0 || !(isIn(startMs)(put) || isNew)) continue;
      const row = this.#rowAt(key, startMs, startMs + sizeMs);
      row.values = [];
      this.#put(row, inside.flatMap(({ values }) => values));
    }
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
    const final = endMs <= this.#times.closedToMs(key);
    return { key, startMs, endMs, values, final, withdrawn: false };
  }

  #textOf({ key, startMs, endMs, values, final, withdrawn }: Row): RowText {
    const { windows, fold } = this.#end;
    const value = folded(fold, values);
    const topic = withdrawn ? undefined : JSON.stringify(value);
    if (windows === undefined) {
      return { topic, key, sink: JSON.stringify([value]), final: false, withdrawn };
    }
    const isSession = windows.kind === "session";
    const name = JSON.stringify(isSession ? [key, startMs] : [key, startMs, endMs]);
    const sink = JSON.stringify([value, endMs, final, withdrawn]);
    return { topic, key: name, sink, final, withdrawn };
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
