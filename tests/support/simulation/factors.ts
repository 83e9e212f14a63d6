import { unbearable } from "../counting_topology.ts";
import type { InputRecord } from "./input.ts";
import type { History } from "./history.ts";

/** The table of a partition: what is added to the values of a key. */
export class Factors {
  readonly #history: History;
  readonly #factors = new Map<string, number>();

  constructor(history: History) {
    this.#history = history;
  }

  /** @returns False for a record that is none of the table, or cannot be read. */
  take(offset: number, { topic, key, factor }: InputRecord): boolean {
    if (topic !== "factors" || factor === undefined || key === null) return false;
    if (factor === null) this.#factors.delete(key);
    else this.#factors.set(key, factor);
    this.#history.remember(`stored factors ${key}`, offset, factor === null ? "" : String(factor));
    return true;
  }

  joined(key: string, value: number): number {
    return value === unbearable ? value : value + (this.#factors.get(key) ?? 0);
  }
}
