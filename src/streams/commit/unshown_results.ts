import { parseCommitMetadata } from "./commit_metadata.ts";
import type { CommitPlace } from "./commit.ts";
import type { CommittedOffset, RecordLog, StateStore } from "../ports.ts";
import { isWhole, resultsOf, rowsOf } from "./changed_results.ts";
import type { TaskMeta } from "../state/state.ts";
import { isKeyState } from "../state/store_keys.ts";
import { readBetween } from "../read_between.ts";
import type { Topology } from "../topology/topology.ts";

/**
 * The rows of results that the last commit made true, in portions: the owner that made it may have
 * ended before it wrote them. Those of earlier commits were written before the last one happened.
 * Where it is not known which commit was the last, as the group's position was lost or set by hand,
 * they are those of the whole changelog.
 *
 * Open windows that the commit did not change are among them: a row of the same write time changes
 * nothing. Compaction has left their entries: they are the newest of their keys, or, where the
 * commit deletes what it changed, in the segment that is written to.
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
    readonly wholeFromMs: TaskMeta["wholeFromMs"];
  },
  signal: AbortSignal,
): AsyncGenerator<R[]> {
  if (topology.rows.length === 0) return;
  const last = parseCommitMetadata(committed?.metadata);
  const { startOffset, endOffset } = await log.bounds(changelog);
  const bounds = {
    startOffset: Math.max(startOffset, last?.shownTo ?? 0),
    endOffset: last?.changelogPosition ?? endOffset,
    topicId: lineage.changelogId,
  };
  for await (const records of readBetween(log, changelog, bounds, signal)) {
    const unshown: R[] = [];
    for (const record of records) {
      const { key } = record;
      if (key === null || record.value === null) continue;
      // The windows with rows of their own are in the store as they became last: the key's row, too.
      const value = isKeyState(key) ? store.get(key) : record.value;
      if (value === undefined) continue;
      const results = resultsOf(topology, store, { key, value });
      unshown.push(...rowsOf(topology, results.filter((one) => isWhole(one, wholeFromMs))));
    }
    yield unshown;
  }
}
