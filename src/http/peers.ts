/** What instances tell each other of their symbols. */
import type { Clock } from "../base/clock.ts";
import type { LiveView, Partitions, SymbolSummary } from "./ports.ts";
import { scopeParameter } from "./scope.ts";
import { type Ask, within } from "./within.ts";

/** How long another instance may take to list its symbols, ms; a client waits for it. */
const answerMsMax = 1_000;

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
  /** Nobody answered for these, ascending: their symbols are of before, or not there. */
  readonly missingPartitions: readonly number[];
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
  { ask, clock }: { readonly ask: Ask; readonly clock: Clock },
): Promise<AllSymbols | undefined> {
  const partitions = view.partitions();
  if (partitions === undefined) return undefined;
  const asked = [...addressesOf(partitions)].map((address) => askOne(address, ask, clock));
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

/** Time and count only grow with the input, the count within the day of the time. */
function isNewer(a: SymbolSummary, b: SymbolSummary): boolean {
  return a.time > b.time || (a.time === b.time && a.count > b.count);
}

async function askOne(address: string, ask: Ask, clock: Clock): Promise<LocalSymbols | undefined> {
  try {
    return await within(clock, answerMsMax, async (signal) => {
      const response = await ask(localPath(address, "/api/symbols"), signal);
      return response.ok ? readLocalSymbols(await response.json()) : undefined;
    });
  } catch {
    return undefined; // its partitions are told as missing
  }
}

/** `undefined` for the answer of something that is no instance of this version. */
function readLocalSymbols(body: unknown): LocalSymbols | undefined {
  if (!isObject(body)) return undefined;
  const { symbols, partitions } = body;
  if (!Array.isArray(symbols) || !symbols.every(isSummary)) return undefined;
  return isNumbers(partitions) ? { symbols, partitions } : undefined;
}

function isSummary(value: unknown): value is SymbolSummary {
  if (!isObject(value)) return false;
  const { symbol, partition, price, time, volume, count } = value;
  return typeof symbol === "string" && isNumbers([partition, price, time, volume, count]);
}

function isNumbers(values: unknown): values is number[] {
  return Array.isArray(values) && values.every((value) => typeof value === "number");
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
