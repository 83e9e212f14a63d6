import { PipelineError } from "../../base/errors.ts";
import { writeCommitMetadata } from "./commit_metadata.ts";
import type { CommitPlace } from "./commit.ts";
import type { CommitLog, RecordLog } from "../ports.ts";
import { ownOutputs } from "./own_outputs.ts";
import { readBetween } from "../read_between.ts";
import type { TopicPartition } from "../record.ts";
import { lineageTopics, presentLineage } from "../state/lineage.ts";
import { type EngineCodecs, firstMeta, type TaskMeta } from "../state/state.ts";
import { noRules } from "../state/rules.ts";
import { metaKey } from "../state/store_keys.ts";

/** What a new generation is made with. */
export interface GenerationPorts {
  readonly log: RecordLog;
  readonly commitLog: CommitLog;
  readonly codecs: Pick<EngineCodecs, "meta">;
}

/** What the next generation of a state has to leave behind. */
export interface GenerationStart {
  /**
   * When it can begin, epoch ms: now, or right after the last commit where its write times ran ahead,
   * as a producer's clock did.
   */
  readonly startMs: number;
  /** How often the rules had changed, where that can still be read: see `writeTimeUs`. */
  readonly changes: number;
}

/**
 * Where the next generation of a state can begin.
 *
 * Ordering: before the changelog is deleted; no task has the partition.
 *
 * @throws {PipelineError} `LOG_UNAVAILABLE`; `ABORTED` when the signal fires.
 */
export async function generationStart(
  { log, codecs }: Pick<GenerationPorts, "log" | "codecs">,
  changelog: TopicPartition,
  nowMs: number,
  signal: AbortSignal,
): Promise<GenerationStart> {
  let [startMs, changes] = [nowMs, 1];
  for await (const records of readBetween(log, changelog, await log.bounds(changelog), signal)) {
    for (const { timestampMs, key, value } of records) {
      // Every entry carries the write time of its commit.
      startMs = Math.max(startMs, timestampMs + 1);
      if (key?.length !== metaKey.length || key[0] !== metaKey[0] || value === null) continue;
      changes = Math.max(changes, changesIn(value, codecs));
    }
  }
  return { startMs, changes };
}

/** 0 for what another version wrote: a reset is what helps then. */
function changesIn(value: Uint8Array, { meta }: GenerationPorts["codecs"]): number {
  try {
    return meta.decode(value).rules.changes;
  } catch (error) {
    if (error instanceof PipelineError) return 0;
    throw error;
  }
}

/**
 * Starts a task's state from scratch: an empty state that stands at the start of its input.
 *
 * Its write times begin at `startMs` (see `generationStart`), after every one that an earlier
 * state of the partition has used, so that the rows made from the same input again win over the old
 * ones, also where they are others because settings or the input have changed. No rows are made of
 * windows before `wholeFromMs` (see `wholeFromOfAll`).
 *
 * Ordering: no task has the partition, its changelog is empty and its local stores are deleted.
 *
 * @throws {PipelineError} As its ports do.
 */
export async function beginGeneration(
  { log, commitLog, codecs }: GenerationPorts,
  place: Omit<CommitPlace, "lineage">,
  { startMs, changes, wholeFromMs }: GenerationStart & { readonly wholeFromMs: number | null },
): Promise<TaskMeta> {
  const { input, changelog, repartition } = place;
  const lineage = await presentLineage(log, lineageTopics(place));
  const { startOffset } = await log.bounds(input);
  const rekeyed = repartition === undefined ? undefined : await log.bounds(repartition);
  const generationUs = startMs * 1000;
  const meta = {
    ...firstMeta(lineage, startOffset, rekeyed?.startOffset),
    versionUs: generationUs,
    generationUs,
    // What the state before had not committed may lie behind its last commit, by other rules.
    rules: { ...noRules, changes },
    wholeFromMs,
  };
  await using writer = await commitLog.fence(input, ownOutputs(place));
  await writer.commit({
    records: [
      { ...changelog, timestampMs: startMs, key: metaKey, value: codecs.meta.encode(meta) },
    ],
    changelog,
    input,
    inputOffset: meta.inputOffset,
    metadata: (changelogPosition) =>
      writeCommitMetadata({
        ...meta,
        leaderEpoch: undefined,
        changelogPosition,
        shownTo: changelogPosition,
        id: `generation-${startMs}`,
        closed: true,
      }),
  });
  return meta;
}
