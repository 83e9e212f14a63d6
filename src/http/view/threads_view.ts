import type { Clock } from "../../base/clock.ts";
import { partitionForKey } from "../../streams/partitioner.ts";
import type { Addresses } from "../../streams/ports.ts";
import type { StandbyStatus, TaskStatus } from "../../streams/task/status.ts";
import { encodeText } from "../../streams/text.ts";
import {
  type CandleRange,
  type FeedKind,
  type FoundCandles,
  type FoundTrades,
  type Health,
  type InputStatus,
  type LiveUpdate,
  type LiveView,
  noInput,
  type Partitions,
  type SymbolSummary,
} from "../ports.ts";

/** So long a thread says nothing before readiness names it, ms; it reports five times a second. */
const silentAfterMs = 5_000;

/** A trade that got through in one thread shows that others' could have, for so long, ms. */
const passedWithinMs = 60_000;

/** What a thread says of itself. */
export interface ThreadReport {
  /** Of the input; 0 until it is known. */
  readonly partitionCount: number;
  /** Partitions that are open in it, so that their symbols are known. */
  readonly own: readonly number[];
  readonly tasks: readonly TaskStatus[];
  readonly standbys: readonly StandbyStatus[];
  readonly health: Health;
  readonly input: InputStatus;
}

/** One of the threads that process, as seen from the one that answers. */
export interface ViewThread {
  /** The last one, and when it came, on the monotonic clock. */
  readonly report: ThreadReport | undefined;
  readonly reportedMs: number;
  /** What it waits for before its first report, and why. */
  readonly waitsFor: string | undefined;
  /** From now on it tells what commits change; the symbols that it has now. */
  watch(): Promise<readonly SymbolSummary[]>;
  /** It need tell nothing any more. */
  rest(): void;
  /** As a `LiveView`'s. */
  candles(symbol: string, range: CandleRange): Promise<FoundCandles | undefined>;
  /** As a `LiveView`'s. */
  trades(symbol: string, limit: number): Promise<FoundTrades | undefined>;
}

/** What a view of threads shows. */
export interface ThreadsViewOptions {
  readonly application: string;
  readonly topic: string;
  readonly feed: FeedKind;
  /** At least one. */
  readonly threads: readonly ViewThread[];
  /** The thread that works on a partition; `undefined` where none does. */
  readonly homeOf: (partition: number) => number | undefined;
  /** Where the other instance that owns a partition answers, as far as known. */
  readonly ownerOf: (partition: number) => Addresses | undefined;
  /** Where an instance is asked, if what it says of itself can be believed. */
  readonly peerOf: (owner: Addresses | undefined) => string | undefined;
  /** Whether an instance answers at this address. */
  readonly isReachable: (address: string) => Promise<boolean>;
  /** What stands in the way of joining the group. */
  readonly joinProblem: () => string | undefined;
  readonly clock: Clock;
}

/**
 * One view of what several threads of this process do: queries go to the thread that has the
 * symbol's partition, and what commits change is gathered while someone looks.
 *
 * Reports are up to 200 ms old. Bounded by the number of symbols, as the views of the threads are.
 */
export class ThreadsView implements LiveView {
  readonly #options: ThreadsViewOptions;
  readonly #listeners = new Set<(update: LiveUpdate) => void>();
  readonly #summaries = new Map<string, SymbolSummary>();
  #lookers = 0;
  /** Since someone looks: until every thread has told what it has. */
  #watching: Promise<void> | undefined;

  constructor(options: ThreadsViewOptions) {
    this.#options = options;
  }

  get application(): string {
    return this.#options.application;
  }

  get topic(): string {
    return this.#options.topic;
  }

  get feed(): FeedKind {
    return this.#options.feed;
  }

  /** Takes what a commit of one of the threads changed. */
  told(update: LiveUpdate): void {
    if (this.#watching === undefined) return;
    this.#put(update.symbols);
    for (const listener of this.#listeners) listener(update);
  }

  async look(): Promise<Disposable> {
    using looking = new DisposableStack();
    this.#lookers += 1;
    looking.defer(() => {
      this.#lookers -= 1;
      this.#rest();
    });
    await this.#watch();
    return looking.move();
  }

  subscribe(listener: (update: LiveUpdate) => void): () => void {
    this.#listeners.add(listener);
    // A thread that ends meanwhile ends the program, which says why.
    this.#watch().catch(() => {});
    return () => {
      this.#listeners.delete(listener);
      this.#rest();
    };
  }

  eachSymbol(): Iterable<SymbolSummary> {
    return this.#summaries.values();
  }

  symbol(name: string): SymbolSummary | undefined {
    return this.#summaries.get(name);
  }

  partitions(): Partitions | undefined {
    const { ownerOf, peerOf } = this.#options;
    const count = this.#partitionCount;
    if (count === 0) return undefined;
    const opened = new Set(this.#reports.flatMap(({ own }) => own));
    const all = Array.from({ length: count }, (_, partition) => partition);
    const others = all.filter((partition) => !opened.has(partition));
    return {
      own: all.filter((partition) => opened.has(partition)),
      others: new Map(others.map((partition) => [partition, peerOf(ownerOf(partition))])),
    };
  }

  async candles(symbol: string, range: CandleRange): Promise<FoundCandles | undefined> {
    return await this.#threadOf(symbol)?.candles(symbol, range);
  }

  async trades(symbol: string, limit: number): Promise<FoundTrades | undefined> {
    return await this.#threadOf(symbol)?.trades(symbol, limit);
  }

  async ownerOf(symbol: string): Promise<string | undefined> {
    const { ownerOf, peerOf, isReachable } = this.#options;
    const partition = this.#partitionOf(symbol);
    const owner = partition === undefined ? undefined : peerOf(ownerOf(partition));
    return owner !== undefined && await isReachable(owner) ? owner : undefined;
  }

  tasks(): readonly TaskStatus[] {
    return byPartition(this.#reports.flatMap(({ tasks }) => tasks));
  }

  standbys(): readonly StandbyStatus[] {
    return byPartition(this.#reports.flatMap(({ standbys }) => standbys));
  }

  health(): Health {
    const { joinProblem } = this.#options;
    const passes = this.input().blocked === undefined;
    const blocked = this.#reports.flatMap(({ input }) => input.blocked ?? []);
    const isOfOne = (problem: string) =>
      passes && blocked.some((sentence) => problem.endsWith(sentence));
    const told = this.#reports.flatMap(({ health }) => health.problems)
      .filter((problem) => !isOfOne(problem));
    const problem = joinProblem();
    const problems = new Set([...problem === undefined ? [] : [problem], ...this.#silent, ...told]);
    const notices = new Set(this.#reports.flatMap(({ health }) => health.notices ?? []));
    return { ready: problems.size === 0, problems: [...problems], notices: [...notices] };
  }

  /** Nothing gets through where no thread's does: the symbols of one may all be closed. */
  input(): InputStatus {
    const inputs = this.#reports.map(({ input }) => input);
    const nowMs = this.#options.clock.nowMs();
    const sum = (of: (input: InputStatus) => number) =>
      inputs.reduce((total, input) => total + of(input), 0);
    const passes = inputs.some(({ blocked, lastPassedMs }) =>
      blocked === undefined && lastPassedMs !== undefined && nowMs - lastPassedMs < passedWithinMs
    );
    const passedMs = inputs.flatMap(({ lastPassedMs }) => lastPassedMs ?? []);
    return {
      ...noInput,
      passed: sum(({ passed }) => passed),
      late: sum(({ late }) => late),
      deadLetters: sum(({ deadLetters }) => deadLetters),
      lastPassedMs: passedMs.length === 0 ? undefined : Math.max(...passedMs),
      blocked: passes ? undefined : inputs.find(({ blocked }) => blocked !== undefined)?.blocked,
    };
  }

  /** Without what has moved to another thread since a report: that would be there twice. */
  get #reports(): ThreadReport[] {
    const { threads, homeOf } = this.#options;
    return threads.flatMap(({ report }, thread) => {
      if (report === undefined) return [];
      const isHere = (partition: number) => homeOf(partition) === thread;
      const own = report.own.filter(isHere);
      const tasks = report.tasks.filter(({ partition }) => isHere(partition));
      const standbys = report.standbys.filter(({ partition }) => isHere(partition));
      return [{ ...report, own, tasks, standbys }];
    });
  }

  get #partitionCount(): number {
    return Math.max(0, ...this.#reports.map(({ partitionCount }) => partitionCount));
  }

  /** Threads that do not answer: what they work on stands still, whatever they said last. */
  get #silent(): string[] {
    const { threads, clock } = this.#options;
    const nowMs = clock.monotonicMs();
    return threads.flatMap(({ report, reportedMs, waitsFor }, thread) => {
      if (report === undefined) return [waitsFor ?? "is starting"];
      const silentMs = nowMs - reportedMs;
      if (silentMs < silentAfterMs) return [];
      return [`thread ${thread} has not answered for ${Math.round(silentMs / 1_000)} s`];
    });
  }

  #partitionOf(symbol: string): number | undefined {
    const count = this.#partitionCount;
    return count === 0 ? undefined : partitionForKey(encodeText(symbol), count);
  }

  /** Any thread can read what is not in its state where results are kept. */
  #threadOf(symbol: string): ViewThread | undefined {
    const { threads, homeOf } = this.#options;
    const partition = this.#partitionOf(symbol);
    return threads[partition === undefined ? 0 : homeOf(partition) ?? 0];
  }

  async #watch(): Promise<void> {
    if (this.#watching === undefined) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      this.#watching = promise;
      this.#learnAll(promise).then(resolve, reject);
    }
    await this.#watching;
  }

  /** @param watching What was begun with this: another one may have begun meanwhile. */
  async #learnAll(watching: Promise<void>): Promise<void> {
    await Promise.all(this.#options.threads.map(async (thread) => {
      // What was committed meanwhile was told before, and is in this.
      const summaries = await thread.watch();
      if (this.#watching === watching) this.#put(summaries);
    }));
  }

  #put(summaries: readonly SymbolSummary[]): void {
    for (const summary of summaries) this.#summaries.set(summary.symbol, summary);
  }

  get #isWatched(): boolean {
    return this.#lookers > 0 || this.#listeners.size > 0;
  }

  /** Keeps nothing for no one. */
  #rest(): void {
    if (this.#isWatched || this.#watching === undefined) return;
    this.#watching = undefined;
    this.#summaries.clear();
    for (const thread of this.#options.threads) thread.rest();
  }
}

function byPartition<S extends { readonly partition: number }>(placed: readonly S[]): S[] {
  return [...placed].sort((a, b) => a.partition - b.partition);
}
