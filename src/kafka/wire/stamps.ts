import { decodeText, encodeText } from "../../streams/text.ts";
import type { Headers, OutputRecord } from "../../streams/record.ts";

/** What Kafka calls "no timestamp", and takes whatever bounds a topic has for timestamps. */
const noTimestamp = -1;

/** Keeps the time of a record that has no timestamp, epoch ms in decimal. */
const stampHeader = "stamped-at";

/** Greatest timestamp that a batch holds exactly, ms: its deltas are zigzag numbers of 53 bits. */
const stampMsMax = 2 ** 52 - 1;

/** True for a record with a timestamp of Kafka's own. */
export function isStamped({ timestampMs }: OutputRecord): boolean {
  return timestampMs !== noTimestamp;
}

/** True for a record whose timestamp a batch can hold. */
export function isStampable({ timestampMs }: OutputRecord): boolean {
  return timestampMs >= noTimestamp && timestampMs <= stampMsMax;
}

/**
 * A record whose time is in a header, for a broker that refuses it as a timestamp: Kafka 4 takes
 * none that lies more than an hour ahead of its own clock. Nothing else can be put in its place
 * that is not wrong, as we do not know the broker's clock; readers of ours see no difference.
 */
export function unstamped<R extends OutputRecord>(record: R): R {
  if (!isStamped(record)) return record;
  const stamp = encodeText(String(record.timestampMs));
  return {
    ...record,
    timestampMs: noTimestamp,
    headers: { ...record.headers, [stampHeader]: stamp },
  };
}

/** The time of a record that was read: its timestamp, or what `unstamped` kept of it. */
export function stampOf(timestampMs: number, headers: Headers): number {
  if (timestampMs !== noTimestamp) return timestampMs;
  const stamp = headers[stampHeader];
  const told = stamp === undefined ? NaN : Number(decodeText(stamp));
  return Number.isFinite(told) ? told : timestampMs;
}
