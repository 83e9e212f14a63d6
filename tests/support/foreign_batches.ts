/** Batches of writers that are none of ours, sent to a real broker as they are. */
import type { Buffer } from "node:buffer";
import { ProtocolFault } from "../../src/kafka/wire/errors.ts";
import { produceRequest } from "../../src/kafka/write/produce_protocol.ts";
import type { TopicPartition } from "../../src/streams/record.ts";
import { testCluster } from "./kafka_harness.ts";

/** Sends batches as they are. */
export async function produceBatches(
  place: TopicPartition,
  batches: readonly Buffer[],
): Promise<void> {
  await using cluster = testCluster();
  const leader = await cluster.leader(place);
  for (const batch of batches) {
    const request = produceRequest([{ ...place, batch }], {
      transactionalId: null,
      timeoutMs: 5_000,
    });
    for (const { errorCode } of await cluster.send(leader, request)) {
      if (errorCode !== 0) throw new ProtocolFault(errorCode, "Produce");
    }
  }
}
