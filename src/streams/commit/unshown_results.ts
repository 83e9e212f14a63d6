import { parseCommitMetadata } from "./commit_metadata.ts";
import type { CommitPlace } from "./commit.ts";
import type { CommittedOffset, RecordLog } from "../ports.ts";
import { windowOf } from "../state/store_keys.ts";
import { readBetween } from "../task/read_between.ts";
import { decodeState } from "../topology/codec.ts";
import type { Topology } from "../topology/topology.ts";

/**
 * The rows of results that the last commit made true, in portions: the owner that made it may have
 * ended before it wrote them. Those of earlier commits were written before the last one happened.
 * Where it is not known which commit was the last, as the group's position was lost or set by hand,
 * they are those of the whole changelog.
 *
 * Compaction has left their entries: they are the newest of their keys, or, where the commit deletes
 * what it changed, in the segment that is written to.
 *
 * @throws {PipelineError} As the log does; `STATE_UNREADABLE`.
 */
export async function* unshownResults<E, A, R>(
  log: RecordLog,
  { rollUps, results, windows, windowCodec }: Topology<E, A, R>,
  { changelog, lineage }: CommitPlace,
  { committed, wholeFromMs }: {
    readonly committed: CommittedOffset | undefined;
    /** As of that commit, see `TaskMeta`. */
    readonly wholeFromMs: number | null;
  },
  signal: AbortSignal,
): AsyncGenerator<R[]> {
  const last = parseCommitMetadata(committed?.metadata ?? "");
  const { startOffset, endOffset } = await log.bounds(changelog);
  const bounds = {
    startOffset: Math.max(startOffset, last?.shownTo ?? 0),
    endOffset: last?.changelogPosition ?? endOffset,
    topicId: lineage.changelogId,
  };
  for await (const records of readBetween(log, changelog, bounds, signal)) {
    const rows: R[] = [];
    for (const { key, value } of records) {
      const window = key === null || value === null ? undefined : windowOf(key);
      if (window === undefined || value === null) continue;
      const sizeMs = window.sizeMs ?? windows.sizeMs;
      if (![windows, ...rollUps.levels].some((length) => length.sizeMs === sizeMs)) continue;
      const { key: name, startMs } = window;
      if (startMs < (wholeFromMs ?? Infinity)) continue;
      const state = decodeState(windowCodec, value);
      rows.push(results.row({ key: name, startMs, endMs: startMs + sizeMs, state }));
    }
    yield rows;
  }
}
