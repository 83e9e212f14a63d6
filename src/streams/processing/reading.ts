import type { LogRecord } from "../record.ts";
import type { KeyedEvents, Reading } from "../topology/topology.ts";

/** Receive times that can become write times in microseconds without losing digits. */
const recordTimestampMsMax = 9_000_000_000_000;

/** The write time that a record's receive time stands for; `undefined` for an impossible one. */
export function receivedUsOf({ timestampMs }: LogRecord): number | undefined {
  if (!(timestampMs >= 0 && timestampMs <= recordTimestampMsMax)) return undefined;
  return timestampMs * 1000;
}

/** What a record counts for: one without events, or that cannot be read, for itself. */
export function itemsOf(reading: Reading<unknown>): number {
  return reading.kind === "dead" ? 1 : Math.max(1, eventsIn(reading));
}

/** Events in a record that can be read. */
export function eventsIn(reading: Exclude<Reading<unknown>, { readonly kind: "dead" }>): number {
  if (reading.kind === "events") return reading.events.length;
  return reading.parts.reduce((sum, { events }) => sum + events.length, 0);
}

/** An event that cannot be real. */
export interface ImpossibleEvent {
  /** Its index inside the record. */
  readonly index: number;
  readonly fault: string;
}

/** Parts the events of a key that can be real from those that cannot. */
export function sortOut<E>(
  part: KeyedEvents<E>,
  faultOf: (event: E) => string | undefined,
): { readonly possible: KeyedEvents<E>; readonly impossible: readonly ImpossibleEvent[] } {
  if (part.events.every((event) => faultOf(event) === undefined)) {
    return { possible: part, impossible: [] };
  }
  const possible = { key: part.key, events: [] as E[], indexes: [] as number[] };
  const impossible: ImpossibleEvent[] = [];
  for (const [place, event] of part.events.entries()) {
    const index = part.indexes[place] as number;
    const fault = faultOf(event);
    if (fault !== undefined) {
      impossible.push({ index, fault });
      continue;
    }
    possible.events.push(event);
    possible.indexes.push(index);
  }
  return { possible, impossible };
}
