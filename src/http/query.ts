import { symbolFault } from "../base/symbol.ts";
import { HttpProblem } from "./context.ts";
import { resolutions } from "../market/resolutions.ts";
import { type Scope, scopeParameter } from "./scope.ts";
import { resolutionName, summaryWindowMs } from "../market/tables.ts";

/** What is answered when nobody says. */
const defaultResolution = resolutionName(summaryWindowMs);

/** Collects what is wrong with a query string, so that all of it is said at once. */
export class QueryReader {
  readonly #params: URLSearchParams;
  readonly problems: string[] = [];

  constructor(params: URLSearchParams) {
    this.#params = params;
  }

  /** The symbol, which must be given: one that no trade can have is not asked for anywhere. */
  symbol(): string {
    const symbol = this.#params.get("symbol") ?? "";
    const fault = symbolFault(symbol);
    if (fault !== undefined) this.problems.push(fault);
    return symbol;
  }

  /** An integer of at least 1; more than `max` becomes `max`. */
  limit(defaultValue: number, max: number): number {
    const value = this.#integer("limit", `an integer from 1 to ${max}`);
    if (value === undefined) return defaultValue;
    if (value < 1) this.#refuse("limit", `an integer from 1 to ${max}`);
    return Math.min(value, max);
  }

  /** Everything, unless `scope=local`. */
  scope(): Scope {
    const value = this.#params.get(scopeParameter) ?? "all";
    if (value === "all" || value === "local") return value;
    this.#refuse(scopeParameter, "all or local");
    return "all";
  }

  /** @throws {HttpProblem} 400 with all that is wrong. */
  check(): void {
    if (this.problems.length === 0) return;
    throw new HttpProblem({ status: 400, detail: this.problems.join("; ") });
  }

  /** Epoch milliseconds, >= 0. */
  timeMs(name: string): number | undefined {
    return this.#integer(name, "epoch milliseconds");
  }

  /** One of the offered window lengths, by its name. */
  resolution(): { readonly name: string; readonly sizeMs: number } {
    const name = this.#params.get("resolution") ?? defaultResolution;
    const sizeMs = resolutions.get(name);
    if (sizeMs === undefined) {
      this.#refuse("resolution", `one of ${[...resolutions.keys()].join(", ")}`);
    }
    return { name, sizeMs: sizeMs ?? 0 };
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
