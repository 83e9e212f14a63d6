import { ChunkDecoder, chunkOf } from "../../src/kafka/read/fetched_chunk.ts";
import { fetchRequest } from "../../src/kafka/read/fetch_protocol.ts";
import type { Offset, TopicPartition } from "../../src/streams/record.ts";
import { readOptions, testCluster } from "./kafka_harness.ts";

/** Counts the records of a partition before `end`, those of aborted transactions included. */
export async function recordsWithAborted(
  partition: TopicPartition,
  end: Offset,
): Promise<number> {
  await using cluster = testCluster();
  const { leader, topicId, leaderEpoch: currentLeaderEpoch } = await cluster.locate(partition);
  let [count, offset] = [0, 0];
  while (offset < end) {
    const target = { ...partition, topicId, offset, currentLeaderEpoch, lastFetchedEpoch: -1 };
    const request = fetchRequest([target], readOptions);
    const { partitions: [answer] } = await cluster.send(leader, request);
    const chunk = answer === undefined ? undefined : chunkOf(answer);
    if (chunk === undefined) throw new Error(`no answer at ${offset} of ${end}`);
    const decoder = new ChunkDecoder({ ...chunk, abortedTransactions: [] }, partition);
    while (!decoder.done) count += decoder.decode(offset, 10_000).records.length;
    offset = chunk.nextOffset;
  }
  return count;
}
