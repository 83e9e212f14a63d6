import type { WithValue } from "../streams/topology/codec.ts";
import type { Clock } from "../base/clock.ts";
import { PipelineError } from "../base/errors.ts";
import type { TradeCodec } from "../market/codec.ts";
import type { Trade } from "../market/trade.ts";
import { AvroCodec } from "./avro_codec.ts";
import type { SchemaRegistry } from "./ports.ts";
import { tradeSchemaText } from "./schemas.ts";
import { TradeReader, type TradeRecord } from "./trade_reader.ts";
import { frameHeaderBytes, frameSchemaId } from "./wire_format.ts";

/** The only kind of frame that carries trades. */
const tradeType = "trade";

/** A frame in memory: the schema's record with our field names. */
interface TradeFrame {
  readonly trades: readonly Trade[];
  readonly type: string;
}

const fieldNames = {
  data: "trades",
  c: "conditions",
  p: "price",
  s: "symbol",
  t: "eventTimeMs",
  v: "volume",
};

/** What the trade codec is made from. */
export interface AvroTradeCodecOptions {
  readonly registry: SchemaRegistry;
  /** Input topic; the schema is registered under `<topic>-value`, as the original's serializer does. */
  readonly topic: string;
  /** A second subject to register the schema under; nothing reads it. */
  readonly subjectAlso?: string;
  readonly clock?: Clock;
}

/** Trades as Avro of `schemas/trade.avsc` in Confluent's wire format, the original's own records. */
export class AvroTradeCodec implements TradeCodec {
  readonly #codec: AvroCodec<TradeFrame>;
  readonly #reader = new TradeReader();

  private constructor(codec: AvroCodec<TradeFrame>) {
    this.#codec = codec;
  }

  /**
   * Registers the schema and makes the codec.
   *
   * @throws {PipelineError} `REGISTRY_UNAVAILABLE`, `REGISTRY_REFUSED`.
   */
  static async create(options: AvroTradeCodecOptions): Promise<AvroTradeCodec> {
    const { topic, subjectAlso, ...rest } = options;
    if (subjectAlso !== undefined) await options.registry.register(subjectAlso, tradeSchemaText);
    const codec = await AvroCodec.create<TradeFrame>({
      ...rest,
      subject: `${topic}-value`,
      schemaText: tradeSchemaText,
      fieldNames,
    });
    return new AvroTradeCodec(codec);
  }

  encode(trades: readonly Trade[]): Uint8Array {
    return this.#codec.encode({ trades, type: tradeType });
  }

  prepare(records: readonly WithValue[]): Promise<void> {
    return this.#codec.prepare(records);
  }

  decode(value: Uint8Array): Trade[] {
    const { trades, type } = frameSchemaId(value) === this.#codec.id
      ? this.#read(value)
      : this.#codec.decode(value);
    if (type === tradeType) return trades as Trade[];
    throw new PipelineError(
      "RECORD_MALFORMED",
      `Cannot decode trades as type must be "${tradeType}": ${JSON.stringify(type.slice(0, 40))}`,
    );
  }

  /** Nearly all values are of our own schema: they have a reader of their own. */
  #read(value: Uint8Array): TradeRecord {
    try {
      return this.#reader.read(value, frameHeaderBytes);
    } catch (cause) {
      throw new PipelineError(
        "RECORD_MALFORMED",
        `Cannot decode trades as they must be Avro of schema ${this.#codec.id}`,
        { cause, context: { valueBytes: value.length } },
      );
    }
  }
}
