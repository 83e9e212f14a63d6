import { Buffer } from "node:buffer";
import { type FetchAnswer, fetchRequest } from "../../src/kafka/read/fetch_protocol.ts";
import { decodeAnswer } from "../../src/kafka/wire/wire_request.ts";
import { WireWriter } from "../../src/kafka/wire/wire_writer.ts";

const fetch = fetchRequest([], { maxWaitMs: 0, maxBytes: 0, maxBytesPerPartition: 0 });
const version = fetch.versions.max;

/** Size and correlation id of an answer. */
const headerBytes = 8;

/** The frame of an answer to a fetch without its records, as of a broker that reads them late. */
export function withoutRecords(frame: Buffer): Buffer {
  const answer = decodeAnswer(fetch, version, frame.subarray(headerBytes));
  const body = encodeEmpty(answer);
  const header = Buffer.from(frame.subarray(0, headerBytes));
  header.writeInt32BE(body.length + 4, 0);
  return Buffer.concat([header, body]);
}

function encodeEmpty({ errorCode, partitions }: FetchAnswer): Buffer {
  return new WireWriter(256, "flexible")
    .tags() // of the header
    .int32(0) // throttle time
    .int16(errorCode)
    .int32(0) // session
    .array(
      partitions,
      (byTopic, { topicId, ...of }) =>
        byTopic.uuid(topicId).array([of], (w, part) =>
          w
            .int32(part.partition)
            .int16(part.errorCode)
            .int64(part.lastStableOffset) // high watermark
            .int64(part.lastStableOffset)
            .int64(part.logStartOffset)
            .array([], () => {}) // aborted transactions
            .int32(-1) // preferred replica
            .bytes(new Uint8Array(0))
            .tags()).tags(),
    )
    .tags()
    .finish();
}
