import { writeCommitMetadata } from "./commit_metadata.ts";
import type { CommitPlace } from "./commit.ts";
import type { CommitLog, RecordLog } from "./ports.ts";
import { type EngineCodecs, firstMeta, type TaskMeta } from "./state.ts";
import { metaKey } from "./store_keys.ts";

/** What a new generation is made with. */
export interface GenerationPorts {
  readonly log: RecordLog;
  readonly commitLog: CommitLog;
  readonly codecs: Pick<EngineCodecs, "meta">;
}

/**
 * Begins a task's state anew: an empty state that stands at the start of its input.
 *
 * Its write times begin at `nowMs`, after every one that an earlier state of the partition has
 * used, so that the rows made from the same input again win over the old ones, also where they are
 * others because settings or the input have changed.
 *
 * Ordering: nobody works on the partition, its changelog is empty and its local stores are deleted.
 *
 * @throws {PipelineError} As its ports do.
 */
export async function beginGeneration(
  { log, commitLog, codecs }: GenerationPorts,
  { input, changelog, repartition }: CommitPlace,
  nowMs: number,
): Promise<TaskMeta> {
  const { startOffset } = await log.bounds(input);
  const rekeyed = repartition === undefined ? undefined : await log.bounds(repartition);
  const generationUs = nowMs * 1000;
  const meta = {
    ...firstMeta(startOffset, rekeyed?.startOffset),
    versionUs: generationUs,
    generationUs,
  };
  await using writer = await commitLog.fence(input);
  await writer.commit({
    records: [
      { ...changelog, timestampMs: nowMs, key: metaKey, value: codecs.meta.encode(meta) },
    ],
    changelog,
    input,
    inputOffset: meta.inputOffset,
    metadata: (changelogPosition) => writeCommitMetadata({ ...meta, changelogPosition }),
  });
  return meta;
}
