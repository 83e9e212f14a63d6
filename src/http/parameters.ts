import { HttpProblem } from "./response.ts";
import { symbolCharsMax, symbolFault } from "../base/symbol.ts";
import { resolutions } from "../market/resolutions.ts";
import { resolutionName, summaryWindowMs } from "../market/tables.ts";
import { oneOf, type Schema, text, time } from "./schema.ts";
import type { Scope } from "./scope.ts";

/** A parameter of the query string: what is documented of it, and how it is read. */
export interface Parameter<T> {
  readonly schema: Schema;
  readonly required?: boolean;
  /** The value of what is given, one text each time; `Refused` for what cannot be one. */
  readonly read: (texts: readonly string[]) => T | Refused;
}

/** Why a text cannot be a value. */
export class Refused {
  readonly why: (name: string) => string;

  constructor(why: Refused["why"]) {
    this.why = why;
  }
}

/** The parameters of an operation by their names. */
export type Parameters = Readonly<Record<string, Parameter<unknown>>>;

/** What was read for each. */
export type Query<P extends Parameters> = {
  readonly [Name in keyof P]: P[Name] extends Parameter<infer T> ? T : never;
};

/**
 * Reads a query string. What is not declared is passed over.
 *
 * @throws {HttpProblem} 400 with all that is wrong.
 */
export function readQuery<P extends Parameters>(params: URLSearchParams, declared: P): Query<P> {
  const problems: string[] = [];
  const query: Record<string, unknown> = {};
  for (const [name, parameter] of Object.entries(declared)) {
    const value = parameter.read(params.getAll(name));
    if (value instanceof Refused) problems.push(value.why(name));
    else query[name] = value;
  }
  if (problems.length > 0) throw new HttpProblem({ status: 400, detail: problems.join("; ") });
  return query as Query<P>;
}

const symbolSchema = { type: "string", minLength: 1, maxLength: symbolCharsMax };

/** A symbol, which must be given: one that no trade can have is not asked for anywhere. */
export const symbolParameter: Parameter<string> = {
  schema: symbolSchema,
  required: true,
  read: ([symbol = ""]) => symbolOf(symbol),
};

/** Any number of symbols, up to a bound. */
export function symbolsParameter(maxItems: number, description: string): Parameter<string[]> {
  return {
    schema: { type: "array", items: symbolSchema, maxItems, description },
    read(symbols) {
      if (symbols.length > maxItems) {
        return new Refused((name) =>
          `"${name}" must be given at most ${maxItems} times: ${symbols.length}`
        );
      }
      const read = symbols.map(symbolOf);
      return read.find((symbol) => symbol instanceof Refused) ?? [...symbols];
    },
  };
}

/** Any text, empty where none is given. */
export function textParameter(description: string): Parameter<string> {
  return { schema: text(description), read: ([text = ""]) => text };
}

/** One of the window lengths on offer, by its name. */
export const resolutionParameter: Parameter<string> = chosen(
  [...resolutions.keys()],
  resolutionName(summaryWindowMs),
  "length of the candles",
);

/** Whose data is asked for. */
export const scopeParameter: Parameter<Scope> = chosen(
  ["all", "local"],
  "all",
  "local: what this instance knows without asking another",
);

/** A moment. */
export function timeParameter(description: string): Parameter<number | undefined> {
  return {
    schema: { ...time(description), minimum: 0 },
    read: ([text = ""]) => text === "" ? undefined : integerOf(text, 0, "epoch milliseconds"),
  };
}

/** How many are asked for; more than `max` becomes `max`. */
export function limitParameter(defaultValue: number, max: number): Parameter<number> {
  const description = `how many at most; more than ${max} counts as ${max}`;
  return {
    schema: { type: "integer", minimum: 1, default: defaultValue, description },
    read([text = ""]) {
      if (text === "") return defaultValue;
      const value = integerOf(text, 1, `an integer from 1 to ${max}`);
      return value instanceof Refused ? value : Math.min(value, max);
    },
  };
}

/** One of some values. */
export function chosen<T extends string>(
  values: readonly T[],
  defaultValue: T,
  description: string,
): Parameter<T> {
  const form = values.length > 2 ? `one of ${values.join(", ")}` : values.join(" or ");
  return {
    schema: { ...oneOf(values, description), default: defaultValue },
    read([text = defaultValue]) {
      return values.find((value) => value === text) ?? mustBe(form, text);
    },
  };
}

function symbolOf(symbol: string): string | Refused {
  const fault = symbolFault(symbol);
  return fault === undefined ? symbol : new Refused(() => fault);
}

function integerOf(text: string, min: number, form: string): number | Refused {
  const value = Number(text);
  const isValue = /^\d+$/.test(text) && Number.isSafeInteger(value) && value >= min;
  return isValue ? value : mustBe(form, text);
}

function mustBe(form: string, text: string): Refused {
  return new Refused((name) => `"${name}" must be ${form}: "${text.slice(0, 40)}"`);
}
