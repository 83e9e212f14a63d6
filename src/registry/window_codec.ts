import { assert } from "../base/assert.ts";
import { shortLivedBytes } from "../base/bytes.ts";
import type { Candle } from "../market/candle.ts";
import type { WindowState } from "../streams/topology/key_state.ts";
import type { Codec } from "../streams/topology/codec.ts";
import type { AvroCodec } from "./avro_codec.ts";
import { frameHeaderBytes, frameSchemaId, writeFrameHeader } from "./wire_format.ts";

/** A window as its schema has it: the aggregate's fields beside the others, `null` for `NaN`. */
export type WindowRecord =
  & { readonly [K in keyof Candle]: Candle[K] | null }
  & Omit<WindowState<Candle>, "aggregate">;

const littleEndian = true;

/** Numbers below it are integers that a processor counts with; times are larger. */
const two28 = 2 ** 28;

/** Header, three numbers, six optional ones, a flag and two times, each at its longest. */
const bytesMax = 128;

/**
 * Reads and writes values of `schemas/window_state.avsc`, ten times as fast as what is made from the
 * schema: a key's row has several of them, and each is written again when the key changes.
 *
 * The bytes are the same. What is not as this writes it is left to the general codec: values of
 * other schemas, damage.
 *
 * @see Apache Avro specification, "Binary encoding"
 */
export class WindowCodec implements Codec<WindowState<Candle>> {
  readonly #records: AvroCodec<WindowRecord>;
  readonly #scratch = new Uint8Array(bytesMax);
  readonly #view = new DataView(this.#scratch.buffer);
  #bytes: Uint8Array = this.#scratch;
  #read: DataView = this.#view;
  #at = 0;

  constructor(records: AvroCodec<WindowRecord>) {
    this.#records = records;
    writeFrameHeader(this.#scratch, records.id);
  }

  /** @returns Short-lived bytes, see `shortLivedBytes`. */
  encode({ aggregate, final, versionUs, receivedAtMs }: WindowState<Candle>): Uint8Array {
    this.#at = frameHeaderBytes;
    this.#putLong(aggregate.count);
    this.#putDouble(aggregate.volume);
    this.#putDouble(aggregate.priceVolume);
    this.#putOptionalDouble(aggregate.open);
    this.#putOptionalLong(aggregate.openTimeMs);
    this.#putOptionalDouble(aggregate.high);
    this.#putOptionalDouble(aggregate.low);
    this.#putOptionalDouble(aggregate.close);
    this.#putOptionalLong(aggregate.closeTimeMs);
    this.#scratch[this.#at++] = final ? 1 : 0;
    this.#putLong(versionUs);
    this.#putLong(receivedAtMs);
    const bytes = shortLivedBytes(this.#at);
    for (let i = 0; i < this.#at; i++) bytes[i] = this.#scratch[i] as number;
    return bytes;
  }

  /** @throws {PipelineError} `RECORD_MALFORMED` or `SCHEMA_UNKNOWN`. */
  decode(bytes: Uint8Array): WindowState<Candle> {
    const own = frameSchemaId(bytes) === this.#records.id ? this.#readOwn(bytes) : undefined;
    if (own !== undefined) return own;
    const { final, versionUs, receivedAtMs, ...fields } = this.#records.decode(bytes);
    return { aggregate: candleOf(fields), final, versionUs, receivedAtMs };
  }

  #readOwn(bytes: Uint8Array): WindowState<Candle> | undefined {
    this.#bytes = bytes;
    if (this.#read.buffer !== bytes.buffer) this.#read = new DataView(bytes.buffer);
    this.#at = frameHeaderBytes;
    const aggregate: Candle = {
      count: this.#long(),
      volume: this.#double(),
      priceVolume: this.#double(),
      open: this.#optionalDouble(),
      openTimeMs: this.#optionalLong(),
      high: this.#optionalDouble(),
      low: this.#optionalDouble(),
      close: this.#optionalDouble(),
      closeTimeMs: this.#optionalLong(),
    };
    const final = this.#flag();
    const state = { aggregate, final, versionUs: this.#long(), receivedAtMs: this.#long() };
    return this.#at === bytes.length ? state : undefined;
  }

  /** Zigzag varint: twice a safe integer >= 0 is exact; one below 0 has a bit less. */
  #putLong(value: number): void {
    let rest = value < 0 ? -2 * value - 1 : 2 * value;
    const fits = Number.isSafeInteger(value < 0 ? rest : value);
    assert(fits, `value does not fit its schema: ${value}`);
    if (rest >= two28) {
      const high = Math.floor(rest / two28);
      this.#putContinued(rest - high * two28);
      rest = high;
    }
    while (rest >= 0x80) {
      this.#scratch[this.#at++] = rest | 0x80;
      rest >>>= 7;
    }
    this.#scratch[this.#at++] = rest;
  }

  /** 28 bits of a longer number. */
  #putContinued(low: number): void {
    this.#scratch[this.#at++] = low | 0x80;
    this.#scratch[this.#at++] = low >>> 7 | 0x80;
    this.#scratch[this.#at++] = low >>> 14 | 0x80;
    this.#scratch[this.#at++] = low >>> 21 | 0x80;
  }

  #putDouble(value: number): void {
    this.#view.setFloat64(this.#at, value, littleEndian);
    this.#at += 8;
  }

  #putOptionalDouble(value: number): void {
    const isThere = !Number.isNaN(value);
    this.#scratch[this.#at++] = isThere ? 2 : 0;
    if (isThere) this.#putDouble(value);
  }

  #putOptionalLong(value: number): void {
    const isThere = !Number.isNaN(value);
    this.#scratch[this.#at++] = isThere ? 2 : 0;
    if (isThere) this.#putLong(value);
  }

  #long(): number {
    let low = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.#bytes[this.#at++] ?? this.#fail();
      low |= (byte & 0x7f) << shift;
      if (byte < 0x80) return low >>> 1 ^ -(low & 1);
    }
    const isNegative = (low & 1) === 1;
    let sum = low;
    for (let factor = two28;; factor *= 0x80) {
      const byte = this.#bytes[this.#at++] ?? this.#fail();
      sum += (byte & 0x7f) * factor;
      if (byte >= 0x80) continue;
      if (!Number.isSafeInteger(isNegative ? sum : sum / 2)) return this.#fail();
      return isNegative ? -(sum + 1) / 2 : sum / 2;
    }
  }

  #double(): number {
    const at = this.#at;
    this.#at += 8;
    if (this.#at > this.#bytes.length) return this.#fail();
    return this.#read.getFloat64(this.#bytes.byteOffset + at, littleEndian);
  }

  #optionalDouble(): number {
    return this.#branch() === 0 ? NaN : this.#double();
  }

  #optionalLong(): number {
    return this.#branch() === 0 ? NaN : this.#long();
  }

  #branch(): number {
    const byte = this.#bytes[this.#at++];
    return byte === 0 || byte === 2 ? byte : this.#fail();
  }

  #flag(): boolean {
    const byte = this.#bytes[this.#at++];
    if (byte !== 0 && byte !== 1) this.#fail();
    return byte === 1;
  }

  /** Not a value as this writes it: from here on nothing is read, and the end is missed. */
  #fail(): 0 {
    this.#at = Infinity;
    return 0;
  }
}

/** As `Candle` has it. */
function candleOf(fields: Omit<WindowRecord, "final" | "versionUs" | "receivedAtMs">): Candle {
  return {
    count: fields.count ?? 0,
    volume: fields.volume ?? 0,
    priceVolume: fields.priceVolume ?? 0,
    open: fields.open ?? NaN,
    openTimeMs: fields.openTimeMs ?? NaN,
    high: fields.high ?? NaN,
    low: fields.low ?? NaN,
    close: fields.close ?? NaN,
    closeTimeMs: fields.closeTimeMs ?? NaN,
  };
}
