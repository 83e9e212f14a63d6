/** What instances report to each other about their symbols. */
import { type Asking, askJson, isObject } from "./ask_json.ts";
import type { LiveView, Partitions, SymbolSummary } from "./ports.ts";
import { scopeParameter } from "./scope.ts";

/** What one instance knows by itself; the answer to `/api/symbols?scope=local`. */
export interface LocalSymbols {
  readonly symbols: readonly SymbolSummary[];
  /** Partitions of which these are all symbols. */
  readonly partitions: readonly number[];
}

/** What all instances know together. */
export interface AllSymbols {
  /** By name. */
  readonly symbols: readonly SymbolSummary[];
  /** No instance answered for these, ascending: their symbols are of before, or not there. */
  readonly missingPartitions: readonly number[];
}

/** What `/api/symbols` answers of all instances. */
export interface AllSymbolsJson {
  readonly symbols: readonly SymbolSummary[];
  readonly missing_partitions: readonly number[];
}

/** What this instance knows by itself, without what it remembers of partitions that it had. */
export function localSymbols(view: LiveView): LocalSymbols {
  const partitions = view.partitions()?.own ?? [];
  const symbols = view.symbols().filter(({ partition }) => partitions.includes(partition));
  return { symbols, partitions };
}

/** A path of another instance that must answer by itself. */
export function localPath(address: string, path: string): string {
  return `${address}${path}?${scopeParameter}=local`;
}

/** The addresses of the other instances, each once. */
export function addressesOf(partitions: Partitions | undefined): Set<string> {
  const addresses = [...partitions?.others.values() ?? []];
  return new Set(addresses.filter((address) => address !== undefined));
}

/**
 * Lists the symbols of every instance: asks all others at the same time, for a second at most.
 *
 * @returns `undefined` while it is not known which partitions there are.
 */
export async function allSymbols(
  view: LiveView,
  asking: Asking,
): Promise<AllSymbols | undefined> {
  const partitions = view.partitions();
  if (partitions === undefined) return undefined;
  const asked = [...addressesOf(partitions)].map((address) => askOne(address, asking));
  const answers = (await Promise.all(asked)).filter((answer) => answer !== undefined);
  const answered = new Set(answers.flatMap((answer) => answer.partitions));
  return {
    symbols: newest([view.symbols(), ...answers.map(({ symbols }) => symbols)]),
    missingPartitions: [...partitions.others.keys()].filter((number) => !answered.has(number)),
  };
}

/**
 * Merges lists: of a symbol that was handed over its former owner knows less than the present one.
 *
 * @returns Ordered by name.
 */
export function newest(lists: readonly (readonly SymbolSummary[])[]): SymbolSummary[] {
  const found = new Map<string, SymbolSummary>();
  for (const summary of lists.flat()) {
    const other = found.get(summary.symbol);
    if (other === undefined || isNewer(summary, other)) found.set(summary.symbol, summary);
  }
  return [...found.values()].sort((a, b) => a.symbol < b.symbol ? -1 : 1);
}

/** Whether a summary is the later one: time and count only grow with the input, the count within the day of the time. */
export function isNewer(a: SymbolSummary, b: SymbolSummary): boolean {
  return a.time > b.time || (a.time === b.time && a.count > b.count);
}

/** `undefined` where it does not answer: its partitions are listed as missing. */
async function askOne(address: string, asking: Asking): Promise<LocalSymbols | undefined> {
  return readLocalSymbols(await askJson(localPath(address, "/api/symbols"), asking));
}

/** `undefined` for the answer of something that is no instance of this version. */
function readLocalSymbols(body: unknown): LocalSymbols | undefined {
  if (!isObject(body)) return undefined;
  const { symbols, partitions } = body;
  if (!Array.isArray(symbols) || !symbols.every(isSummary)) return undefined;
  return isNumbers(partitions) ? { symbols, partitions } : undefined;
}

export function isSummary(value: unknown): value is SymbolSummary {
  if (!isObject(value)) return false;
  const { symbol, partition, price, time, volume, count } = value;
  return typeof symbol === "string" && isNumbers([partition, price, time, volume, count]);
}

function isNumbers(values: unknown): values is number[] {
  return Array.isArray(values) && values.every((value) => typeof value === "number");
}
