import { nameOf } from "../../base/bytes.ts";
import type { StateStore, StoreEntry } from "../ports.ts";
import { type KeyTopology, lengthsOf, loadKey } from "../state/cached_key.ts";
import { wholeRow } from "../state/key_row.ts";
import { openWindows } from "../state/open_roll_ups.ts";
import type { TaskMeta } from "../state/state.ts";
import { isKeyState, keyOf, windowOf } from "../state/store_keys.ts";
import { decodeState } from "../topology/codec.ts";
import { isWritten, type Topology, type WindowResult, windowResult } from "../topology/topology.ts";

/** The results of a commit, as they lie in what it writes. */
export interface CommittedResults {
  readonly entries: readonly StoreEntry[];
  /** Windows with a later write time have changed, microseconds. */
  readonly shownUs: number;
  readonly wholeFromMs: TaskMeta["wholeFromMs"];
}

/**
 * The windows that a commit changes, of every length, as its entries have them: so nothing of them
 * has to be kept while they are written one after the other.
 *
 * @param store As it was before the commit, or is behind it.
 */
export function* changedResults<A>(
  topology: KeyTopology<A>,
  store: Pick<StateStore, "get">,
  { entries, shownUs, wholeFromMs }: CommittedResults,
): Generator<WindowResult<A>> {
  const rows = new ChangedRows(entries, store);
  for (const { key, value } of entries) {
    if (value === null) continue;
    for (const result of resultsOf(topology, rows, { key, value })) {
      if (result.versionUs > shownUs && isWhole(result, wholeFromMs)) yield result;
    }
  }
}

/** The rows of windows, each made when it is asked for. */
export function* rowsOf<A, R>(
  { rows }: Pick<Topology<never, A, R>, "rows">,
  results: Iterable<WindowResult<A>>,
): Generator<R> {
  for (const result of results) {
    for (const output of rows) if (isWritten(output, result)) yield output.make(result);
  }
}

/** False for a window that may lack what was cut off the beginning of the input. */
export function isWhole(
  { startMs }: WindowResult<unknown>,
  wholeFromMs: TaskMeta["wholeFromMs"],
): boolean {
  return startMs >= (wholeFromMs ?? Infinity);
}

/**
 * The windows that an entry of the changelog holds, of a key's row all that are open.
 *
 * @param rows Where the content of windows is that have rows of their own.
 */
export function* resultsOf<A>(
  job: KeyTopology<A>,
  rows: Pick<StateStore, "get">,
  { key: entryKey, value }: { readonly key: Uint8Array; readonly value: Uint8Array },
): Generator<WindowResult<A>> {
  const lengths = lengthsOf(job);
  const window = windowOf(entryKey);
  if (window !== undefined) {
    const { key, startMs, sizeMs = job.windows.sizeMs } = window;
    if (!lengths.some((length) => length.sizeMs === sizeMs)) return;
    yield windowResult(job, { key, startMs, sizeMs }, decodeState(job.windowCodec, value));
  } else if (isKeyState(entryKey)) {
    const key = keyOf(entryKey);
    for (
      const [length, windows] of openWindows(job, rows, loadKey(job, key, wholeRow(value)))
        .entries()
    ) {
      const sizeMs = lengths[length]?.sizeMs as number;
      for (const { startMs, state, hasRow } of windows) {
        // What has a row of its own has an entry of its own where it has changed.
        if (!hasRow) yield windowResult(job, { key, startMs, sizeMs }, state);
      }
    }
  }
}

/** A store as it will be with the entries of a commit, which delete nothing that is asked for. */
class ChangedRows implements Pick<StateStore, "get"> {
  readonly #entries: readonly StoreEntry[];
  readonly #store: Pick<StateStore, "get">;
  /** Made when it is needed: few keys have so many open windows that some have rows of their own. */
  #changed: Map<string, Uint8Array | null> | undefined;

  constructor(entries: readonly StoreEntry[], store: Pick<StateStore, "get">) {
    this.#entries = entries;
    this.#store = store;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    this.#changed ??= new Map(this.#entries.map(({ key, value }) => [nameOf(key), value]));
    return this.#changed.get(nameOf(key)) ?? this.#store.get(key);
  }
}
