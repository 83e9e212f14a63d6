import { Buffer } from "node:buffer";
import type avro from "avsc";
import { InvariantError } from "../base/assert.ts";
import { shortLivedBytes } from "../base/bytes.ts";
import { type Clock, systemClock } from "../base/clock.ts";
import { PipelineError } from "../base/errors.ts";
import type { Codec, WithValue } from "../streams/topology/codec.ts";
import { type FieldNames, localType } from "./avro_type.ts";
import type { SchemaRegistry } from "./ports.ts";
import { frameHeaderBytes, schemaIdOf, writeFrameHeader } from "./wire_format.ts";
import { WriterSchemas } from "./writer_schemas.ts";

/** First size of the buffer that values are encoded into; it grows to the largest value seen. */
const scratchBytesMin = 16 * 1024;

/** What a codec is made from. */
export interface AvroCodecOptions {
  readonly registry: SchemaRegistry;
  /** Where the schema is registered; its id goes into every value. */
  readonly subject: string;
  readonly schemaText: string;
  /** Names that the fields have in memory, where they differ from the schema's. */
  readonly fieldNames?: FieldNames;
  readonly clock?: Clock;
}

/**
 * Values of one Avro schema in Confluent's wire format; reads what other schemas wrote, too, where
 * Avro can resolve them.
 *
 * Ordering: values written under another schema id must go through `prepare` before `decode`.
 */
export class AvroCodec<T> implements Codec<T> {
  readonly #id: number;
  readonly #type: avro.Type;
  readonly #writers: WriterSchemas;
  #scratch: Buffer = Buffer.alloc(scratchBytesMin);

  private constructor(id: number, type: avro.Type, writers: WriterSchemas) {
    this.#id = id;
    this.#type = type;
    this.#writers = writers;
    writeFrameHeader(this.#scratch, id);
  }

  /**
   * Registers the schema and makes its codec.
   *
   * @throws {PipelineError} `REGISTRY_UNAVAILABLE`, `REGISTRY_REFUSED`.
   */
  static async create<T>(options: AvroCodecOptions): Promise<AvroCodec<T>> {
    const { registry, schemaText, clock = systemClock } = options;
    const id = await registry.register(options.subject, schemaText);
    const reader = localType(schemaText, options.fieldNames);
    return new AvroCodec<T>(
      id,
      reader,
      new WriterSchemas({ registry, schemaText, reader, id, clock }),
    );
  }

  /** Schema id of the values that this codec writes. */
  get id(): number {
    return this.#id;
  }

  /**
   * @returns Short-lived bytes, see `shortLivedBytes`.
   * @throws {InvariantError} If the value does not fit the schema.
   */
  encode(value: T): Uint8Array {
    const end = this.#write(value);
    const bytes = shortLivedBytes(end);
    for (let i = 0; i < end; i++) bytes[i] = this.#scratch[i] as number;
    return bytes;
  }

  /**
   * Fetches the schemas of these values that are not known yet.
   *
   * @throws {PipelineError} `REGISTRY_UNAVAILABLE`, `REGISTRY_REFUSED`.
   */
  prepare(records: readonly WithValue[]): Promise<void> {
    return this.#writers.prepare(records);
  }

  /** @throws {PipelineError} `RECORD_MALFORMED` or `SCHEMA_UNKNOWN`. */
  decode(bytes: Uint8Array): T {
    const id = schemaIdOf(bytes);
    const { check, resolver } = this.#writers.writerOf(id);
    try {
      check(bytes, frameHeaderBytes);
      return this.#type.decode(asBuffer(bytes), frameHeaderBytes, resolver).value;
    } catch (cause) {
      throw new PipelineError(
        "RECORD_MALFORMED",
        `Cannot decode value as it must be Avro of schema ${id}`,
        { cause, context: { schemaId: id, valueBytes: bytes.length } },
      );
    }
  }

  /** Writes the value behind the header in the scratch buffer; returns where it ends. */
  #write(value: T): number {
    try {
      const end = this.#type.encode(value, this.#scratch, frameHeaderBytes);
      if (end >= 0) return end;
      // A negative end is the number of bytes that were missing.
      this.#scratch = Buffer.alloc(2 * (this.#scratch.length - end));
      writeFrameHeader(this.#scratch, this.#id);
      return this.#type.encode(value, this.#scratch, frameHeaderBytes);
    } catch (cause) {
      throw new InvariantError(`value does not fit its schema: ${cause}`);
    }
  }
}

/** avsc reads from a Buffer only; this is one over the same memory. */
function asBuffer(bytes: Uint8Array): Buffer {
  if (Buffer.isBuffer(bytes)) return bytes;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
