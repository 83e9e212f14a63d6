/**
 * A record batch of message format 2, the only one since Kafka 4.0; all numbers big-endian.
 *
 * | offset | bytes | field | |
 * |---|---|---|---|
 * | 0 | 8 | base offset | of the first record; 0 when written, set by the broker |
 * | 8 | 4 | length | bytes after this field |
 * | 12 | 4 | partition leader epoch | -1 when written |
 * | 16 | 1 | magic | 2 |
 * | 17 | 4 | checksum | CRC-32C from `attributes` to the end |
 * | 21 | 2 | attributes | bits 0–2 codec, 3 append time, 4 transactional, 5 control |
 * | 23 | 4 | last offset delta | kept by compaction: the batch's last offset, never its last record's |
 * | 27 | 8 | base timestamp | epoch ms |
 * | 35 | 8 | max timestamp | epoch ms |
 * | 43 | 8 | producer id | -1: none |
 * | 51 | 2 | producer epoch | |
 * | 53 | 4 | base sequence | |
 * | 57 | 4 | record count | |
 * | 61 | | records | compressed as a whole |
 *
 * A record: varint length, int8 attributes, varlong timestamp delta, varint offset delta, varint
 * key length (-1: null), key, varint value length (-1: null), value, varint header count; a header:
 * varint name length, name, varint value length, value. All varints are zigzag.
 */
export const batchLayout = {
  length: 8,
  leaderEpoch: 12,
  magic: 16,
  checksum: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  producerEpoch: 51,
  baseSequence: 53,
  recordCount: 57,
  records: 61,
} as const;

/** Bytes before those that the length field counts. */
export const batchPrefixBytes = 12;

/** Bits of the attributes field. */
export const batchBits = {
  codec: 0x07,
  appendTime: 0x08,
  transactional: 0x10,
  control: 0x20,
} as const;
