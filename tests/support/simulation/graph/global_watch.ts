import type { Taken } from "../taken_order.ts";

/** What the global table had of the keys that a program asked for, while it worked on a record. */
export type Seen = ReadonlyMap<string, number | undefined>;

/** All that the topic of the global table has had of each key, in order. */
export class GlobalHistory {
  readonly #values = new Map<string, (number | undefined)[]>();
  readonly #seen = new WeakMap<Taken, Map<string, number | undefined>>();

  add(key: string, value: number | undefined): void {
    this.#values.set(key, [...this.of(key), value]);
  }

  /** Nothing at all comes first. */
  of(key: string): readonly (number | undefined)[] {
    return this.#values.get(key) ?? [undefined];
  }

  get keys(): Iterable<string> {
    return this.#values.keys();
  }

  seenBy(taken: Taken): Map<string, number | undefined> {
    const seen = this.#seen.get(taken) ?? new Map<string, number | undefined>();
    this.#seen.set(taken, seen);
    return seen;
  }
}

/**
 * What one program sees of the global table, which depends on time: all that was there when it
 * started, and from then on nothing older than what it has seen.
 */
export class GlobalWatch {
  readonly #history: GlobalHistory;
  readonly #latest: () => Taken | undefined;
  readonly #wrong: (what: string) => void;
  /** Which value of a key is the oldest that it may see. */
  readonly #from = new Map<string, number>();
  #asked: { readonly key: string; readonly seen: Map<string, number | undefined> } | undefined;
  #got: number | undefined;

  /** @param latest What was taken last, which is what a program that asks is working on. */
  constructor(
    history: GlobalHistory,
    latest: () => Taken | undefined,
    wrong: (what: string) => void,
  ) {
    this.#history = history;
    this.#latest = latest;
    this.#wrong = wrong;
    for (const key of history.keys) this.#from.set(key, history.of(key).length - 1);
  }

  /** Nothing more is said where the table has nothing, and the value is left out. */
  asks(key: string): string {
    this.#settle();
    const taken = this.#latest();
    if (taken === undefined) throw new Error(`asks for ${key} without an event`);
    this.#asked = { key, seen: this.#history.seenBy(taken) };
    if (!this.#asked.seen.has(key)) this.#asked.seen.set(key, undefined);
    return key;
  }

  gets(value: number | undefined): void {
    if (this.#asked === undefined) throw new Error("gets what it has not asked for");
    this.#got = value;
    this.#asked.seen.set(this.#asked.key, value);
  }

  #settle(): void {
    if (this.#asked === undefined) return;
    const [{ key }, got] = [this.#asked, this.#got];
    [this.#asked, this.#got] = [undefined, undefined];
    const from = this.#from.get(key) ?? 0;
    const values = this.#history.of(key);
    const at = values.indexOf(got, from);
    if (at < 0) this.#wrong(`${key} is ${got}, not one of ${values.slice(from)}`);
    else this.#from.set(key, at);
  }
}
