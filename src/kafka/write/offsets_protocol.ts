import type { Buffer } from "node:buffer";
import type { GroupPosition } from "../../streams/ports.ts";
import type { Offset, TopicPartition } from "../../streams/record.ts";
import { ProtocolFault } from "../errors.ts";
import type { WireRequest } from "../wire/internals.ts";
import { WireReader } from "../wire/wire_reader.ts";
import { WireWriter } from "../wire/wire_writer.ts";

/** Which end of a partition is asked for. */
export type LogEnd = "earliest" | "last-stable";

const timestampOf: Readonly<Record<LogEnd, number>> = { earliest: -2, "last-stable": -1 };

/** ListOffsets, version 3, `read_committed`. */
export function listOffsetsRequest(partition: TopicPartition, end: LogEnd): WireRequest<Offset> {
  const body = new WireWriter()
    .int32(-1) // replica: a client
    .int8(1) // read_committed
    .int32(1)
    .string(partition.topic)
    .int32(1)
    .int32(partition.partition)
    .int64(timestampOf[end])
    .finish();
  return { apiKey: 2, apiVersion: 3, apiName: "ListOffsets", body, decode: decodeListOffsets };
}

function decodeListOffsets(payload: Buffer): Offset {
  const reader = new WireReader(payload);
  reader.int32(); // throttle time
  reader.int32(); // topics: one
  reader.string();
  reader.int32(); // partitions: one
  reader.int32();
  failOn(reader.int16(), "ListOffsets");
  reader.int64(); // timestamp
  return reader.int64();
}

/**
 * OffsetFetch, version 7: the committed offset of one partition, or of all that the group has
 * committed, or a fault while a transaction that commits it is pending (`UNSTABLE_OFFSET_COMMIT`,
 * KIP-447).
 *
 * Version 7 is "flexible": compact lengths and tagged fields, also behind the request header.
 */
export function offsetFetchRequest(
  groupId: string,
  place: TopicPartition | undefined,
): WireRequest<readonly GroupPosition[]> {
  const writer = new WireWriter()
    .uvarint(0) // tags of the header
    .compactString(groupId);
  if (place === undefined) writer.uvarint(0); // null: all
  else {
    writer
      .uvarint(2) // topics: one
      .compactString(place.topic)
      .uvarint(2) // partitions: one
      .int32(place.partition)
      .uvarint(0);
  }
  const body = writer
    .int8(1) // require stable
    .uvarint(0)
    .finish();
  return { apiKey: 9, apiVersion: 7, apiName: "OffsetFetch", body, decode: decodeOffsetFetch };
}

function decodeOffsetFetch(payload: Buffer): GroupPosition[] {
  const reader = new WireReader(payload);
  reader.skipTags();
  reader.int32(); // throttle time
  const found: GroupPosition[] = [];
  reader.compactArray((topicReader) => {
    const topic = topicReader.compactString() ?? "";
    topicReader.compactArray((partitionReader) => {
      const committed = readCommittedOffset(partitionReader, topic);
      if (committed !== undefined) found.push(committed);
    });
    topicReader.skipTags();
  });
  failOn(reader.int16(), "OffsetFetch");
  return found;
}

function readCommittedOffset(reader: WireReader, topic: string): GroupPosition | undefined {
  const partition = reader.int32();
  const offset = reader.int64();
  reader.int32(); // leader epoch
  const metadata = reader.compactString() ?? "";
  failOn(reader.int16(), "OffsetFetch");
  reader.skipTags();
  return offset < 0 ? undefined : { topic, partition, offset, metadata };
}

function failOn(errorCode: number, what: string): void {
  if (errorCode !== 0) throw new ProtocolFault(errorCode, what);
}
