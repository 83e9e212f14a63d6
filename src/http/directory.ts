import { encodeText } from "../streams/text.ts";
import { listingEvent, symbolsEvent } from "./events.ts";
import { isNewer } from "./peers.ts";
import type { LiveView, SymbolSummary } from "./ports.ts";

/** Names that a client is told; so many take a third of a megabyte. */
const namesMax = 20_000;

/** Symbols that are kept of what other instances tell, at most. */
const symbolsMax = 500_000;

/** Names that a client lacks and is told alone; with more of them it gets the list of all. */
const ownNamesMax = 1_000;

/** Summaries in one event of a beginning: some 60 kB. */
const summariesPerEvent = 500;

/**
 * What another instance is told first: the state, then the symbols of the partitions that are open
 * here, as they are when it reads them. So a reader keeps one event in memory, however many symbols
 * there are.
 */
export function* snapshot(view: LiveView, health: string): Iterable<Uint8Array> {
  yield encodeText(health);
  const own = new Set(view.partitions()?.own);
  let summaries: SymbolSummary[] = [];
  for (const summary of view.eachSymbol()) {
    if (own.has(summary.partition)) summaries.push(summary);
    if (summaries.length < summariesPerEvent) continue;
    yield encodeText(symbolsEvent(summaries));
    summaries = [];
  }
  if (summaries.length > 0) yield encodeText(symbolsEvent(summaries));
}

/**
 * Every symbol of every instance as far as it is heard of, while anyone listens.
 *
 * The list of names only grows, so a client that has a version of it is told what came after.
 *
 * Owner: the event hub. Bounded by the number of symbols here, and `symbolsMax` for others'.
 */
export class Directory {
  /** In the order in which they were heard of. */
  readonly #summaries = new Map<string, SymbolSummary>();
  /** Names this list apart from those that began at other times, or elsewhere. */
  #startedMs = 0;
  /** How many of the names those who listen have been told. */
  #told = 0;
  #whole: Uint8Array | undefined;
  #latestMs = 0;

  /** Event time of the latest trade of all, epoch ms; 0 before the first. */
  get latestMs(): number {
    return this.#latestMs;
  }

  summary(symbol: string): SymbolSummary | undefined {
    return this.#summaries.get(symbol);
  }

  /** Starts with these in place of what was known. */
  begin(summaries: readonly SymbolSummary[], nowMs: number): void {
    this.#summaries.clear();
    this.#startedMs = nowMs;
    this.#whole = undefined;
    this.#told = 0;
    this.#latestMs = 0;
    this.add(summaries);
  }

  /** Takes what is newer than what is known: a former owner of a symbol knows less. */
  add(summaries: readonly SymbolSummary[]): void {
    this.put(summaries.filter((summary) => {
      const known = this.#summaries.get(summary.symbol);
      return known === undefined ? this.#summaries.size < symbolsMax : isNewer(summary, known);
    }));
  }

  /** Takes what was committed here, which counts whatever another instance says. */
  put(summaries: readonly SymbolSummary[]): void {
    for (const summary of summaries) {
      if (!this.#summaries.has(summary.symbol)) this.#whole = undefined;
      this.#summaries.set(summary.symbol, summary);
      this.#latestMs = Math.max(this.#latestMs, summary.time);
    }
  }

  /** The event with the names that a client lacks; all of them, encoded once, for a new one. */
  listing(version: string): Uint8Array {
    const [startedMs, count] = version.split("-").map(Number);
    const isNear = startedMs === this.#startedMs && this.#listed - (count ?? 0) <= ownNamesMax;
    if (isNear) return encodeText(this.#listedFrom(count ?? 0));
    return this.#whole ??= encodeText(this.#listedFrom(0));
  }

  /** The event with the names that are new since the last call, or nothing. */
  takeFresh(): string {
    const from = this.#told;
    this.#told = this.#listed;
    return from === this.#listed ? "" : this.#listedFrom(from);
  }

  get #listed(): number {
    return Math.min(this.#summaries.size, namesMax);
  }

  #listedFrom(count: number): string {
    const version = `${this.#startedMs}-${this.#listed}`;
    const names = [...this.#summaries.values()].slice(count, namesMax);
    return listingEvent(names, { version, total: this.#summaries.size });
  }
}
