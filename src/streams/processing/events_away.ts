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
  readonly partition: number;
  readonly events: E[];
  readonly keys: Uint8Array[];
  readonly indexes: number[];
}

/** What goes to one partition. */
export interface AwayPart {
  readonly partition: number;
  readonly part: WrittenPart;
}

/** Events of a record that belong to other partitions: mostly to one, seldom to many. */
export class EventsAway<E> {
  readonly #groups: Events<E>[] = [];

  /** @param index Of the event inside the record: ascending. */
  add(
    { partition, bytes }: { readonly partition: number; readonly bytes: Uint8Array },
    event: E,
    index: number,
  ): void {
    for (const group of this.#groups) {
      if (group.partition !== partition) continue;
      group.events.push(event);
      group.keys.push(bytes);
      group.indexes.push(index);
      return;
    }
    this.#groups.push({ partition, events: [event], keys: [bytes], indexes: [index] });
  }

  /**
   * What goes to each partition.
   *
   * @param record The value that all was read from, and how many events it holds: it goes on as it
   *   is where there is only one to go to.
   */
  written(
    source: Pick<Source<E>, "write" | "asRead">,
    { value, count }: { readonly value: Uint8Array | null; readonly count: number },
  ): AwayPart[] {
    const goesWhole = this.#groups.length === 1 && canGoWhole(value, source);
    return this.#groups.flatMap((group) => {
      const parts = goesWhole
        ? [{ value, ...spreadOut(group, count) }]
        : writtenParts(group, source);
      return parts.map((part) => ({ partition: group.partition, part }));
    });
  }
}

/** True where a record whose events have one place to go to may be sent there as it is. */
export function canGoWhole(
  value: Uint8Array | null,
  { asRead }: Pick<Source<never>, "asRead">,
): value is Uint8Array {
  return asRead && value !== null && value.length <= togetherBytesMax;
}

/** The keys of events among all those of their record. */
function spreadOut({ keys, indexes }: KeysAndIndexes, count: number): KeysAndIndexes {
  const all = new Array<Uint8Array | undefined>(count).fill(undefined);
  for (const [i, index] of indexes.entries()) all[index] = keys[i];
  return { keys: all, indexes: [...all.keys()] };
}

/** Events as many values as it takes, in order. */
function writtenParts<E>(
  { events, keys, indexes }: Omit<Events<E>, "partition">,
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
