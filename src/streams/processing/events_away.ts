import type { Part, PartOrigin } from "../repartition_record.ts";
import { keptValueBytesMax } from "../side_output.ts";
import type { Source } from "../topology/topology.ts";

/**
 * Bytes of events sent to another partition as one value: what they were read from may have filled
 * its topic's bound, and unpacked may be far beyond it.
 */
const togetherBytesMax = 100_000;

type KeysAndIndexes = Pick<Part, "keys"> & Pick<PartOrigin, "indexes">;

/** Events as a value, or the index of one that no record can hold. */
export type WrittenPart = (Pick<Part, "value"> & KeysAndIndexes) | number;

interface Events<E> {
  readonly events: E[];
  readonly keys: Uint8Array[];
  readonly indexes: number[];
}

/** Events of a record that belong to other partitions. */
export class EventsAway<E> {
  readonly #byPartition = new Map<number, Events<E>>();

  /** @param index Of the event inside the record: ascending. */
  add(
    { partition, bytes }: { readonly partition: number; readonly bytes: Uint8Array },
    event: E,
    index: number,
  ): void {
    let own = this.#byPartition.get(partition);
    if (own === undefined) {
      own = { events: [], keys: [], indexes: [] };
      this.#byPartition.set(partition, own);
    }
    own.events.push(event);
    own.keys.push(bytes);
    own.indexes.push(index);
  }

  /**
   * What goes to each partition.
   *
   * @param record The value that all was read from, and how many events it holds: it goes on as it
   *   is where there is only one to go to.
   */
  *written(
    source: Pick<Source<E>, "write" | "asRead">,
    { value, count }: { readonly value: Uint8Array | null; readonly count: number },
  ): Generator<{ readonly partition: number; readonly part: WrittenPart }> {
    const isWhole = source.asRead && this.#byPartition.size === 1 &&
      value !== null && value.length <= togetherBytesMax;
    for (const [partition, own] of this.#byPartition) {
      if (isWhole) yield { partition, part: { value, ...spreadOut(own, count) } };
      else for (const part of writtenParts(own, source)) yield { partition, part };
    }
  }
}

/** The keys of events among all those of their record. */
function spreadOut({ keys, indexes }: Events<unknown>, count: number): KeysAndIndexes {
  if (keys.length === count) return { keys, indexes };
  const all = new Array<Uint8Array | undefined>(count).fill(undefined);
  for (let i = 0; i < keys.length; i++) all[indexes[i] as number] = keys[i];
  return { keys: all, indexes: [...all.keys()] };
}

/** Events as many values as it takes, in order. */
function writtenParts<E>(
  { events, keys, indexes }: Events<E>,
  source: Pick<Source<E>, "write">,
): WrittenPart[] {
  const value = source.write(events);
  if (value.length <= (events.length > 1 ? togetherBytesMax : keptValueBytesMax)) {
    return [{ value, keys, indexes }];
  }
  if (events.length === 1) return indexes;
  const half = Math.ceil(events.length / 2);
  return [[0, half], [half, events.length]].flatMap(([from, to]) =>
    writtenParts({
      events: events.slice(from, to),
      keys: keys.slice(from, to),
      indexes: indexes.slice(from, to),
    }, source)
  );
}

/** True for an event that is sent nowhere, as its processing ends with the reason why. */
export function isImpossible<E>(event: E, source: Pick<Source<E>, "fault">): boolean {
  try {
    return source.fault(event) !== undefined;
  } catch {
    return true;
  }
}
