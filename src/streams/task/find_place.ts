import type { Clock } from "../../base/clock.ts";
import { PipelineError } from "../../base/errors.ts";
import type { CommitPlace } from "../commit/commit.ts";
import { isSameCommit, parseCommitMetadata } from "../commit/commit_metadata.ts";
import type { CommitLog, CommittedOffset, LogBounds, RecordLog, StateStore } from "../ports.ts";
import { type Offset, partitionName, type TopicPartition } from "../record.ts";
import type { RestoreProgress } from "./status.ts";
import { lineageTopics, refuseOtherLineage } from "../state/lineage.ts";
import {
  type EngineCodecs,
  firstMeta,
  noEpoch,
  type OtherPosition,
  type TaskMeta,
  type Windowing,
} from "../state/state.ts";
import { metaKey } from "../state/store_keys.ts";
import { decodeState } from "../topology/codec.ts";
import { refuseOtherVersion, refuseOtherWindowing } from "../state/windowing.ts";
import { checkedPosition, restore } from "./restore.ts";
import { inputTruncated } from "../truncated.ts";

/** What a place is found with. */
export interface PlacePorts {
  readonly log: RecordLog;
  readonly commitLog: CommitLog;
  readonly codecs: Pick<EngineCodecs, "meta">;
  readonly clock: Clock;
}

/** Told of what is found. */
export interface PlaceObserver {
  readonly onRestore: (progress: RestoreProgress) => void;
  /** Told where each input ends, before anything is read of it. */
  readonly onEnd: (topic: string, endOffset: Offset) => void;
}

/** Refuses a partition whose last commit belongs to other topics than there are. */
export function refuseOtherCommit(
  place: CommitPlace,
  committed: CommittedOffset | undefined,
): void {
  const lineage = parseCommitMetadata(committed?.metadata)?.lineage;
  if (lineage !== undefined) refuseOtherLineage(lineage, place.lineage, lineageTopics(place));
}

/**
 * Brings the store to the end of its changelog, unless the last commit says that it is there.
 *
 * @throws {PipelineError} `CHANGELOG_TRUNCATED`, also where the changelog ends before the last
 *   commit; `LOG_FENCED` when a newer owner committed meanwhile.
 */
export async function bringUpToDate(
  ports: PlacePorts,
  { input, changelog, lineage }: CommitPlace,
  store: StateStore,
  committed: CommittedOffset | undefined,
  { onRestore: onProgress }: PlaceObserver,
  signal: AbortSignal,
): Promise<void> {
  const { log, clock, commitLog } = ports;
  const bounds = await log.bounds(changelog);
  const have = store.checkpoint?.changelogPosition;
  const there = parseCommitMetadata(committed?.metadata)?.changelogPosition;
  checkedPosition(changelog, have, bounds, there);
  checkedPosition(changelog, there, bounds);
  if (have !== undefined && have === there) return;
  const { changelogId } = lineage;
  await restore({ log, changelog, changelogId, store, clock, signal, onProgress });
  await refuseTakenOver(commitLog, input, committed);
}

/**
 * Where a task continues in its input: where its state says, after everything that must agree with
 * that was compared.
 *
 * A position without a state of ours beside it counts as no position if nothing lies before it:
 * `kafka-consumer-groups --reset-offsets` leaves such ones.
 *
 * @throws {PipelineError} `TOPIC_REPLACED`, `PARTITIONS_CHANGED`, `STATE_UNREADABLE`,
 *   `CHANGELOG_TRUNCATED`, `INPUT_TRUNCATED`.
 */
export async function findPlace(
  ports: PlacePorts,
  place: CommitPlace,
  windowing: Windowing,
  store: StateStore,
  committed: CommittedOffset | undefined,
  { onEnd }: Pick<PlaceObserver, "onEnd">,
): Promise<TaskMeta> {
  const { log, codecs } = ports;
  const { input, repartition } = place;
  const bounds = await log.bounds(input);
  onEnd(input.topic, bounds.endOffset);
  const rekeyed = repartition && { place: repartition, bounds: await log.bounds(repartition) };
  if (rekeyed !== undefined) onEnd(rekeyed.place.topic, rekeyed.bounds.endOffset);
  const stored = store.get(metaKey);
  if (stored === undefined) {
    if (isPastStart(committed, bounds)) throw stateGone(place, committed);
    const meta = firstMeta(place.lineage, bounds.startOffset, rekeyed?.bounds.startOffset);
    return await withOthers(ports, place, meta, committed, onEnd);
  }
  const meta = decodeState(codecs.meta, stored);
  refuseOtherLineage(meta.lineage, place.lineage, lineageTopics(place));
  refuseOtherVersion(input, meta);
  refuseOtherWindowing(input, meta.windowing, windowing);
  refuseOtherPosition(input, meta.inputOffset, committed);
  refuseCut(input, meta.inputOffset, bounds);
  if (rekeyed !== undefined) refuseCut(rekeyed.place, meta.rekeyedOffset, rekeyed.bounds);
  return await withOthers(ports, place, { ...meta, lineage: place.lineage }, committed, onEnd);
}

/**
 * Where a task continues in its further inputs: one that its state does not have is read from its
 * start.
 */
async function withOthers(
  { log, commitLog }: Pick<PlacePorts, "log" | "commitLog">,
  { input, others = [] }: CommitPlace,
  meta: TaskMeta,
  committed: CommittedOffset | undefined,
  onEnd: PlaceObserver["onEnd"],
): Promise<TaskMeta> {
  const positions: OtherPosition[] = [];
  for (const place of others) {
    const { topic } = place;
    const bounds = await log.bounds(place);
    onEnd(topic, bounds.endOffset);
    const known = meta.others?.find((other) => other.topic === topic);
    positions.push(known ?? { topic, offset: bounds.startOffset, epoch: noEpoch });
    if (known === undefined) continue;
    const position = await commitLog.committed(place);
    // A newer owner may have committed since the first input was asked about.
    if (position?.offset !== known.offset) await refuseTakenOver(commitLog, input, committed);
    refuseOtherPosition(place, known.offset, position);
    refuseCut(place, known.offset, bounds);
  }
  return positions.length === 0 ? meta : { ...meta, others: positions };
}

/** True for a commit of a task, and for a position that others set behind records. */
function isPastStart(
  committed: CommittedOffset | undefined,
  { startOffset }: LogBounds,
): committed is CommittedOffset {
  if (committed === undefined) return false;
  return committed.offset > startOffset || parseCommitMetadata(committed.metadata) !== undefined;
}

function stateGone({ input, changelog }: CommitPlace, committed: CommittedOffset): PipelineError {
  return new PipelineError(
    "CHANGELOG_TRUNCATED",
    `Cannot continue with ${partitionName(input)} at committed offset ${committed.offset} as its ` +
      `state is gone: ${partitionName(changelog)} holds no meta record`,
    { context: { ...input, committed: committed.offset }, remedy: "reset" },
  );
}

/** Refuses to continue where the records are gone, or were never. */
function refuseCut(place: TopicPartition, offset: Offset, bounds: LogBounds): void {
  if (offset < bounds.startOffset || offset > bounds.endOffset) {
    throw inputTruncated(place, offset, bounds);
  }
}

function refuseOtherPosition(
  input: TopicPartition,
  inputOffset: Offset,
  committed: CommittedOffset | undefined,
): void {
  if (committed === undefined || committed.offset === inputOffset) return;
  throw new PipelineError(
    "CHANGELOG_TRUNCATED",
    `Cannot continue with ${
      partitionName(input)
    } as state and group disagree: the state is as of ` +
      `offset ${inputOffset}, the group committed ${committed.offset}`,
    {
      context: { ...input, state: inputOffset, committed: committed.offset },
      remedy: "group-position",
    },
  );
}

/**
 * While we restored, a newer owner may have fenced us and committed, and compaction may have taken
 * away entries that its own replaced: what we have is then no state of any moment.
 */
async function refuseTakenOver(
  commitLog: CommitLog,
  input: TopicPartition,
  before: CommittedOffset | undefined,
): Promise<void> {
  const now = await commitLog.committed(input);
  if (isSameCommit(now, before)) return;
  throw new PipelineError(
    "LOG_FENCED",
    `Cannot open ${partitionName(input)} as another owner continued with it: committed offset is ` +
      `${now?.offset}, before the restore it was ${before?.offset}`,
  );
}
