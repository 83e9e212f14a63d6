/** Batches as writers make them that are none of ours. */
import { Buffer } from "node:buffer";
import { crc32c } from "../../src/base/crc32c.ts";
import { batchLayout, batchPrefixBytes } from "../../src/kafka/wire/batch_layout.ts";
import { encodeBatch } from "../../src/kafka/write/batch_encoder.ts";
import { compressed, type ForeignCodec, foreignCodecs } from "./foreign_codecs.ts";

/** A batch as of a producer without an identity. */
export function anonymous(batch: Buffer): Buffer {
  batch.writeBigInt64BE(-1n, batchLayout.producerId);
  batch.writeInt16BE(-1, batchLayout.producerEpoch);
  batch.writeInt32BE(-1, batchLayout.baseSequence);
  return sealed(batch);
}

/** A batch of records without keys, compressed by another writer. */
export function packed(codec: ForeignCodec, values: Iterable<Uint8Array | null>): Buffer {
  const records = Array.from(
    values,
    (value) => ({ topic: "t", timestampMs: 1_700_000_000_000, key: null, value }),
  );
  const plain = encodeBatch(records, {
    producerId: -1,
    producerEpoch: -1,
    baseSequence: -1,
    transactional: false,
    compression: "none",
  });
  const { records: recordsAt } = batchLayout;
  return repacked(plain, codec, compressed(codec, plain.subarray(recordsAt)));
}

/** A batch with these bytes in place of its records, which are said to be packed with a codec. */
export function repacked(batch: Buffer, codec: ForeignCodec, bytes: Uint8Array): Buffer {
  const changed = Buffer.concat([batch.subarray(0, batchLayout.records), bytes]);
  changed.writeInt32BE(changed.length - batchPrefixBytes, batchLayout.length);
  changed.writeInt16BE(foreignCodecs.indexOf(codec) + 1, batchLayout.attributes);
  return sealed(changed);
}

/** Makes the checksum of a changed batch fit. */
export function sealed(batch: Buffer): Buffer {
  batch.writeUInt32BE(crc32c(batch.subarray(batchLayout.attributes)), batchLayout.checksum);
  return batch;
}
