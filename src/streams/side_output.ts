import { decodeText, encodeText } from "./text.ts";
import type { Headers, LogRecord, OutputRecord } from "./record.ts";

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
}

/** A record of the dead-letter topic: the raw input bytes, cause and origin in headers. */
export function deadLetterRecord(
  origin: Origin,
  cause: DeadLetterCause,
  detail: string,
): OutputRecord {
  const { record } = origin;
  return {
    topic: deadLetterTopic(record.topic),
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
export function originHeaders({ record, index }: Origin): Headers {
  const headers: Record<string, Uint8Array> = {
    "origin-topic": encodeText(record.topic),
    "origin-partition": encodeText(String(record.partition)),
    "origin-offset": encodeText(String(record.offset)),
  };
  if (index !== undefined) headers["origin-index"] = encodeText(String(index));
  return headers;
}
