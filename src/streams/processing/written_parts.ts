import type { KeyedEvents, Source } from "../topology/topology.ts";
import { sortOut } from "./reading.ts";
import { type DeadLetterCause, keptValueBytesMax } from "../side_output.ts";

/**
 * Bytes of events sent to the partition of their key as one value: what they were read from may
 * have filled its topic's bound, and unpacked may be far beyond it.
 */
const togetherBytesMax = 100_000;

/** Events of a key that can be sent, as a value. */
export interface WrittenPart {
  readonly key: string;
  readonly indexes: readonly number[];
  readonly value: Uint8Array;
}

/** An event that cannot. */
export interface DeadPart {
  readonly index: number;
  readonly cause: DeadLetterCause;
  readonly detail: string;
}

/**
 * Writes the events of a key as many values as it takes, in order, behind those that cannot be sent.
 *
 * @param whole The value that they were read from, where it holds nothing else: it is sent as it is.
 */
export function writtenParts<E>(
  part: KeyedEvents<E>,
  source: Pick<Source<E>, "keyFault" | "fault" | "write">,
  whole: Uint8Array | null,
): (WrittenPart | DeadPart)[] {
  const keyFault = source.keyFault?.(part.key);
  const faultOf = keyFault === undefined
    ? source.fault
    : () => ({ cause: "impossible-value" as const, detail: keyFault });
  const { possible, impossible } = sortOut(part, faultOf);
  if (possible === part && whole !== null && whole.length <= togetherBytesMax) {
    return [{ key: part.key, indexes: part.indexes, value: whole }];
  }
  const parts: (WrittenPart | DeadPart)[] = impossible.map(
    ({ index, fault }) => ({ index, cause: fault.cause, detail: fault.detail }),
  );
  if (possible.events.length > 0) split(possible, source, parts);
  return parts;
}

function split<E>(
  part: KeyedEvents<E>,
  source: Pick<Source<E>, "write">,
  parts: (WrittenPart | DeadPart)[],
): void {
  const { key, events, indexes } = part;
  const value = source.write(events);
  const bytesMax = events.length > 1 ? togetherBytesMax : keptValueBytesMax;
  if (value.length <= bytesMax) {
    parts.push({ key, indexes, value });
  } else if (events.length > 1) {
    const half = Math.ceil(events.length / 2);
    split({ key, events: events.slice(0, half), indexes: indexes.slice(0, half) }, source, parts);
    split({ key, events: events.slice(half), indexes: indexes.slice(half) }, source, parts);
  } else {
    const detail = "event is larger than a topic takes";
    for (const index of indexes) parts.push({ index, cause: "too-large", detail });
  }
}
