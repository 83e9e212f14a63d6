import { defaultResolution, resolutions } from "./resolution.ts";

/** Collects what is wrong with a query string, so that all of it is said at once. */
export class QueryReader {
  readonly #params: URLSearchParams;
  readonly problems: string[] = [];

  constructor(params: URLSearchParams) {
    this.#params = params;
  }

  /** An integer of at least 1; more than `max` becomes `max`. */
  limit(defaultValue: number, max: number): number {
    const value = this.#integer("limit", `an integer from 1 to ${max}`);
    if (value === undefined) return defaultValue;
    if (value < 1) this.#refuse("limit", `an integer from 1 to ${max}`);
    return Math.min(value, max);
  }

  /** Epoch milliseconds, >= 0. */
  timeMs(name: string): number | undefined {
    return this.#integer(name, "epoch milliseconds");
  }

  /** One of the offered window lengths. */
  resolution(): string {
    const value = this.#params.get("resolution") ?? defaultResolution;
    if (!resolutions.has(value)) {
      this.#refuse("resolution", `one of ${[...resolutions.keys()].join(", ")}`);
    }
    return value;
  }

  #integer(name: string, form: string): number | undefined {
    const text = this.#params.get(name);
    if (text === null || text === "") return undefined;
    const value = Number(text);
    if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value;
    this.#refuse(name, form);
    return undefined;
  }

  #refuse(name: string, form: string): void {
    const shown = (this.#params.get(name) ?? "").slice(0, 40);
    this.problems.push(`"${name}" must be ${form}: "${shown}"`);
  }
}
