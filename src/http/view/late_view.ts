import type { StandbyStatus, TaskStatus } from "../../streams/task/status.ts";
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

/** What is known before the view is there. */
export type LateViewOptions = Pick<LiveView, "application" | "topic" | "feed">;

/**
 * Stands in for a view that is not there yet: alive, not ready, empty. A program can so answer
 * health checks while it waits for the services that it needs to start.
 */
export class LateView implements LiveView {
  readonly #terms: LateViewOptions;
  readonly #listeners = new Set<(update: LiveUpdate) => void>();
  #view: LiveView | undefined;
  #unsubscribe: (() => void) | undefined;
  #problem = "is waiting for the services that it needs to start";

  constructor(terms: LateViewOptions) {
    this.#terms = terms;
  }

  /** What is waited for, and why. */
  waitFor(problem: string): void {
    this.#problem = problem;
  }

  /** The view is there: everything goes to it from now on, earlier subscribers included. */
  show(view: LiveView): void {
    this.#view = view;
    this.#follow();
  }

  /** A view makes more for those who listen: no one does in their place. */
  #follow(): void {
    if (this.#listeners.size === 0) {
      this.#unsubscribe?.();
      this.#unsubscribe = undefined;
      return;
    }
    this.#unsubscribe ??= this.#view?.subscribe((update) =>
      this.#listeners.forEach((listener) => listener(update))
    );
  }

  get application(): string {
    return this.#terms.application;
  }

  get topic(): string {
    return this.#terms.topic;
  }

  get feed(): FeedKind {
    return this.#terms.feed;
  }

  look(): Promise<Disposable> {
    return this.#view?.look() ?? Promise.resolve(new DisposableStack());
  }

  eachSymbol(): Iterable<SymbolSummary> {
    return this.#view?.eachSymbol() ?? [];
  }

  symbol(name: string): SymbolSummary | undefined {
    return this.#view?.symbol(name);
  }

  partitions(): Partitions | undefined {
    return this.#view?.partitions();
  }

  candles(symbol: string, range: CandleRange): Promise<FoundCandles | undefined> {
    return this.#view?.candles(symbol, range) ?? Promise.resolve(undefined);
  }

  trades(symbol: string, limit: number): Promise<FoundTrades | undefined> {
    return this.#view?.trades(symbol, limit) ?? Promise.resolve(undefined);
  }

  ownerOf(symbol: string): Promise<string | undefined> {
    return this.#view?.ownerOf(symbol) ?? Promise.resolve(undefined);
  }

  tasks(): readonly TaskStatus[] {
    return this.#view?.tasks() ?? [];
  }

  standbys(): readonly StandbyStatus[] {
    return this.#view?.standbys() ?? [];
  }

  health(): Health {
    return this.#view?.health() ??
      { ready: false, problems: [this.#problem] };
  }

  input(): InputStatus {
    return this.#view?.input() ?? noInput;
  }

  subscribe(listener: (update: LiveUpdate) => void): () => void {
    this.#listeners.add(listener);
    this.#follow();
    return () => {
      this.#listeners.delete(listener);
      this.#follow();
    };
  }
}
