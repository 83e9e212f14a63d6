import type { Offset, TopicPartition } from "../../streams/record.ts";
import { ProtocolFault } from "../wire/errors.ts";
import { writePartitions } from "../wire/partitions.ts";
import type { WireReader } from "../wire/wire_reader.ts";
import type { WireRequest } from "../wire/wire_request.ts";

const notAuthorized = 29;

/** A producer that has lately written to a partition. */
export interface ActiveProducer extends TopicPartition {
  readonly producerId: number;
  /** Where the transaction begins that is open there; `undefined` for none. */
  readonly openFrom: Offset | undefined;
}

/**
 * DescribeProducers (KIP-664), asked of the leader of all the partitions. Topics that we may not read
 * are left out of the answer.
 */
export function describeProducersRequest(
  partitions: readonly TopicPartition[],
): WireRequest<readonly ActiveProducer[]> {
  return {
    apiKey: 61,
    apiName: "DescribeProducers",
    versions: { min: 0, max: 0 },
    flexibleFrom: 0,
    encode: (writer) => writePartitions(writer, partitions).tags(),
    decode: decodeProducers,
  };
}

function decodeProducers(reader: WireReader): ActiveProducer[] {
  reader.int32(); // throttle time
  const found: ActiveProducer[] = [];
  reader.array((byTopic) => {
    const topic = byTopic.text();
    byTopic.array((r) => {
      const partition = r.int32();
      const errorCode = r.int16();
      if (errorCode !== 0 && errorCode !== notAuthorized) {
        throw new ProtocolFault(errorCode, "DescribeProducers");
      }
      r.string(); // message
      r.array((p) => found.push({ topic, partition, ...readProducer(p) }));
      r.tags();
    });
    byTopic.tags();
  });
  return found;
}

function readProducer(reader: WireReader): Pick<ActiveProducer, "producerId" | "openFrom"> {
  const producerId = reader.int64();
  reader.int32(); // epoch
  reader.int32(); // last sequence
  reader.int64(); // last timestamp
  reader.int32(); // coordinator epoch
  const openFrom = reader.int64();
  reader.tags();
  return { producerId, openFrom: openFrom < 0 ? undefined : openFrom };
}
