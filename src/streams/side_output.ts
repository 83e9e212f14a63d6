import { createHash } from "node:crypto";
import { decodeText, encodeText } from "./text.ts";
import type { Headers, LogRecord, OutputRecord } from "./record.ts";
import type { ArrivedPart } from "./repartition_record.ts";

/** Where the late and unreadable parts of a topic go. */
export function lateTopic(topic: string): string {
  return `${topic}-late`;
}

/** Where records and frames go that cannot be read. */
export function deadLetterTopic(topic: string): string {
  return `${topic}-dead-letters`;
}

/** Why something may become a dead letter. */
export const deadLetterCauses = [
  "malformed",
  "unreadable-batch",
  "schema-unknown",
  "impossible-value",
  "key-mismatch",
  "far-future",
  "empty",
  "too-many-events",
  "processing-error",
  "too-large",
] as const;

/** Why something became a dead letter; labels of the dead-letter counters. */
export type DeadLetterCause = typeof deadLetterCauses[number];

/**
 * Bytes of a side output's value that are kept: a record of the input's default size whole, and
 * half of the `max.message.bytes` with which the topics of side outputs are created.
 */
export const keptValueBytesMax: number = 1_048_576;

/** Bytes of a side output's key that are kept; a key of the market has at most a few hundred. */
const keptKeyBytesMax = 1_024;

/** Characters of a dead letter's detail that are kept; it may quote what could not be read. */
const detailCharsMax = 1_000;

/**
 * A record whose value, and key, are no longer than a log takes: what is longer ends early, and
 * headers hold the length and SHA-256 of the whole, as in `value-length` and `value-sha256`.
 *
 * @param valueBytesMax Bytes of the value that are kept, >= 0.
 * @returns The record itself where nothing is cut. Cut again, a record still states the whole.
 */
export function cutValue(
  record: OutputRecord,
  valueBytesMax: number = keptValueBytesMax,
): OutputRecord {
  const value = cutBytes("value", record.value, valueBytesMax);
  const key = cutBytes("key", record.key, keptKeyBytesMax);
  if (value === undefined && key === undefined) return record;
  return {
    ...record,
    key: key?.kept ?? record.key,
    value: value?.kept ?? record.value,
    headers: { ...value?.headers, ...key?.headers, ...record.headers },
  };
}

/**
 * What is left of a record for a log that does not take it whole: half of its value, until nothing
 * is left of it.
 *
 * @returns `undefined` for a record that must not be cut, and for one without anything to cut.
 */
export function shorterRecord(record: OutputRecord): OutputRecord | undefined {
  const { value, cuttable = false } = record;
  if (!cuttable || value === null || value.length === 0) return undefined;
  return cutValue(record, Math.floor(value.length / 2));
}

/** The beginning of what is too long, and headers about the whole; `undefined` if nothing is cut. */
function cutBytes(
  name: "key" | "value",
  bytes: Uint8Array | null,
  bytesMax: number,
): { readonly kept: Uint8Array; readonly headers: Headers } | undefined {
  if (bytes === null || bytes.length <= bytesMax) return undefined;
  return {
    kept: bytes.slice(0, bytesMax),
    headers: wholeHeaders(name, {
      lengthBytes: bytes.length,
      sha256: createHash("sha256").update(bytes).digest("hex"),
    }),
  };
}

/** Headers about the whole of what was cut; none for what was not. */
export function wholeHeaders(
  name: "key" | "value",
  whole: { readonly lengthBytes: number; readonly sha256: string } | undefined,
): Headers {
  if (whole === undefined) return {};
  return {
    [`${name}-length`]: encodeText(String(whole.lengthBytes)),
    [`${name}-sha256`]: encodeText(whole.sha256),
  };
}

/** Which part of which input record a side output is about. */
export interface Origin {
  /** A part of one of the repartition topic leads back to where its events were read. */
  readonly record: LogRecord | ArrivedPart;
  /** Index of the event inside the record; `undefined` for the whole record. */
  readonly index?: number;
  /** The event's time, where it is what is wrong. */
  readonly eventTimeMs?: number;
}

/**
 * A record of the dead-letter topic: the raw input bytes, as far as they are kept (`cutValue`),
 * cause and origin in headers.
 *
 * @param inputs The input topics; the first names that of dead letters.
 */
export function deadLetterRecord(
  inputs: readonly string[],
  origin: Origin,
  cause: DeadLetterCause,
  detail: string,
): OutputRecord {
  const { record } = origin;
  const [first = ""] = inputs;
  return cutValue({
    topic: deadLetterTopic(first),
    partition: record.partition,
    timestampMs: record.timestampMs,
    key: keyOf(origin),
    value: record.value,
    headers: {
      ...originHeaders(inputs, origin),
      ...(origin.eventTimeMs === undefined
        ? {}
        : { "event-time": encodeText(String(origin.eventTimeMs)) }),
      cause: encodeText(cause),
      detail: encodeText(detail.slice(0, detailCharsMax)),
    },
    cuttable: true,
  });
}

/**
 * A record of the late topic: the event, with the window that is closed and its key's time.
 *
 * @param inputs The input topics; the first names the late topic.
 */
export function lateRecord(
  inputs: readonly string[],
  origin: Origin,
  { key, value, window, streamTimeMs }: {
    readonly key: string;
    readonly value: Uint8Array;
    readonly window: { readonly startMs: number; readonly endMs: number };
    readonly streamTimeMs: number;
  },
): OutputRecord {
  const { record } = origin;
  const [first = ""] = inputs;
  return cutValue({
    topic: lateTopic(first),
    partition: record.partition,
    timestampMs: record.timestampMs,
    key: encodeText(key),
    value,
    headers: {
      ...originHeaders(inputs, origin),
      cause: encodeText("window-closed"),
      "window-start": encodeText(String(window.startMs)),
      "window-end": encodeText(String(window.endMs)),
      "stream-time": encodeText(String(streamTimeMs)),
    },
    cuttable: true,
  });
}

/** Why a side output is a dead letter; `undefined` if it is none. */
export function deadLetterCauseOf({ headers }: OutputRecord): DeadLetterCause | undefined {
  const cause = headers?.["cause"];
  const text = cause === undefined ? undefined : decodeText(cause);
  return deadLetterCauses.find((known) => known === text);
}

/** The record's own key, or the event's where it came with others. */
function keyOf({ record, index }: Origin): Uint8Array | null {
  if (index === undefined || !("origin" in record)) return record.key;
  return record.keys[index - record.firstIndex] ?? null;
}

/** Headers that lead back to the input. */
function originHeaders(inputs: readonly string[], { record, index }: Origin): Headers {
  if ("origin" in record) {
    const { keys, origin: { input, partition, offset, indexes } } = record;
    const topic = inputs[input] ?? "";
    const indexText = index === undefined
      ? indexes.filter((_, i) => keys[i] !== undefined).join()
      : indexes[index - record.firstIndex];
    return placeHeaders({ topic, partition, offset }, indexText);
  }
  return placeHeaders(record, index);
}

function placeHeaders(
  { topic, partition, offset }: Pick<LogRecord, "topic" | "partition" | "offset">,
  index: number | string | undefined,
): Headers {
  return {
    "origin-topic": encodeText(topic),
    "origin-partition": encodeText(String(partition)),
    "origin-offset": encodeText(String(offset)),
    ...index === undefined ? {} : { "origin-index": encodeText(String(index)) },
  };
}
