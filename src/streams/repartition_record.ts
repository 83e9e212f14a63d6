import type { Headers, LogRecord, Offset, OutputRecord } from "./record.ts";

/** Events of one record, on the way to the partition of their keys. */
export interface Part {
  /** The events, as their source writes or wrote them. */
  readonly value: Uint8Array;
  /** The key of each; `undefined` for those that belong to another partition. */
  readonly keys: readonly (Uint8Array | undefined)[];
  /** When their record was received, epoch ms. */
  readonly timestampMs: number;
  readonly origin: PartOrigin;
}

/** Where the events of a part were read. */
export interface PartOrigin {
  /** Place of its topic among the job's inputs. */
  readonly input: number;
  readonly partition: number;
  readonly offset: Offset;
  /** Index of each event inside its record, ascending, whatever partition it belongs to. */
  readonly indexes: readonly number[];
}

/** How far a task has read its input: what a part without events says. */
export interface Progress {
  /** Event time of the last event, epoch ms. */
  readonly timeMs: number;
  /** True where there is more to read. */
  readonly behind: boolean;
}

const progressBytes = 9;

/** A part that brings no events, but says how far its origin is. */
export function progressPart(
  { timeMs, behind }: Progress,
  { timestampMs, partition, offset }: Pick<LogRecord, "timestampMs" | "partition" | "offset">,
): Part {
  const value = new Uint8Array(progressBytes);
  const view = new DataView(value.buffer);
  view.setFloat64(0, timeMs);
  view.setUint8(8, behind ? 1 : 0);
  return { value, keys: [], timestampMs, origin: { input: 0, partition, offset, indexes: [] } };
}

/** What a part without events says; `undefined` for bytes that no task has written. */
export function progressOf(value: Uint8Array): Progress | undefined {
  if (value.length !== progressBytes) return undefined;
  const view = new DataView(value.buffer, value.byteOffset, value.length);
  const [timeMs, behind] = [view.getFloat64(0), view.getUint8(8)];
  return Number.isFinite(timeMs) && behind <= 1 ? { timeMs, behind: behind === 1 } : undefined;
}

/** A part that has arrived, as a record: its place is that of the record that brought it. */
export interface ArrivedPart extends LogRecord {
  readonly key: null;
  readonly value: Uint8Array;
  readonly keys: Part["keys"];
  readonly origin: PartOrigin;
  /** Index of its first event among all events that its record brought. */
  readonly firstIndex: number;
}

const format = 2;

/** Behind every partition: the place of an input is counted in this. */
const inputUnit = 2 ** 20;

/** Bytes and events of a record that brings several parts; a larger part has a record of its own. */
const recordBytesMax = 100_000;
const recordEventsMax = 10_000;

/** Parts that are taken out of their records at once, at least. */
const portionPartsMin = 2_000;

/** First size of the buffer of a record, bytes. */
const bufferBytesMin = 1_024;

/** Up to this length bytes are copied faster one by one. */
const shortBytes = 64;

/** Upper bound of a varint's bytes. */
const varintBytesMax = 8;
const varintsPerPart = 5;
const varintsPerEvent = 3;

const noHeaders: Headers = {};

/**
 * Writes parts into as few records of the repartition topic as hold them. What a record costs on
 * its way (batch, transaction, decoding) is thus paid once for some thousand events, not for each.
 *
 * | field | bytes |
 * |---|---|
 * | format | 1 |
 * | parts, until the end | |
 * | … receive time | zigzag varint: difference to that of the part before |
 * | … origin: partition | varint: with 2^20 for each input of the job before its own |
 * | … origin: offset | zigzag varint: difference to that of the part before |
 * | … events | varint: how many, 0 for a part that says how far its origin is; for each: |
 * | … … index | varint: indexes of the origin left out before it |
 * | … … key | varint: 0 for an event of another partition; else which of the record's keys, from 1: a new one is the next, and stands behind it as text |
 * | … value | text: varint: length; bytes |
 *
 * The parts of a partition stay in the order in which they were added, whatever their keys: it is
 * all that the order of events and the time of a partition depend on.
 *
 * Owner: who commits. Guarantee: the same parts give the same records.
 */
export class PartsWriter {
  readonly #topic: string;
  readonly #open = new Map<number, OpenRecord>();
  #records: OutputRecord[] = [];
  #sizeBytes = 0;

  constructor(topic: string) {
    this.#topic = topic;
  }

  /** Bytes of the values added since `clear`. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /**
   * Adds a part for a partition of the topic. Keys that are the same array share its bytes, which
   * must stay as they are until `clear`.
   */
  add(partition: number, part: Part): void {
    this.#sizeBytes += part.value.length;
    const bytesMax = partBytesMax(part);
    let record = this.#open.get(partition);
    if (record?.hasRoomFor(part, bytesMax) !== true) {
      if (record !== undefined) this.#finish(partition, record);
      record = new OpenRecord();
      this.#open.set(partition, record);
    }
    record.add(part, bytesMax);
  }

  /** Everything added since `clear`. */
  records(): readonly OutputRecord[] {
    for (const [partition, record] of this.#open) this.#finish(partition, record);
    this.#open.clear();
    return this.#records;
  }

  /** Begins again with nothing. */
  clear(): void {
    this.#open.clear();
    this.#records = [];
    this.#sizeBytes = 0;
  }

  #finish(partition: number, record: OpenRecord): void {
    const { timestampMs, value } = record;
    this.#records.push({ topic: this.#topic, partition, timestampMs, key: null, value });
  }
}

class OpenRecord {
  #bytes = new Uint8Array(bufferBytesMin);
  #at = 0;
  #events = 0;
  #timestampMs = 0;
  #offset = 0;
  /** Numbers of the keys that stand here, by the array that holds their bytes. */
  readonly #keys = new Map<Uint8Array, number>();
  /** The latest receive time: by it the topic's retention goes. */
  timestampMs = 0;

  constructor() {
    this.#bytes[this.#at++] = format;
  }

  get value(): Uint8Array {
    return this.#bytes.subarray(0, this.#at);
  }

  hasRoomFor(part: Part, bytesMax: number): boolean {
    return this.#events + part.origin.indexes.length <= recordEventsMax &&
      this.#at + bytesMax <= recordBytesMax;
  }

  add(part: Part, bytesMax: number): void {
    const { keys, value, timestampMs, origin } = part;
    const { input, partition, offset, indexes } = origin;
    this.#reserve(bytesMax);
    this.#varint(zigzag(timestampMs - this.#timestampMs));
    this.#varint(partition + inputUnit * input);
    this.#varint(zigzag(offset - this.#offset));
    this.#varint(indexes.length);
    let next = 0;
    for (let i = 0; i < indexes.length; i++) {
      const index = indexes[i] as number;
      this.#varint(index - next);
      next = index + 1;
      this.#key(keys[i]);
    }
    this.#text(value);
    this.#events += indexes.length;
    this.#timestampMs = timestampMs;
    this.#offset = offset;
    this.timestampMs = Math.max(this.timestampMs, timestampMs);
  }

  #reserve(sizeBytes: number): void {
    const needed = this.#at + sizeBytes;
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
    larger.set(this.value);
    this.#bytes = larger;
  }

  #key(key: Uint8Array | undefined): void {
    if (key === undefined) return this.#varint(0);
    const known = this.#keys.get(key);
    if (known !== undefined) return this.#varint(known);
    this.#keys.set(key, this.#keys.size + 1);
    this.#varint(this.#keys.size);
    this.#text(key);
  }

  #text(bytes: Uint8Array): void {
    this.#varint(bytes.length);
    if (bytes.length > shortBytes) this.#bytes.set(bytes, this.#at);
    else for (let i = 0; i < bytes.length; i++) this.#bytes[this.#at + i] = bytes[i] as number;
    this.#at += bytes.length;
  }

  #varint(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.#bytes[this.#at++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[this.#at++] = rest;
  }
}

/** Upper bound of what a part takes. */
function partBytesMax({ keys, value }: Part): number {
  let bytes = value.length + varintsPerPart * varintBytesMax;
  for (const key of keys) bytes += varintsPerEvent * varintBytesMax + (key?.length ?? 0);
  return bytes;
}

/** By arithmetic: exact for differences of up to 2^52. */
function zigzag(value: number): number {
  return value >= 0 ? value * 2 : -value * 2 - 1;
}

function unzigzag(raw: number): number {
  return raw % 2 === 0 ? raw / 2 : -(raw + 1) / 2;
}

/** A record of the repartition topic, taken apart. */
export interface Arrival {
  readonly record: LogRecord;
  /** `undefined` for a record that no `PartsWriter` wrote. */
  readonly parts: readonly ArrivedPart[] | undefined;
}

/** Takes records apart, some thousand parts at a time: what was read holds many more. */
export function* arrivals(records: readonly LogRecord[]): Generator<readonly Arrival[]> {
  let portion: Arrival[] = [];
  let count = 0;
  for (const record of records) {
    const parts = arrivedParts(record);
    portion.push({ record, parts });
    count += parts?.length ?? 0;
    if (count < portionPartsMin) continue;
    yield portion;
    portion = [];
    count = 0;
  }
  if (portion.length > 0) yield portion;
}

/** The parts of a record in their order; `undefined` for one that no `PartsWriter` wrote. */
export function arrivedParts(record: LogRecord): ArrivedPart[] | undefined {
  try {
    if (record.value === null || record.unreadable !== undefined) return undefined;
    return new PartsReader(record, record.value).parts();
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Never leaves the bytes, and believes no number of events that they could not hold. */
class PartsReader {
  readonly #record: LogRecord;
  readonly #bytes: Uint8Array;
  readonly #keys: Uint8Array[] = [];
  #at = 0;

  constructor(record: LogRecord, bytes: Uint8Array) {
    this.#record = record;
    this.#bytes = bytes;
  }

  parts(): ArrivedPart[] | undefined {
    if (this.#varint() !== format) return undefined;
    const parts: ArrivedPart[] = [];
    let timestampMs = 0;
    let offset = 0;
    let firstIndex = 0;
    while (this.#at < this.#bytes.length) {
      timestampMs += unzigzag(this.#varint());
      const place = this.#varint();
      offset += unzigzag(this.#varint());
      const part = this.#part({ timestampMs, place, offset, firstIndex });
      parts.push(part);
      firstIndex += part.keys.length;
    }
    return parts.length === 0 ? undefined : parts;
  }

  /** @param place Of the input among the job's, and the partition: one number. */
  #part(
    { timestampMs, place, offset: originOffset, firstIndex }: {
      readonly timestampMs: number;
      readonly place: number;
      readonly offset: Offset;
      readonly firstIndex: number;
    },
  ): ArrivedPart {
    const { topic, partition, offset } = this.#record;
    const count = this.#varint();
    if (2 * count > this.#bytes.length - this.#at) throw new RangeError("no room for the events");
    const indexes = new Array<number>(count);
    const keys = new Array<Uint8Array | undefined>(count);
    let next = 0;
    for (let i = 0; i < count; i++) {
      const index = next + this.#varint();
      indexes[i] = index;
      next = index + 1;
      keys[i] = this.#key();
    }
    return {
      topic,
      partition,
      offset,
      timestampMs,
      key: null,
      value: this.#take(),
      headers: noHeaders,
      keys,
      origin: {
        input: Math.floor(place / inputUnit),
        partition: place % inputUnit,
        offset: originOffset,
        indexes,
      },
      firstIndex,
    };
  }

  #key(): Uint8Array | undefined {
    const number = this.#varint();
    if (number === 0) return undefined;
    const known = this.#keys[number - 1];
    if (known !== undefined) return known;
    if (number !== this.#keys.length + 1) throw new RangeError("no such key");
    const key = this.#take();
    this.#keys.push(key);
    return key;
  }

  #take(): Uint8Array {
    const length = this.#varint();
    const start = this.#at;
    if (length > this.#bytes.length - start) throw new RangeError("bytes end too early");
    this.#at += length;
    return this.#bytes.subarray(start, this.#at);
  }

  #varint(): number {
    let value = 0;
    let factor = 1;
    for (let length = 1; length <= varintBytesMax; length++) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw new RangeError("bytes end too early");
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      factor *= 0x80;
    }
    throw new RangeError("a number does not end");
  }
}
