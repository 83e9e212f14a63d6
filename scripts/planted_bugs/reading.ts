import type { PlantedBug } from "./planted_bug.ts";

/** What must not be forgotten where Kafka is read. */
export const readingBugs: readonly PlantedBug[] = [
  {
    name: "a jump over what a broker does not show",
    file: "src/kafka/read/log.ts",
    find: "if (!await isCompactedAway(reader, endOffset, { cluster, timing, limits, signal })) {",
    replace: "if (reader.ended) {",
    guarantee: "G6",
    test: "tests/unit/kafka/log_test.ts",
  },
  {
    name: "fetches that do not name the epoch of their position",
    file: "src/kafka/read/fetch_protocol.ts",
    find: ".int32(lastFetchedEpoch)",
    replace: ".int32(Math.min(-1, lastFetchedEpoch))",
    guarantee: "G6",
    test: "tests/unit/kafka/log_test.ts",
  },
  {
    name: "another topic of the same name read on",
    file: "src/kafka/read/partition_reader.ts",
    find: "if (wanted !== noTopicId && wanted !== topicId) {",
    replace: "if (wanted === topicId && wanted === noTopicId) {",
    guarantee: "G11",
    test: "tests/unit/kafka/log_test.ts",
  },
  {
    name: "a topic that is not known yet taken for one that never will be",
    file: "src/kafka/wire/errors.ts",
    find: '"CORRUPT_MESSAGE",\n    "UNKNOWN_TOPIC_OR_PARTITION",',
    replace: '"CORRUPT_MESSAGE",',
    guarantee: "G6",
    test: "tests/unit/kafka/errors_test.ts",
  },
  {
    name: "a request in a version that the broker does not speak",
    file: "src/kafka/wire/versions.ts",
    find: "if (version >= min && version >= range.minVersion) return version;",
    replace: "if (version >= 0) return version;",
    guarantee: "one clear error",
    test: "tests/unit/kafka/versions_test.ts",
  },
  {
    name: "a header without a value that is no bytes",
    file: "src/kafka/read/header_decoder.ts",
    find: "this.#cursor.bytesLike(previous.value) ?? noBytes;",
    replace: "this.#cursor.bytesLike(previous.value) as Uint8Array;",
    guarantee: "G12",
    test: "tests/unit/kafka/batch_codec_test.ts",
  },
  {
    name: "records that unpack to any length",
    file: "src/kafka/wire/unpacked_bytes.ts",
    find: "32 * 1024 * 1024",
    replace: "2 ** 31 - 1",
    guarantee: "G12",
    test: "tests/unit/kafka/batch_codec_test.ts",
  },
  {
    name: "an unreadable batch that stops its partition",
    file: "src/kafka/read/batch_decoder.ts",
    find: "if (!(error instanceof UnreadableError)) throw error;\n    out.length = before;",
    replace: "if (error !== undefined) throw error;\n    out.length = before;",
    guarantee: "G12",
    test: "tests/unit/kafka/batch_codec_test.ts",
  },
];
