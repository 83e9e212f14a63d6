import type { Offset } from "../../streams/record.ts";
import type { Cluster } from "../cluster/cluster.ts";
import type { Timing } from "../cluster/retry.ts";
import { topicConfig } from "../cluster/topics.ts";
import { type FetchedPartition, type FetchLimits, fetchRequest } from "./fetch_protocol.ts";
import type { KafkaPartitionReader } from "./partition_reader.ts";

/** What an inquiry needs. */
export interface GapContext {
  readonly cluster: Cluster;
  readonly timing: Timing;
  readonly limits: FetchLimits;
  readonly signal: AbortSignal;
}

/** How often, and how far apart, a broker must show nothing: 5 s in all. */
const answersMin = 10;
const pauseMs = 500;

/**
 * True when it is proven that compaction has left nothing of a partition between the reader's
 * position and `endOffset`.
 *
 * Compaction removes records, but a later batch usually follows, and its offset moves the position.
 * Where none follows, as after a crash cut the newest segment off behind a compacted one, a reader
 * would wait without end. The proof has two parts. The topic must be compacted: Kafka refuses
 * tiered storage for those (KIP-405), so that the broker reads its own disk and does not answer
 * late. And the broker must say it again and again, for this partition alone, so that no other one
 * uses up the answer's bytes. Of any other topic, an empty answer proves nothing.
 */
export async function isCompactedAway(
  reader: KafkaPartitionReader,
  endOffset: Offset,
  context: GapContext,
): Promise<boolean> {
  if (!await isCompacted(reader, context)) return false;
  for (let answers = 0; answers < answersMin; answers++) {
    await context.timing.clock.sleep(pauseMs, context.signal);
    if (reader.ended || !showsNothing(await fetchAlone(reader, context), endOffset)) return false;
  }
  return true;
}

async function isCompacted(
  { partition: { topic } }: KafkaPartitionReader,
  { cluster }: GapContext,
): Promise<boolean> {
  const config = await topicConfig(cluster, topic);
  const isTiered = config.get("remote.storage.enable") === "true";
  return !isTiered && (config.get("cleanup.policy") ?? "").split(",").includes("compact");
}

async function fetchAlone(
  reader: KafkaPartitionReader,
  { cluster, limits }: GapContext,
): Promise<FetchedPartition | undefined> {
  const leader = await cluster.leader(reader.partition);
  const request = fetchRequest([reader.fetchTarget], { ...limits, maxWaitMs: 0 });
  return (await cluster.send(leader, request)).partitions[0];
}

function showsNothing(answer: FetchedPartition | undefined, endOffset: Offset): boolean {
  return answer !== undefined && answer.errorCode === 0 && answer.divergence === undefined &&
    answer.records.length === 0 && answer.lastStableOffset >= endOffset;
}
