import type { KeyedEvents, Source } from "../topology/topology.ts";
import { sortOut } from "./reading.ts";
import { type DeadLetterCause, keptValueBytesMax } from "./side_output.ts";

/**
 * Bytes of events sent to the partition of their key in one record. With the indexes of where
 * each came from it is larger than what it was read from, which may have filled its topic's bound,
 * and unpacked may be far beyond: a tenth of what a topic takes by default leaves room for both.
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

/** Writes the events of a key into as many values as it takes, in order. */
export function* writtenParts<E>(
  part: KeyedEvents<E>,
  source: Pick<Source<E>, "keyFault" | "fault" | "write">,
): Generator<WrittenPart | DeadPart> {
  const keyFault = source.keyFault?.(part.key);
  const faultOf = keyFault === undefined ? source.fault : () => keyFault;
  const { possible, impossible } = sortOut(part, faultOf);
  for (const { index, fault } of impossible) {
    yield { index, cause: "impossible-value", detail: fault };
  }
  if (possible.events.length > 0) yield* split(possible, source);
}

function* split<E>(
  part: KeyedEvents<E>,
  source: Pick<Source<E>, "write">,
): Generator<WrittenPart | DeadPart> {
  const { key, events, indexes } = part;
  const value = source.write(events);
  const bytesMax = events.length > 1 ? togetherBytesMax : keptValueBytesMax;
  if (value.length <= bytesMax) return yield { key, indexes, value };
  if (events.length > 1) {
    const half = Math.ceil(events.length / 2);
    yield* split({ key, events: events.slice(0, half), indexes: indexes.slice(0, half) }, source);
    yield* split({ key, events: events.slice(half), indexes: indexes.slice(half) }, source);
  } else {
    const detail = "event is larger than a topic takes";
    yield* indexes.map((index) => ({ index, cause: "too-large" as const, detail }));
  }
}
