import { partitionForKey } from "../partitioner.ts";
import { type LogRecord, recordTimestampMsMax } from "../record.ts";
import type { Lineage } from "../state/lineage.ts";
import type { DeadLetterCause } from "../side_output.ts";
import type { Fault, Reading, Source } from "../topology/topology.ts";

/** Why nothing of a record can be used, where it is not what its values say. */
export const faults = {
  impossibleTimestamp: { cause: "impossible-value", detail: "record timestamp is out of range" },
  keyMismatch: { cause: "key-mismatch", detail: "record key is not that of all its events" },
  tooLarge: { cause: "too-large", detail: "event is larger than a topic takes" },
  otherCount: { cause: "malformed", detail: "not as many events as were sent on" },
} as const;

/** The write time that a record's receive time stands for; `undefined` for an impossible one. */
export function receivedUsOf({ timestampMs }: LogRecord): number | undefined {
  if (!(timestampMs >= 0 && timestampMs <= recordTimestampMsMax)) return undefined;
  return timestampMs * 1000;
}

/**
 * Reads a record: one whose key cannot be one is dead. No key of the state is made of it, not even
 * for a moment.
 */
export function readRecord<E>(
  record: LogRecord,
  source: Pick<Source<E>, "read" | "keyFault" | "ofTables">,
  from: "direct" | "rekeyed",
  { partitions }: Pick<Lineage, "partitions">,
): Reading<E> {
  const { unreadable } = record;
  if (unreadable !== undefined) return dead("unreadable-batch", unreadable);
  const reading = source.read(record, from === "rekeyed");
  if (reading.kind !== "events") return reading;
  const fault = source.keyFault?.(reading.key);
  if (fault !== undefined) return dead("impossible-value", fault);
  const isMisplaced = source.ofTables.includes(record.topic) && record.key !== null &&
    partitionForKey(record.key, partitions) !== record.partition;
  return isMisplaced ? { kind: "dead", ...faults.keyMismatch } : reading;
}

function dead(cause: DeadLetterCause, detail: string): Reading<never> {
  return { kind: "dead", cause, detail };
}

/** What a record counts for: its events, or itself where it cannot be read. */
export function itemsOf(reading: Reading<unknown>): number {
  if (reading.kind === "nothing") return 0;
  return reading.kind === "dead" ? 1 : reading.events.length;
}

/** Why a record of the repartition topic brings nothing. */
export function faultOfForeign({ unreadable }: LogRecord): Fault {
  return unreadable === undefined
    ? { cause: "malformed", detail: "not a record of events that were sent on" }
    : { cause: "unreadable-batch", detail: unreadable };
}
