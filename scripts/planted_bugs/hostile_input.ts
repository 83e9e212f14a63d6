import type { PlantedBug } from "./planted_bug.ts";

/** What one bad input must not do. */
export const hostileInputBugs: readonly PlantedBug[] = [
  {
    name: "a window changed by an event on which the job threw",
    file: "src/streams/processing/processor.ts",
    find: "if (this.#continues) this.#rehearse(event, owner, { firstMs: firstOpenMs, lastMs });",
    replace: "",
    guarantee: "G12",
    test: "tests/unit/streams/processor_test.ts",
  },
  {
    name: "no bound on what trades add up to",
    file: "src/market/trade.ts",
    find: "export const magnitudeMax = 1e15;",
    replace: "export const magnitudeMax = Number.MAX_VALUE;",
    guarantee: "G12",
    test: "tests/unit/market/hostile_trades_test.ts",
  },
  {
    name: "a symbol of any length",
    file: "src/base/symbol.ts",
    find: "export const symbolCharsMax = 128;",
    replace: "export const symbolCharsMax = Infinity;",
    guarantee: "G12",
    test: "tests/unit/market/hostile_trades_test.ts",
  },
  {
    name: "an impossible event sent to another partition",
    file: "src/streams/processing/written_parts.ts",
    find: "sortOut(part, faultOf);",
    replace: "sortOut(part, () => undefined);",
    guarantee: "G12",
    test: "tests/unit/market/hostile_trades_test.ts",
  },
  {
    name: "an event whose key is impossible sent to another partition",
    file: "src/streams/processing/written_parts.ts",
    find: "source.keyFault?.(part.key);",
    replace: "undefined;",
    guarantee: "G12",
    test: "tests/unit/market/hostile_trades_test.ts",
  },
  {
    name: "a state for a key that is impossible",
    file: "src/streams/processing/processor.ts",
    find: "source.keyFault?.(reading.key)",
    replace: "undefined",
    guarantee: "G12",
    test: "tests/unit/market/hostile_trades_test.ts",
  },
  {
    name: "a decoder that drops a byte order mark",
    file: "src/base/text.ts",
    find: 'new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });',
    replace: 'new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });',
    guarantee: "G12",
    test: "tests/unit/streams/text_test.ts",
  },
  {
    name: "bytes that are no text kept as U+FFFD",
    file: "src/ingest/frame_records.ts",
    find: "value: frame.unreadable?.bytes ?? encodeText(frame.text),",
    replace: `value: frame.unreadable === undefined
      ? encodeText(frame.text)
      : encodeText(new TextDecoder().decode(frame.unreadable.bytes)),`,
    guarantee: "G12",
    test: "tests/unit/ingest/ingest_test.ts",
  },
  {
    name: "a dead letter as long as what it is about",
    file: "src/streams/processing/side_output.ts",
    find: "if (bytes === null || bytes.length <= bytesMax) return undefined;",
    replace: "if (bytes === null || bytesMax >= 0) return undefined;",
    guarantee: "G12",
    test: "tests/unit/streams/side_output_test.ts",
  },
  {
    name: "dead letters without a line in the log",
    file: "src/wiring/side_output_log.ts",
    find: "log(lines, record, refusal);",
    replace: "",
    guarantee: "G7",
    test: "tests/unit/wiring/side_output_log_test.ts",
  },
  {
    name: "partitions for a member that cannot be read",
    file: "src/kafka/group/member_metadata.ts",
    find: "if (!isOurs) return undefined;",
    replace: `if (!isOurs) {
      const nothing = { owned: [], held: new Map(), leaving: false, addresses: {} };
      return { instance: "", generation: -1, ...nothing };
    }`,
    guarantee: "G12",
    test: "tests/unit/kafka/member_metadata_test.ts",
  },
  {
    name: "an Avro array of null that stands for a billion items",
    file: "src/registry/avro_shape.ts",
    find: "if (--this.#emptyLeft < 0) throw",
    replace: "if (this.#emptyLeft < 0) throw",
    guarantee: "G12",
    test: "tests/unit/registry/avro_shape_test.ts",
  },
  {
    name: "a question to the registry for every id at random",
    file: "src/registry/writer_schemas.ts",
    find: "return this.#unknownUntilMs.size < unknownIdsMax;",
    replace: "return true;",
    guarantee: "G12",
    test: "tests/unit/registry/writer_schemas_test.ts",
  },
  {
    name: "a producer's name of any length in the state",
    file: "src/streams/processing/record_identity.ts",
    find: "name.length <= producerBytesMax ? decodeText(name) : undefined;",
    replace: "decodeText(name);",
    guarantee: "G12",
    test: "tests/unit/streams/record_identity_test.ts",
  },
];
