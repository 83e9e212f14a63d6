import { PipelineError } from "../../base/errors.ts";
import { partitionForKey } from "../partitioner.ts";
import type { Offset, OutputRecord, TopicPartition } from "../record.ts";
import {
  type Lineage,
  type LineageTopics,
  presentLineage,
  refuseOtherLineage,
} from "../state/lineage.ts";
import { noHorizon } from "../state/horizon.ts";
import { asFormer } from "../state/producers.ts";
import { firstMeta, noEpoch, type TaskMeta } from "../state/state.ts";
import { allRows, ownerOf } from "../state/store_keys.ts";
import { writeTimeUs } from "../state/write_times.ts";
import { arrivedParts, type Part, PartsWriter } from "../repartition_record.ts";
import { readBetween } from "../read_between.ts";
import { type MovedJob, MovedPartition, type MovePorts } from "./moved_partition.ts";

/** What a move found and did. */
export interface MoveReport {
  /** Partitions that the state was made for; as `to` where there was nothing to move. */
  readonly from: number;
  readonly to: number;
  /** Entries that were copied to another partition. */
  readonly copied: number;
  /** Entries that were deleted where their key no longer is. */
  readonly deleted: number;
  /** Records of the input that wait to be read, where some are in partitions that their keys left. */
  readonly unread: number;
}

/**
 * Moves the state of a job to as many partitions as its input has now.
 *
 * In three steps, each of which may be cut short and done again: every entry is copied to the
 * changelog that its key has now; then each partition gets a meta record and a position that say
 * so; then entries go whose key is elsewhere. Until the second step is done in all partitions the
 * engine refuses the state, and what it was made from is whole.
 *
 * Ordering: no instance works on the input, and all topics have their new number of partitions.
 *
 * @throws {PipelineError} As its ports do; `TOPIC_REPLACED`; `PARTITIONS_CHANGED` if it was made for more partitions than there are, or
 *   has unread input that this job cannot send on.
 */
export async function moveState(
  ports: MovePorts,
  topics: LineageTopics,
  signal: AbortSignal,
): Promise<MoveReport> {
  const job = { topics, lineage: await presentLineage(ports.log, topics) };
  await using opened = new AsyncDisposableStack();
  const partitions: MovedPartition[] = [];
  for (let partition = 0; partition < job.lineage.partitions; partition++) {
    partitions.push(opened.use(await MovedPartition.open(ports, job, partition)));
  }
  const former = formerLineage(partitions, job);
  const unread = await unreadRecords(ports, partitions);
  if (former.partitions !== job.lineage.partitions) refuseUnread(job, unread);
  for (const partition of partitions) await partition.bringUpToDate(signal);
  const copied = partitions.some((partition) => isSwitched(partition, job))
    ? 0
    : await copyAll(partitions, former);
  if (former !== job.lineage) await switchAll(ports, partitions, job, former, signal);
  const deleted = await deleteLeftovers(partitions, former);
  return { from: former.partitions, to: job.lineage.partitions, copied, deleted, unread };
}

function isSwitched({ lineage }: MovedPartition, job: MovedJob): boolean {
  return lineage?.partitions === job.lineage.partitions;
}

/**
 * What the state was made for; what it is to be where there is none. Of several answers that an earlier move has left the one with the
 * fewest partitions counts, as nothing ran while they differed.
 */
function formerLineage(
  partitions: readonly MovedPartition[],
  { topics, lineage }: MovedJob,
): Lineage {
  const known = partitions.flatMap((partition) => partition.lineage ?? []);
  const least = Math.min(...known.map(({ partitions }) => partitions));
  const former = known.find(({ partitions }) => partitions === least);
  if (former === undefined) return lineage;
  refuseOtherLineage({ ...former, partitions: lineage.partitions }, lineage, topics);
  if (former.partitions <= lineage.partitions) return former;
  throw new PipelineError(
    "PARTITIONS_CHANGED",
    `Cannot move the state of ${topics.input} to fewer partitions than it was made for ` +
      `(${former.partitions}): the topic has ${lineage.partitions}`,
    { remedy: "reset" },
  );
}

async function unreadRecords(
  { log }: MovePorts,
  partitions: readonly MovedPartition[],
): Promise<number> {
  let unread = 0;
  for (const { input, offset } of partitions) {
    unread += Math.max(0, (await log.bounds(input)).endOffset - offset);
  }
  return unread;
}

/** Where records can be sent on, the tasks do that with those whose key has left their partition. */
function refuseUnread({ topics }: MovedJob, unread: number): void {
  if (topics.repartition !== undefined || unread === 0) return;
  throw new PipelineError(
    "PARTITIONS_CHANGED",
    `Cannot move the state of ${topics.input} as all of its input must be read, since this job ` +
      `sends nothing on: ${unread} records wait`,
  );
}

/** Whose key is in which partition. */
function isAt(owner: Uint8Array, { partitions }: Lineage, { partition }: TopicPartition): boolean {
  return partitionForKey(owner, partitions) === partition;
}

/** Copies the entries of every key that has moved; gives how many. */
async function copyAll(partitions: readonly MovedPartition[], former: Lineage): Promise<number> {
  let copied = 0;
  for (const source of partitions.slice(0, former.partitions)) {
    for await (const entries of source.store.scan(allRows)) {
      for (const entry of entries) {
        const owner = ownerOf(entry.key);
        // What is not at home here was copied by a move that was cut short.
        if (owner === undefined || !isAt(owner, former, source.input)) continue;
        const target = partitions[partitionForKey(owner, partitions.length)] as MovedPartition;
        if (target === source) continue;
        await target.write(entry, former);
        copied += 1;
      }
    }
  }
  for (const partition of partitions) await partition.flush(former);
  return copied;
}

/** Gives each partition that has none yet the meta record under which it continues. */
async function switchAll(
  ports: MovePorts,
  partitions: readonly MovedPartition[],
  job: MovedJob,
  former: Lineage,
  signal: AbortSignal,
): Promise<void> {
  const metas = partitions.map(({ meta }) => meta);
  const common = commonMeta(metas.flatMap((meta) => meta ?? []), former);
  for (const [index, partition] of partitions.entries()) {
    if (isSwitched(partition, job)) continue;
    const { rekeyedOffset, sentOn } = await waitingRekeyed(ports, job, index, metas[index], signal);
    const own = metas[index] ?? { ...firstMeta(job.lineage, partition.offset), ...common.first };
    const place = { lineage: job.lineage, rekeyedOffset, rekeyedEpoch: noEpoch };
    await partition.switchTo({ ...own, ...common.all, ...place }, sentOn);
  }
}

/** What is the same in every partition from now on, and what a new one begins with. */
function commonMeta(
  metas: readonly TaskMeta[],
  former: Lineage,
): {
  readonly all: Pick<
    TaskMeta,
    "versionUs" | "generationUs" | "wholeFromMs" | "horizon" | "producers" | "timeMs"
  >;
  readonly first: Pick<TaskMeta, "windowing" | "rules"> | undefined;
} {
  const most = (of: (meta: TaskMeta) => number) => Math.max(0, ...metas.map(of));
  const producers = new Map<string, number>();
  for (const [partition, meta] of metas.entries()) {
    const known = asFormer(meta.producers, { partition, partitions: former.partitions });
    for (const { producerId, sequence } of known) {
      producers.set(producerId, Math.max(sequence, producers.get(producerId) ?? sequence));
    }
  }
  const wholeFrom = metas.flatMap(({ wholeFromMs }) => wholeFromMs ?? []);
  const [first] = metas;
  return {
    all: {
      // What is scheduled was due for none of them.
      ...metas.some(({ timeMs }) => timeMs !== undefined)
        ? { timeMs: most(({ timeMs }) => timeMs ?? 0) }
        : {},
      // A key's rows have the write times of its former partition.
      versionUs: most(writeTimeUs),
      generationUs: most(({ generationUs }) => generationUs),
      wholeFromMs: wholeFrom.length === 0 ? null : Math.max(...wholeFrom),
      // What was purged in one partition is late in all: it must never be made again.
      horizon: {
        ...noHorizon,
        timeMs: most(({ horizon }) => horizon.timeMs),
        expiredToMs: most(({ horizon }) => horizon.expiredToMs),
      },
      producers: [...producers].map(([producerId, sequence]) => ({ producerId, sequence })),
    },
    first: first && { windowing: first.windowing, rules: first.rules },
  };
}

/**
 * What waits in a partition of the repartition topic goes to its end again, each part to the
 * partition that its key has now, in the transaction that moves the position behind it. What is not
 * of our writing stays, for the task to make a dead letter of it.
 */
async function waitingRekeyed(
  { log }: MovePorts,
  { topics: { repartition: topic }, lineage }: MovedJob,
  partition: number,
  meta: TaskMeta | undefined,
  signal: AbortSignal,
): Promise<{ readonly rekeyedOffset: Offset; readonly sentOn: readonly OutputRecord[] }> {
  if (topic === undefined) return { rekeyedOffset: 0, sentOn: [] };
  const place = { topic, partition };
  const { startOffset, endOffset } = await log.bounds(place);
  if (meta === undefined) return { rekeyedOffset: startOffset, sentOn: [] };
  const bounds = { startOffset: meta.rekeyedOffset, endOffset, topicId: lineage.repartitionId };
  const parts = new PartsWriter(topic);
  const foreign: OutputRecord[] = [];
  for await (const records of readBetween(log, place, bounds, signal)) {
    for (const record of records) {
      const arrived = arrivedParts(record);
      if (arrived === undefined) foreign.push(record);
      for (const part of arrived ?? []) {
        for (const [to, keys] of keysByPartition(part, lineage.partitions)) {
          parts.add(to, { ...part, keys });
        }
      }
    }
  }
  return { rekeyedOffset: endOffset, sentOn: [...parts.records(), ...foreign] };
}

/** The keys of a part for each partition that it goes on to: whole, as only its job can cut it. */
function keysByPartition({ keys }: Part, partitions: number): Map<number, Part["keys"]> {
  const placeOf = (key: Uint8Array | undefined) => key && partitionForKey(key, partitions);
  const places = new Set(keys.map(placeOf).filter((place) => place !== undefined));
  return new Map([...places].map((place) => [
    place,
    keys.map((key) => placeOf(key) === place ? key : undefined),
  ]));
}

function isLeftover(row: Uint8Array, { input }: MovedPartition, partitions: number): boolean {
  const owner = ownerOf(row);
  return owner !== undefined && partitionForKey(owner, partitions) !== input.partition;
}

/** Deletes entries where their key no longer is; gives how many. */
async function deleteLeftovers(
  partitions: readonly MovedPartition[],
  former: Lineage,
): Promise<number> {
  let deleted = 0;
  for (const partition of partitions) {
    for await (const rows of partition.store.scan(allRows)) {
      for (const { key } of rows) {
        if (!isLeftover(key, partition, partitions.length)) continue;
        await partition.write({ key, value: null }, former);
        deleted += 1;
      }
    }
    await partition.flush(former);
  }
  return deleted;
}
