/** What instances report to each other about their symbols. */
import { symbolFault } from "../../base/symbol.ts";
import { localSymbolsSchema } from "../answer_schemas.ts";
import { type Asking, askJson } from "./ask_json.ts";
import { fitting } from "./fitting.ts";
import type { PacedWork } from "../paced_work.ts";
import type { LiveView, Partitions, SymbolSummary } from "../ports.ts";
import { scopeParameter } from "../scope.ts";
import type { LocalSymbols } from "../wire.ts";

/** How far ahead of this clock a trade's time may lie, ms: more than any setting allows. */
export const aheadMsMax: number = 2 * 86_400_000;

/** What all instances know together. */
export interface AllSymbols {
  /** By name. */
  readonly symbols: readonly SymbolSummary[];
  /** No instance answered for these, ascending: their symbols are of before, or not there. */
  readonly missingPartitions: readonly number[];
}

/** What this instance knows by itself, without what it remembers of partitions that it had. */
export async function localSymbols(view: LiveView, work: PacedWork): Promise<LocalSymbols> {
  const partitions = view.partitions()?.own ?? [];
  const all = await newest([view.eachSymbol()], work);
  return { symbols: all.filter(({ partition }) => partitions.includes(partition)), partitions };
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
  work: PacedWork,
): Promise<AllSymbols | undefined> {
  const partitions = view.partitions();
  if (partitions === undefined) return undefined;
  const addresses = [...addressesOf(partitions)];
  const asked = addresses.map((address) => askOne(address, asking, addresses.length));
  const answers = (await Promise.all(asked)).filter((answer) => answer !== undefined);
  const answered = new Set(answers.flatMap((answer) => answer.partitions));
  return {
    symbols: await newest([view.eachSymbol(), ...answers.map(({ symbols }) => symbols)], work),
    missingPartitions: [...partitions.others.keys()].filter((number) => !answered.has(number)),
  };
}

/**
 * Merges lists: of a symbol that was handed over its former owner knows less than the present one.
 *
 * @returns Ordered by name.
 */
export async function newest(
  lists: readonly Iterable<SymbolSummary>[],
  work: PacedWork,
): Promise<SymbolSummary[]> {
  const found = new Map<string, SymbolSummary>();
  for (const list of lists) {
    for (const summary of list) {
      const other = found.get(summary.symbol);
      if (other === undefined || isNewer(summary, other)) found.set(summary.symbol, summary);
      if (work.isOver) await work.pause();
    }
  }
  return await work.sorted([...found.values()], (a, b) => a.symbol < b.symbol ? -1 : 1);
}

/** Whether a summary is the later one: time and count only grow with the input, the count within the day of the time. */
export function isNewer(a: SymbolSummary, b: SymbolSummary): boolean {
  return a.time > b.time || (a.time === b.time && a.count > b.count);
}

/** `undefined` where it does not answer: its partitions are listed as missing. */
async function askOne(
  address: string,
  asking: Asking,
  instances: number,
): Promise<LocalSymbols | undefined> {
  const answer = await askJson(localPath(address, "/api/symbols"), asking, instances);
  const read = fitting<LocalSymbols>(localSymbolsSchema, answer);
  const isGood = (told: SymbolSummary) => isPossible(told, asking.clock.nowMs());
  return read?.symbols.every(isGood) ? read : undefined;
}

/** True for what another instance may have of a symbol: the future would hide what comes. */
export function isPossible({ symbol, time }: SymbolSummary, nowMs: number): boolean {
  return symbolFault(symbol) === undefined && time <= nowMs + aheadMsMax;
}
