import { encodeText } from "../../streams/text.ts";
import { latestEvent, type ListedSymbol, listingEvent, symbolsEvent } from "../events.ts";
import { isNewer } from "../peers/all_symbols.ts";
import type { LiveView, SymbolSummary } from "../ports.ts";
import type { Summaries } from "../viewer.ts";

/** Names that a client is told; so many take a third of a megabyte. */
const namesMax = 20_000;

/** Symbols that are kept of what other instances tell, at most. */
const symbolsMax = 500_000;

/** Names that a client lacks and is told alone; with more of them it gets the list of all. */
const ownNamesMax = 1_000;

/** Symbols in one event of an instance's beginning: some 60 kB with summaries, 10 without. */
const symbolsPerEvent = 500;

/**
 * What another instance is told first of the symbols of the partitions that are open here: their
 * names, or all that is known of them, as they are when it reads them. So a reader keeps one event
 * in memory, however many symbols there are.
 *
 * @param version What names the whole list: it comes last.
 */
export function* ownSymbols(
  view: LiveView,
  told: "names" | "summaries",
  version: string,
): Iterable<Uint8Array> {
  const own = new Set(view.partitions()?.own);
  const eventOf = (summaries: readonly SymbolSummary[]) =>
    encodeText(listingEvent(summaries, {}) + (told === "names" ? "" : symbolsEvent(summaries)));
  let [summaries, latestMs]: [SymbolSummary[], number] = [[], 0];
  for (const summary of view.eachSymbol()) {
    if (!own.has(summary.partition)) continue;
    latestMs = Math.max(latestMs, summary.time);
    summaries.push(summary);
    if (summaries.length < symbolsPerEvent) continue;
    yield eventOf(summaries);
    summaries = [];
  }
  if (summaries.length > 0) yield eventOf(summaries);
  yield encodeText(listingEvent([], { version }) + latestEvent(latestMs));
}

/**
 * The name of every symbol of every instance as far as it is heard of, and the summaries of those
 * that are own or looked at, while anyone listens.
 *
 * The list of names only grows, so a client that has a version of it is told what came after.
 *
 * Owner: the event hub. Bounded by the number of symbols here, and `symbolsMax` for others'.
 */
export class Directory implements Summaries {
  /** Partitions by symbol, in the order in which they were heard of. */
  readonly #partitions = new Map<string, number>();
  readonly #summaries = new Map<string, SymbolSummary>();
  /** Names this list apart from those that began at other times, or elsewhere. */
  #startedMs = 0;
  /** How many of the names those who listen have been told. */
  #told = 0;
  #whole: Uint8Array | undefined;
  #latestMs = 0;

  get latestMs(): number {
    return this.#latestMs;
  }

  summary(symbol: string): SymbolSummary | undefined {
    return this.#summaries.get(symbol);
  }

  /** Starts again, with nothing. */
  begin(nowMs: number): void {
    this.#partitions.clear();
    this.#summaries.clear();
    this.#startedMs = nowMs;
    this.#whole = undefined;
    this.#told = 0;
    this.#latestMs = 0;
  }

  /** Takes the names that another instance tells. */
  list(listed: readonly ListedSymbol[]): void {
    for (const one of listed) {
      const isKnown = this.#partitions.has(one.symbol);
      if (!isKnown && this.#partitions.size < symbolsMax) this.#name(one);
    }
  }

  /** Takes what is newer than what is known: a former owner of a symbol knows less. */
  add(summaries: readonly SymbolSummary[]): void {
    this.list(summaries);
    this.put(summaries.filter((summary) => {
      const known = this.#summaries.get(summary.symbol);
      return this.#partitions.has(summary.symbol) &&
        (known === undefined || isNewer(summary, known));
    }));
  }

  /** Takes what was committed here, which counts whatever another instance says. */
  put(summaries: readonly SymbolSummary[]): void {
    for (const summary of summaries) {
      this.#name(summary);
      this.#summaries.set(summary.symbol, summary);
      this.latest(summary.time);
    }
  }

  /** Takes the time of a trade, epoch ms. */
  latest(timeMs: number): void {
    this.#latestMs = Math.max(this.#latestMs, timeMs);
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
    return this.#listedFrom(from);
  }

  get #listed(): number {
    return Math.min(this.#partitions.size, namesMax);
  }

  #name({ symbol, partition }: ListedSymbol): void {
    if (!this.#partitions.has(symbol)) this.#whole = undefined;
    this.#partitions.set(symbol, partition);
  }

  #listedFrom(count: number): string {
    if (count >= this.#listed) return "";
    const version = `${this.#startedMs}-${this.#listed}`;
    const names = this.#partitions.entries().drop(count).take(this.#listed - count);
    const listed = names.map(([symbol, partition]) => ({ symbol, partition }));
    return listingEvent(listed, { version, total: this.#partitions.size });
  }
}
