import type { GroupPosition } from "../../streams/ports.ts";
import type { Offset, TopicPartition } from "../../streams/record.ts";
import { ProtocolFault } from "./errors.ts";
import { writePartitions } from "./partitions.ts";
import type { WireReader } from "./wire_reader.ts";
import type { WireRequest } from "./wire_request.ts";

/** Which end of a partition is asked for. */
export type LogEnd = "earliest" | "last-stable";

const timestampOf: Readonly<Record<LogEnd, number>> = { earliest: -2, "last-stable": -1 };

/** ListOffsets, `read_committed`. */
export function listOffsetsRequest(partition: TopicPartition, end: LogEnd): WireRequest<Offset> {
  return {
    apiKey: 2,
    apiName: "ListOffsets",
    versions: { min: 6, max: 9 },
    flexibleFrom: 6,
    encode: (writer) =>
      writer
        .int32(-1) // replica: a client
        .int8(1) // read_committed
        .array([partition.topic], (byTopic, topic) =>
          byTopic.string(topic).array([partition.partition], (w, number) =>
            w
              .int32(number)
              .int32(-1) // leader epoch: not checked
              .int64(timestampOf[end])
              .tags()).tags())
        .tags(),
    decode: decodeListOffsets,
  };
}

function decodeListOffsets(reader: WireReader): Offset {
  reader.int32(); // throttle time
  const [found] = reader.array((byTopic) => {
    byTopic.string();
    return byTopic.array(readListedOffset)[0];
  });
  if (found === undefined) throw new ProtocolFault(3, "ListOffsets");
  return found;
}

function readListedOffset(reader: WireReader): Offset {
  reader.int32(); // partition
  failOn(reader.int16(), "ListOffsets");
  reader.int64(); // timestamp
  return reader.int64();
}

/**
 * OffsetFetch: the committed offset of one partition, or a fault while a transaction that commits it
 * is pending (`UNSTABLE_OFFSET_COMMIT`, KIP-447, since version 7); or all that the group has
 * committed, whatever is pending: one that died in a transaction leaves it so until it is fenced.
 */
export function offsetFetchRequest(
  groupId: string,
  place: TopicPartition | undefined,
): WireRequest<readonly GroupPosition[]> {
  return {
    apiKey: 9,
    apiName: "OffsetFetch",
    versions: { min: 7, max: 7 },
    flexibleFrom: 6,
    encode: (writer) =>
      writePartitions(writer.string(groupId), place === undefined ? null : [place])
        .boolean(place !== undefined) // only what is decided
        .tags(),
    decode: decodeOffsetFetch,
  };
}

function decodeOffsetFetch(reader: WireReader): GroupPosition[] {
  reader.int32(); // throttle time
  const found: GroupPosition[] = [];
  reader.array((topicReader) => {
    const topic = topicReader.text();
    topicReader.array((partitionReader) => {
      const committed = readCommittedOffset(partitionReader, topic);
      if (committed !== undefined) found.push(committed);
    });
    topicReader.tags();
  });
  failOn(reader.int16(), "OffsetFetch");
  return found;
}

function readCommittedOffset(reader: WireReader, topic: string): GroupPosition | undefined {
  const partition = reader.int32();
  const offset = reader.int64();
  reader.int32(); // leader epoch
  const metadata = reader.text();
  failOn(reader.int16(), "OffsetFetch");
  reader.tags();
  return offset < 0 ? undefined : { topic, partition, offset, metadata };
}

function failOn(errorCode: number, what: string): void {
  if (errorCode !== 0) throw new ProtocolFault(errorCode, what);
}
