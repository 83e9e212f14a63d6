import { decodeText, encodeText } from "../text.ts";
import type { Headers, LogRecord, OutputRecord } from "../record.ts";

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
  "schema-unknown",
  "impossible-value",
  "key-mismatch",
  "far-future",
  "empty",
  "too-many-events",
  "processing-error",
] as const;

/** Why something became a dead letter; labels of the dead-letter counters. */
export type DeadLetterCause = typeof deadLetterCauses[number];

/** Which part of which input record a side output is about. */
export interface Origin {
  readonly record: LogRecord;
  /** Index of the event inside the record; `undefined` for the whole record. */
  readonly index?: number;
  /** True for a record of the repartition topic: the origin is where its events came from. */
  readonly rekeyed?: boolean;
}

const originIndexes = "origin-indexes";

/**
 * A record of the dead-letter topic: the raw input bytes, cause and origin in headers.
 *
 * @param topic The input topic.
 */
export function deadLetterRecord(
  topic: string,
  origin: Origin,
  cause: DeadLetterCause,
  detail: string,
): OutputRecord {
  const { record } = origin;
  return {
    topic: deadLetterTopic(topic),
    partition: record.partition,
    timestampMs: record.timestampMs,
    key: record.key,
    value: record.value,
    headers: { ...originHeaders(origin), cause: encodeText(cause), detail: encodeText(detail) },
  };
}

/** Why a side output is a dead letter; `undefined` if it is none. */
export function deadLetterCauseOf({ headers }: OutputRecord): DeadLetterCause | undefined {
  const cause = headers?.["cause"];
  const text = cause === undefined ? undefined : decodeText(cause);
  return deadLetterCauses.find((known) => known === text);
}

/** Headers that lead back to the input. */
export function originHeaders({ record, index, rekeyed = false }: Origin): Headers {
  if (rekeyed) {
    const { [originIndexes]: indexes, ...origin } = record.headers;
    const all = indexes === undefined ? "" : decodeText(indexes) ?? "";
    const originIndex = index === undefined ? all : all.split(",")[index] ?? "";
    return { ...origin, "origin-index": encodeText(originIndex) };
  }
  const headers: Record<string, Uint8Array> = {
    "origin-topic": encodeText(record.topic),
    "origin-partition": encodeText(String(record.partition)),
    "origin-offset": encodeText(String(record.offset)),
  };
  if (index !== undefined) headers["origin-index"] = encodeText(String(index));
  return headers;
}

/**
 * A record of the repartition topic: events of one key, written anew, with headers that lead back
 * to the record and the places inside it that they come from.
 */
export function rekeyedRecord(
  topic: string,
  record: LogRecord,
  part: { readonly key: string; readonly value: Uint8Array; readonly indexes: readonly number[] },
): OutputRecord {
  return {
    topic,
    timestampMs: record.timestampMs,
    key: encodeText(part.key),
    value: part.value,
    headers: { ...originHeaders({ record }), [originIndexes]: encodeText(part.indexes.join(",")) },
  };
}
