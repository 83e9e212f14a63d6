import { unlessAborted } from "../../base/backoff.ts";
import { nameOf } from "../../base/bytes.ts";
import type { Clock } from "../../base/clock.ts";
import { throwIfAborted } from "../../base/errors.ts";
import { changelogPositionOf, type Committer } from "../commit/commit.ts";
import type { CommittedOffset, StateStore, StateView, StoreEntry } from "../ports.ts";
import type { Offset } from "../record.ts";
import { waitingBytesMax } from "../processing/waiting_records.ts";
import { isKeyState, windowOf } from "../state/store_keys.ts";
import { changedResults, type CommittedResults, rowsOf } from "../commit/changed_results.ts";
import type { Topology } from "../topology/topology.ts";
import type { StreamsPorts } from "./streams_ports.ts";

/**
 * Time between two writes of results to the sink, ms: a window that changes more often is written
 * as it is then. No one watches a table more closely; who is told of rows, hears of every commit.
 */
export const resultsIntervalMs = 1_000;

/**
 * Entries whose results wait beside later commits; a commit that makes them more, or larger than
 * `waitingBytesMax`, waits for them.
 */
export const waitingEntriesMax = 2_000;

/** Commits in sequence whose results are yet to be written, as if they were one. */
interface Unshown {
  readonly results: CommittedResults;
  /** The store as it was behind the last of them. */
  readonly view: StateView;
  /** Where the changelog stood then. */
  readonly position: Offset;
}

/** What results are written with. */
export interface ResultsPorts {
  readonly clock: Clock;
  readonly store: StateStore;
  /**
   * Makes rows of results and writes them; waits while the sink is unavailable.
   *
   * @param onTrouble Told of every try that has failed.
   */
  readonly write: (
    results: CommittedResults,
    view: StateView,
    signal: AbortSignal,
    onTrouble: () => void,
  ) => Promise<void>;
}

/** Those of a session's commits; `undefined` where no one wants rows of results. */
export function resultsOf<E, A, R>(
  { sink, clock }: Pick<StreamsPorts<R>, "sink" | "clock">,
  topology: Topology<E, A, R>,
  store: StateStore,
  committer: Pick<Committer<R>, "show">,
  committed: CommittedOffset | undefined,
): ResultsUnderWay | undefined {
  if (sink === undefined || topology.rows.length === 0) return undefined;
  const write: ResultsPorts["write"] = (results, view, signal, onTrouble) =>
    committer.show(rowsOf(topology, changedResults(topology, view, results)), signal, onTrouble);
  return new ResultsUnderWay({ clock, store, write }, changelogPositionOf(committed));
}

/**
 * Results of commits on their way to the sink: they do not hold up the next commit, and those of
 * several commits are written as those of one.
 *
 * A commit waits for them as long as there is trouble with the sink, where too many wait, and where
 * it deletes the state of one of them: what is shown after a crash is read from the changelog, which
 * compaction may take a deleted entry from.
 *
 * Owner: the session. Ordering: `ready` before a commit, `add` behind it, then `settled`. Guarantee:
 * the results of every commit up to `shownTo` are in the sink.
 */
export class ResultsUnderWay implements AsyncDisposable {
  readonly #ports: ResultsPorts;
  #shownTo: Offset;
  #waiting: Unshown | undefined;
  #showing: Unshown | undefined;
  /** Ends the pause between two writes while someone waits for all that is under way. */
  #hurry = new AbortController();
  /** True where the next commit must wait. */
  #mustEnd = false;
  #shownAtMs = -Infinity;
  #allShown = Promise.withResolvers<void>();
  readonly #closing = new Set<Promise<void>>();

  /** @param shownTo Where the changelog stood behind the last commit before this session. */
  constructor(ports: ResultsPorts, shownTo: Offset) {
    this.#ports = ports;
    this.#shownTo = shownTo;
  }

  /** Changelog position before the first commit whose results the sink may lack. */
  get shownTo(): Offset {
    return this.#shownTo;
  }

  /** True while the sink lacks some. */
  get any(): boolean {
    return this.#waiting !== undefined || this.#showing !== undefined;
  }

  /** Waits before a commit until it may delete what it does. */
  async ready(entries: readonly StoreEntry[], signal: AbortSignal): Promise<void> {
    const under = [this.#showing, this.#waiting].flatMap((unshown) => unshown ?? []);
    if (under.some(({ results }) => deletes(entries, results.entries))) await this.ended(signal);
  }

  /**
   * Takes over the results of a commit that has just happened; `show` is to be called. Its bytes may
   * change from when it is `settled`.
   */
  add(results: CommittedResults, position: Offset): void {
    const before = this.#waiting;
    const own = results.entries.filter(isResult);
    const waiting = before?.results.entries ?? [];
    this.#mustEnd ||= waiting.length + own.length > waitingEntriesMax ||
      bytesOf(waiting) + bytesOf(own) > waitingBytesMax || deletes(results.entries, own);
    const entries = this.#mustEnd ? own : copied(own);
    this.#waiting = {
      results: before === undefined
        ? { ...results, entries }
        : { ...results, shownUs: before.results.shownUs, entries: merged(before, entries) },
      view: this.#ports.store.view(),
      position,
    };
    if (before !== undefined) this.#close(before);
  }

  /** Waits behind a commit until the next one may begin. */
  async settled(signal: AbortSignal): Promise<void> {
    if (this.#mustEnd) await this.ended(signal);
  }

  /** Waits until the sink has everything. */
  async ended(signal: AbortSignal): Promise<void> {
    if (!this.any) return;
    this.#hurry.abort();
    await unlessAborted(this.#allShown.promise, signal, "results");
  }

  /**
   * Writes what waits, once it is time. One at a time.
   *
   * @throws {PipelineError} `SINK_REJECTED` if the job says to stop; `ABORTED`.
   */
  async show(signal: AbortSignal): Promise<void> {
    if (this.#waiting === undefined) return;
    await this.#untilDue(signal);
    const unshown = this.#waiting;
    this.#waiting = undefined;
    this.#showing = unshown;
    this.#shownAtMs = this.#ports.clock.monotonicMs();
    const onTrouble = () => this.#mustEnd = true;
    await this.#ports.write(unshown.results, unshown.view, signal, onTrouble);
    this.#showing = undefined;
    this.#shownTo = unshown.position;
    this.#close(unshown);
    if (this.#waiting !== undefined) return;
    this.#mustEnd = false;
    this.#hurry = new AbortController();
    this.#allShown.resolve();
    this.#allShown = Promise.withResolvers();
  }

  async #untilDue(signal: AbortSignal): Promise<void> {
    const waitMs = this.#shownAtMs + resultsIntervalMs - this.#ports.clock.monotonicMs();
    const hurry = this.#hurry.signal;
    if (waitMs <= 0 || hurry.aborted) return;
    try {
      await this.#ports.clock.sleep(waitMs, AbortSignal.any([signal, hurry]));
    } catch (error) {
      throwIfAborted(signal);
      if (!hurry.aborted) throw error;
    }
  }

  #close({ view }: Unshown): void {
    const closing: Promise<void> = Promise.resolve(view[Symbol.asyncDispose]())
      .then(() => void this.#closing.delete(closing));
    closing.catch(() => {}); // thrown when the session ends
    this.#closing.add(closing);
  }

  /** Lets go of the store. Ordering: nothing is being shown. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const unshown of [this.#showing, this.#waiting]) {
      if (unshown !== undefined) this.#close(unshown);
    }
    this.#showing = this.#waiting = undefined;
    await Promise.all(this.#closing);
  }
}

/** A change of what results are made from. */
type ResultEntry = StoreEntry & { readonly value: Uint8Array };

function isResult(entry: StoreEntry): entry is ResultEntry {
  return entry.value !== null && isOfResults(entry);
}

function isOfResults({ key }: StoreEntry): boolean {
  return isKeyState(key) || windowOf(key) !== undefined;
}

/** True if some entries delete what results are made from. */
function deletes(some: readonly StoreEntry[], results: readonly StoreEntry[]): boolean {
  const deleted = some.filter((entry) => entry.value === null && isOfResults(entry));
  if (deleted.length === 0) return false;
  const names = new Set(deleted.map(({ key }) => nameOf(key)));
  return results.some(({ key }) => names.has(nameOf(key)));
}

/** Entries of two commits in sequence as those of one. */
function merged({ results }: Unshown, later: readonly StoreEntry[]): StoreEntry[] {
  const entries = new Map(results.entries.map((entry) => [nameOf(entry.key), entry]));
  for (const entry of later) entries.set(nameOf(entry.key), entry);
  return [...entries.values()];
}

function bytesOf(entries: readonly StoreEntry[]): number {
  return entries.reduce((sum, { key, value }) => sum + key.length + (value?.length ?? 0), 0);
}

/** In memory of their own. */
function copied(entries: readonly ResultEntry[]): ResultEntry[] {
  const bytes = new Uint8Array(bytesOf(entries));
  let used = 0;
  const copy = (part: Uint8Array) => {
    bytes.set(part, used);
    used += part.length;
    return bytes.subarray(used - part.length, used);
  };
  return entries.map(({ key, value }) => ({ key: copy(key), value: copy(value) }));
}
