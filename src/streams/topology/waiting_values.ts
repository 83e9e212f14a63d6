import { assert } from "../../base/assert.ts";
import type { KeyValueStore } from "./key_values.ts";

/** A value that waits for partners: when it happened, whether it has had one or needs none. */
type Waiting<T> = [timeMs: number, value: T, joined: boolean];

/** Some of the values that wait, as they are stored. */
export interface WaitingPart<T> {
  readonly values: readonly Waiting<T>[];
  /** Of a key: how many rows it has. Of the first part of a row: how many parts follow. */
  readonly more?: number;
}

/** Rows in which the values of a key lie that are no further from a time than the difference. */
const rowsPerDifference = 8;

/** A value that is added is read and written with no more than so many others. */
const valuesMax = 4;

/** Length of a row of a join, ms. */
export function rowLength(differenceMs: number): number {
  return Math.ceil(differenceMs / rowsPerDifference);
}

/** Where the row of a time begins, epoch ms. */
export function startOfRow(timeMs: number, rowMs: number): number {
  return Math.floor(timeMs / rowMs) * rowMs;
}

/**
 * What waits of one stream for the other one's values, of one key.
 *
 * The newest few are one entry of the store, which is all that a quiet key needs. Once there are
 * more, they go to rows of a part of the difference each, in parts of a few values: the thousandth
 * value of a busy key costs what the first did, and what is over goes row by row. The parts of a row
 * are at its start and at the milliseconds behind it; the last of as many as a row has takes
 * whatever comes.
 */
export class WaitingValues<T> {
  readonly #store: KeyValueStore<WaitingPart<T>>;
  readonly #differenceMs: number;
  readonly #rowMs: number;

  constructor(store: KeyValueStore<WaitingPart<T>>, differenceMs: number) {
    this.#store = store;
    this.#differenceMs = differenceMs;
    this.#rowMs = rowLength(differenceMs);
  }

  /** Lets a value wait. */
  add(timeMs: number, value: T, { joined }: { readonly joined: boolean }): void {
    const { values, more = 0 } = this.#newest;
    const added: Waiting<T> = [timeMs, value, joined];
    if (values.length < valuesMax) return this.#putNewest([...values, added], more);
    const byRow = Map.groupBy(values, ([atMs]) => startOfRow(atMs, this.#rowMs));
    const isNew = [...byRow].map(([startMs, some]) => this.#addPart(startMs, some));
    this.#putNewest([added], more + isNew.filter(Boolean).length);
  }

  /**
   * Those that belong to a value of this time, in the order of their own; from now on they have a
   * partner.
   */
  partnersOf(timeMs: number): T[] {
    const partners: Waiting<T>[] = [];
    const newest = this.#newest;
    const { more = 0 } = newest;
    if (more > 0) {
      const firstMs = startOfRow(Math.max(0, timeMs - this.#differenceMs), this.#rowMs);
      const lastMs = timeMs + this.#differenceMs;
      for (let startMs = firstMs; startMs <= lastMs; startMs += this.#rowMs) {
        for (const [atMs, part] of this.#partsOf(startMs)) {
          if (this.#join(part, timeMs, partners)) this.#store.put(part, atMs);
        }
      }
    }
    if (this.#join(newest, timeMs, partners)) this.#putNewest(newest.values, more);
    return inTime(partners);
  }

  /** Takes a row out; gives those of its values that had no partner, in the order of their times. */
  takeAlone(startMs: number): T[] {
    const parts = [...this.#partsOf(startMs)];
    for (const [atMs] of parts) this.#store.delete(atMs);
    const { values, more = 0 } = this.#newest;
    const isOver = ([atMs]: Waiting<T>) => startOfRow(atMs, this.#rowMs) === startMs;
    const over = values.filter(isOver);
    if (over.length > 0 || parts.length > 0) {
      this.#putNewest(values.filter((one) => !isOver(one)), more - Math.min(1, parts.length));
    }
    const all = [...parts.flatMap(([, part]) => part.values), ...over];
    return inTime(all.filter(([, , joined]) => !joined));
  }

  get #newest(): WaitingPart<T> {
    return this.#store.get() ?? { values: [] };
  }

  #putNewest(values: readonly Waiting<T>[], more: number): void {
    if (values.length === 0 && more === 0) this.#store.delete();
    else this.#store.put(more === 0 ? { values } : { values, more });
  }

  /** @returns True if it is the first one of its row. */
  #addPart(startMs: number, values: readonly Waiting<T>[]): boolean {
    const first = this.#store.get(startMs);
    if (first === undefined) {
      this.#store.put({ values }, startMs);
      return true;
    }
    const more = (first.more ?? 0) + 1;
    if (more < this.#rowMs) {
      this.#store.put({ ...first, more }, startMs);
      this.#store.put({ values }, startMs + more);
    } else {
      const lastMs = startMs + more - 1;
      const last = this.#partAt(lastMs);
      this.#store.put({ ...last, values: [...last.values, ...values] }, lastMs);
    }
    return false;
  }

  *#partsOf(startMs: number): Generator<[atMs: number, part: WaitingPart<T>]> {
    const first = this.#store.get(startMs);
    if (first === undefined) return;
    yield [startMs, first];
    const { more = 0 } = first;
    for (let part = 1; part <= more; part++) yield [startMs + part, this.#partAt(startMs + part)];
  }

  #partAt(atMs: number): WaitingPart<T> {
    const part = this.#store.get(atMs);
    assert(part !== undefined, "a row has as many parts as it says");
    return part;
  }

  /** @returns True if one of the values has its first partner now. */
  #join({ values }: WaitingPart<T>, timeMs: number, partners: Waiting<T>[]): boolean {
    let isFirst = false;
    for (const waiting of values) {
      if (Math.abs(waiting[0] - timeMs) > this.#differenceMs) continue;
      isFirst ||= !waiting[2];
      waiting[2] = true;
      partners.push(waiting);
    }
    return isFirst;
  }
}

/** Values in the order of their times, those of equal times as they came. */
function inTime<T>(waiting: Waiting<T>[]): T[] {
  return waiting.sort(([one], [other]) => one - other).map(([, value]) => value);
}
