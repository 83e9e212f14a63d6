import { PipelineError } from "../../base/errors.ts";
import type { CommittedOffset, OwnOutputs } from "../../streams/ports.ts";
import { partitionName, type TopicPartition } from "../../streams/record.ts";
import type { Cluster } from "../cluster/cluster.ts";
import type { Deadline } from "../cluster/retry.ts";
import { isControl, markerIn, readBatchHeader, verifyBatch } from "../read/batch_decoder.ts";
import { fetchRequest } from "../read/fetch_protocol.ts";
import { faultType, ProtocolFault } from "../wire/errors.ts";
import { sendWire } from "../wire/internals.ts";
import { listOffsetsRequest, offsetFetchRequest } from "../wire/offsets_protocol.ts";
import { type ActiveProducer, describeProducersRequest } from "./producers_protocol.ts";
import type { TransactionClient } from "./transaction_protocol.ts";
import type { ProducerIdentity } from "./transaction_requests.ts";

const unknownPartition = 3;

/** How a transaction ends. */
export type TransactionEnd = "commit" | "abort";

/** Whose transactions are looked at, and where. */
export interface MarkerSearch {
  readonly cluster: Cluster;
  readonly client: TransactionClient;
  readonly groupId: string;
  readonly input: TopicPartition;
  readonly outputs: OwnOutputs;
}

/** What the partitions show of a transaction that the coordinator takes for ended. */
interface Unended {
  /** Partitions in which our producer has a transaction open. */
  readonly open: readonly ActiveProducer[];
  /** The committed position; `pending` while one waits for its marker. */
  readonly position: CommittedOffset | "pending" | undefined;
}

/**
 * Ends what the coordinator of our transactions takes for ended, though partitions have never got
 * its marker: Kafka 4 leaves out those without a leader ("likely deleted already"), as all are
 * while a cluster of one broker starts again. Their records would stay invisible, and the committed
 * position pending, without end; the next marker of our producer, of whatever transaction, would
 * decide over them.
 *
 * Called right after a fence, when the coordinator has nothing of ours under way. A transaction
 * that contains every partition which this producer may have written gives the missing markers.
 *
 * The outcome is the one that other partitions show. Where none shows it, a pending position is
 * committed: it is the last thing that a transaction writes, so the transaction is complete, and no
 * one can have continued from the position before it.
 *
 * @returns How it was ended; `undefined` if there was nothing.
 * @see Kafka's TransactionMarkerChannelManager, KRaftMetadataCache.getPartitionLeaderEndpoint
 */
export async function giveLostMarkers(
  search: MarkerSearch,
  identity: ProducerIdentity,
  deadline: Deadline,
): Promise<TransactionEnd | undefined> {
  const partitions = await look(search, deadline, () => partitionsOf(search));
  const unended = await look(search, deadline, () => findUnended(search, identity, partitions));
  if (unended.open.length === 0 && unended.position !== "pending") return undefined;
  const end = await look(search, deadline, () => endOf(search, unended));
  await search.client.close(identity, { partitions, end }, deadline);
  return end;
}

/** Where partitions of ours take a transaction of this producer for open. */
export async function openTransactions(
  search: MarkerSearch,
  identity: ProducerIdentity,
  deadline: Deadline,
): Promise<readonly ActiveProducer[]> {
  const work = async () => await openIn(search, identity, await partitionsOf(search));
  return await look(search, deadline, work);
}

async function look<T>(
  { cluster, outputs }: MarkerSearch,
  deadline: Deadline,
  work: () => Promise<T>,
): Promise<T> {
  return await deadline.retry(() =>
    work().catch((error) => {
      for (const topic of [outputs.changelog.topic, ...outputs.topics]) cluster.forgetTopic(topic);
      throw error;
    })
  );
}

/** Every partition that the owner may have written. */
async function partitionsOf({ cluster, outputs }: MarkerSearch): Promise<TopicPartition[]> {
  const found = [outputs.changelog];
  for (const topic of outputs.topics) {
    for (const { partition } of await cluster.topic(topic)) found.push({ topic, partition });
  }
  return found;
}

async function findUnended(
  search: MarkerSearch,
  identity: ProducerIdentity,
  partitions: readonly TopicPartition[],
): Promise<Unended> {
  const { cluster, groupId, input } = search;
  const [position, open] = await Promise.all([
    positionOf(cluster, groupId, input),
    openIn(search, identity, partitions),
  ]);
  return { open, position };
}

async function openIn(
  { cluster }: MarkerSearch,
  { producerId }: ProducerIdentity,
  partitions: readonly TopicPartition[],
): Promise<readonly ActiveProducer[]> {
  const leaders: number[] = [];
  for (const place of partitions) leaders.push(await cluster.leader(place));
  const byLeader = Map.groupBy(partitions, (_, i) => leaders[i] as number);
  const active = await Promise.all(
    Array.from(byLeader, ([leader, led]) => cluster.send(leader, describeProducersRequest(led))),
  );
  return active.flat().filter((one) => one.producerId === producerId && one.openFrom !== undefined);
}

async function positionOf(
  cluster: Cluster,
  groupId: string,
  input: TopicPartition,
): Promise<CommittedOffset | "pending" | undefined> {
  const request = offsetFetchRequest(groupId, input);
  try {
    const [found] = await cluster.onCoordinator("group", groupId, (b) => sendWire(b, request));
    return found;
  } catch (error) {
    if (faultType(error) === "UNSTABLE_OFFSET_COMMIT") return "pending";
    throw error;
  }
}

async function endOf(
  { cluster, outputs }: MarkerSearch,
  { open, position }: Unended,
): Promise<TransactionEnd> {
  const { changelog, changelogPositionIn } = outputs;
  const inChangelog = open.find(({ topic, partition }) =>
    topic === changelog.topic && partition === changelog.partition
  );
  if (inChangelog === undefined) {
    return await lastEndIn(cluster, changelog) ?? (position === "pending" ? "commit" : "abort");
  }
  if (position === "pending") return "commit";
  const { openFrom = 0 } = inChangelog;
  const covered = position && changelogPositionIn(position.metadata);
  return covered !== undefined && openFrom < covered ? "commit" : "abort";
}

/** How the last transaction in a changelog ended, as its marker says; `undefined` without one. */
async function lastEndIn(
  cluster: Cluster,
  changelog: TopicPartition,
): Promise<TransactionEnd | undefined> {
  const { leader, leaderEpoch, topicId } = await cluster.locate(changelog);
  const endOffset = await cluster.send(leader, listOffsetsRequest(changelog, "last-stable"));
  if (endOffset === 0) return undefined;
  const target = {
    topicId,
    partition: changelog.partition,
    offset: endOffset - 1,
    currentLeaderEpoch: leaderEpoch,
    lastFetchedEpoch: -1,
  };
  const limits = { maxWaitMs: 0, maxBytes: 1_000_000, maxBytesPerPartition: 1_000_000 };
  const { errorCode, partitions: [answer] } = await cluster.send(
    leader,
    fetchRequest([target], limits),
  );
  if (errorCode !== 0) throw new ProtocolFault(errorCode, "Fetch");
  if (answer === undefined) throw new ProtocolFault(unknownPartition, "Fetch");
  if (answer.errorCode !== 0) throw new ProtocolFault(answer.errorCode, "Fetch");
  const header = readBatchHeader(answer.records, 0);
  if (header === undefined) return undefined;
  verifyBatch(answer.records, header, changelog);
  if (!isControl(header)) return undefined;
  const end = markerIn(answer.records, header, changelog);
  if (end !== undefined) return end;
  throw new PipelineError(
    "LOG_UNAVAILABLE",
    `Cannot tell how the last transaction in ${
      partitionName(changelog)
    } ended as its marker must ` +
      "be there: compaction has removed it",
  );
}
