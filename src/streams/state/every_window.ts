import { assert } from "../../base/assert.ts";
import type { StateStore, StoreRow } from "../ports.ts";
import { decodeState } from "../topology/codec.ts";
import type { WindowState } from "../topology/key_state.ts";
import { type WindowResult, windowResult } from "../topology/topology.ts";
import { type CachedWindow, type KeyTopology, lengthsOf, loadKey } from "./cached_key.ts";
import { Cursor } from "./cursor.ts";
import { wholeRow } from "./key_row.ts";
import { openWindows } from "./open_roll_ups.ts";
import {
  allKeyStates,
  allRollUps,
  allWindows,
  keyOf,
  rowKeyOrder,
  rowPrefix,
  windowStartOf,
} from "./store_keys.ts";

/** Which windows are asked for: those of these lengths that start in `[fromMs, toMs)`. */
export interface EveryWindowQuery {
  /** The shortest first. */
  readonly sizesMs: readonly number[];
  readonly fromMs: number;
  readonly toMs: number;
  /** Of each key and length the newest, >= 1; `Infinity` for all. */
  readonly limit: number;
}

/** Windows that are given out together: few enough to be garbage before they are old. */
const portionWindows = 500;

/**
 * The committed windows of every key, keys in the order of their bytes; of each key by length, of
 * each length ascending. In portions of some hundreds, and what a scan brings at once.
 *
 * Keys, windows and rolled-up ones each lie in the order of their keys: all three are read from
 * beginning to end, beside each other, and nothing is looked for. Memory holds a portion and what
 * is open of a key; where a limit is set, as many windows of a length as well.
 *
 * @throws {InvariantError} For sessions: those that became parts of others would be given out.
 */
export async function* everyWindow<A>(
  job: KeyTopology<A>,
  store: Pick<StateStore, "get" | "scan">,
  query: EveryWindowQuery,
): AsyncGenerator<WindowResult<A>[]> {
  assert(job.windows.sessions !== true, "sessions are not read in order");
  await using closing = new AsyncDisposableStack();
  const [keys, windows, rollUps] = [allKeyStates, allWindows, allRollUps]
    .map((range) => closing.use(new Cursor(store.scan(range)))) as [Cursor, Cursor, Cursor];
  const lengths = lengthsOf(job).map(({ sizeMs }, length) => ({ sizeMs, length }))
    .filter(({ sizeMs }) => query.sizesMs.includes(sizeMs));
  let found: WindowResult<A>[] = [];
  for (; keys.row !== undefined || await keys.fill(); keys.next()) {
    const { key: bytes, value } = keys.row as StoreRow;
    const key = keyOf(bytes);
    const open = openWindows(job, store, loadKey(job, key, wholeRow(value)));
    for (const { sizeMs, length } of lengths) {
      const cursor = length === 0 ? windows : rollUps;
      const prefix = rowPrefix(key, length === 0 ? undefined : sizeMs);
      const part = new WindowsOfLength(job, { key, sizeMs }, open[length] ?? [], query);
      while (!part.takeFrom(cursor, prefix)) {
        await cursor.fill();
        if (part.size < portionWindows) continue;
        part.resultsTo(found);
        yield found;
        found = [];
      }
      part.resultsTo(found);
    }
    if (found.length < portionWindows) continue;
    yield found;
    found = [];
  }
  if (found.length > 0) yield found;
}

/** One window, its row not decoded yet. */
interface Found<A> {
  readonly startMs: number;
  readonly bytes: Uint8Array | undefined;
  readonly state: WindowState<A> | undefined;
}

/** What is asked for of one key and length. */
class WindowsOfLength<A> {
  readonly #job: KeyTopology<A>;
  readonly #of: { readonly key: string; readonly sizeMs: number };
  readonly #open: readonly CachedWindow<A>[];
  readonly #query: EveryWindowQuery;
  #found: Found<A>[] = [];
  /** The next of the open ones. */
  #at = 0;

  constructor(
    job: KeyTopology<A>,
    of: { readonly key: string; readonly sizeMs: number },
    open: readonly CachedWindow<A>[],
    query: EveryWindowQuery,
  ) {
    this.#job = job;
    this.#of = of;
    this.#open = open;
    this.#query = query;
  }

  /** Windows that can be given out; none before the last where a limit is set. */
  get size(): number {
    return this.#query.limit === Infinity ? this.#found.length : 0;
  }

  /** @returns False where the cursor must be filled before it continues. */
  takeFrom(cursor: Cursor, prefix: Uint8Array): boolean {
    for (; cursor.row !== undefined; cursor.next()) {
      const { key, value } = cursor.row;
      const order = rowKeyOrder(key, prefix);
      if (order < 0) continue;
      if (order > 0) break;
      const startMs = windowStartOf(key);
      this.#takeOpen(startMs);
      // One that is open has a row of its own where a key has many of them: it is the same.
      if (this.#open[this.#at]?.startMs === startMs) this.#at++;
      this.#add({ startMs, bytes: value, state: undefined });
    }
    if (cursor.row === undefined && !cursor.ended) return false;
    this.#takeOpen(Infinity);
    return true;
  }

  #takeOpen(beforeMs: number): void {
    for (; this.#at < this.#open.length; this.#at++) {
      const { startMs, state } = this.#open[this.#at] as CachedWindow<A>;
      if (startMs >= beforeMs) return;
      this.#add({ startMs, bytes: undefined, state });
    }
  }

  #add(window: Found<A>): void {
    const { fromMs, toMs, limit } = this.#query;
    if (window.startMs < fromMs || window.startMs >= toMs) return;
    this.#found.push(window);
    if (this.#found.length >= limit + portionWindows) this.#found.splice(0, portionWindows);
  }

  /** Gives out what was found since the last time. */
  resultsTo(results: WindowResult<A>[]): void {
    const { key, sizeMs } = this.#of;
    const { limit } = this.#query;
    const found = limit === Infinity ? this.#found : this.#found.slice(-limit);
    this.#found = [];
    for (const { startMs, bytes, state } of found) {
      const decoded = state ?? decodeState(this.#job.windowCodec, bytes as Uint8Array);
      results.push(windowResult(this.#job, { key, startMs, sizeMs }, decoded));
    }
  }
}
