import { parseCommitMetadata } from "./commit_metadata.ts";
import type { CommitPlace } from "./commit.ts";
import type { CommittedOffset, RecordLog, StateStore } from "../ports.ts";
import { type KeyTopology, lengthsOf } from "../state/cached_key.ts";
import { openWindowsOf } from "../state/stored_windows.ts";
import { isKeyState, keyOf, windowOf } from "../state/store_keys.ts";
import { readBetween } from "../read_between.ts";
import { decodeState } from "../topology/codec.ts";
import { isWritten, type Topology, type WindowResult, windowResult } from "../topology/topology.ts";

/**
 * The rows of results that the last commit made true, in portions: the owner that made it may have
 * ended before it wrote them. Those of earlier commits were written before the last one happened.
 * Where it is not known which commit was the last, as the group's position was lost or set by hand,
 * they are those of the whole changelog.
 *
 * Open windows that the commit did not change are among them: a row of the same write time changes
 * nothing. Compaction has left their entries: they are the newest of their keys, or, where the commit deletes
 * what it changed, in the segment that is written to.
 *
 * @throws {PipelineError} As the log does; `STATE_UNREADABLE`.
 */
export async function* unshownResults<E, A, R>(
  { log, store }: { readonly log: RecordLog; readonly store: StateStore },
  topology: Topology<E, A, R>,
  { changelog, lineage }: CommitPlace,
  { committed, wholeFromMs }: {
    readonly committed: CommittedOffset | undefined;
    /** As of that commit, see `TaskMeta`. */
    readonly wholeFromMs: number | null;
  },
  signal: AbortSignal,
): AsyncGenerator<R[]> {
  const { rows } = topology;
  if (rows === undefined) return;
  const last = parseCommitMetadata(committed?.metadata ?? "");
  const { startOffset, endOffset } = await log.bounds(changelog);
  const bounds = {
    startOffset: Math.max(startOffset, last?.shownTo ?? 0),
    endOffset: last?.changelogPosition ?? endOffset,
    topicId: lineage.changelogId,
  };
  for await (const records of readBetween(log, changelog, bounds, signal)) {
    const unshown: R[] = [];
    for (const { key, value } of records) {
      if (key === null || value === null) continue;
      for (const result of resultsOf(topology, store, { key, value })) {
        if (result.startMs < (wholeFromMs ?? Infinity)) continue;
        if (isWritten(rows, result)) unshown.push(rows.make(result));
      }
    }
    yield unshown;
  }
}

/** The windows that an entry may have changed; of a key all that are open, as the store has them. */
function* resultsOf<A>(
  job: KeyTopology<A>,
  store: StateStore,
  entry: { readonly key: Uint8Array; readonly value: Uint8Array },
): Generator<WindowResult<A>> {
  const lengths = lengthsOf(job);
  if (isKeyState(entry.key)) {
    const key = keyOf(entry.key);
    for (const [length, windows] of openWindowsOf(job, store, key).entries()) {
      const sizeMs = lengths[length]?.sizeMs as number;
      for (const { startMs, state } of windows) {
        yield windowResult(job, { key, startMs, sizeMs }, state);
      }
    }
    return;
  }
  const window = windowOf(entry.key);
  if (window === undefined) return;
  const { key, startMs, sizeMs = job.windows.sizeMs } = window;
  if (!lengths.some((length) => length.sizeMs === sizeMs)) return;
  yield windowResult(job, { key, startMs, sizeMs }, decodeState(job.windowCodec, entry.value));
}
