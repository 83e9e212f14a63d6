import type { ItemCounts } from "../item_counts.ts";
import type { LogRecord } from "../record.ts";
import type { EventContext, KeyedEvents, Source } from "../topology/topology.ts";
import { canGoWhole, EventsAway, isImpossible } from "./events_away.ts";
import { faults } from "./reading.ts";
import type { RecordPace } from "./record_pace.ts";
import type { KeyPlace, Rekeying } from "./rekeying.ts";
import type { SideOutputs } from "./side_outputs.ts";

type Place = Pick<EventContext, "key" | "record" | "index">;

/** What a record is shared out among. */
interface Takers<E> {
  readonly source: Pick<Source<E>, "write" | "asRead" | "fault">;
  readonly rekeying: Rekeying;
  readonly pace: RecordPace<E>;
  readonly side: SideOutputs<E>;
  readonly counts: Pick<{ -readonly [K in keyof ItemCounts]: ItemCounts[K] }, "rekeyed">;
  /** Processes an event of this partition. */
  readonly here: (event: E, place: Place) => void;
}

/** Where the only event of a record stands in it. */
const alone: readonly number[] = [0];

/**
 * Shares the events of records out among this partition and those of their keys.
 *
 * Owner: the record processor.
 */
export class Sharing<E> {
  readonly #takers: Takers<E>;

  constructor(takers: Takers<E>) {
    this.#takers = takers;
  }

  /**
   * Processes the events of a record that belong to this partition, and sends the others to theirs in
   * the transaction of the next commit. What cannot be sent ends here: it would stop the commit.
   */
  share(record: LogRecord, { events, keys }: KeyedEvents<E>): void {
    const { rekeying, side, source } = this.#takers;
    if (!rekeying.sendsOn) return side.deadRecord(record, faults.keyMismatch);
    let away: EventsAway<E> | undefined;
    for (let index = 0; index < events.length; index++) {
      const event = events[index] as E;
      const place = this.#elsewhere(event, keys[index], record, index);
      if (place === undefined) continue;
      if (events.length === 1 && canGoWhole(record.value, source)) {
        const part = { value: record.value, keys: [place.bytes], indexes: alone };
        return this.#send(record, events, place.partition, part);
      }
      away ??= new EventsAway<E>();
      away.add(place, event, index);
    }
    const all = { value: record.value, count: events.length };
    for (const { partition, part } of away?.written(source, all) ?? []) {
      if (typeof part !== "number") this.#send(record, events, partition, part);
      else side.deadOnItsWay({ record, index: part }, faults.tooLarge);
    }
  }

  /** Where an event is to be sent; `undefined` once it has ended or was processed here. */
  #elsewhere(
    event: E,
    key: string | undefined,
    record: LogRecord,
    index: number,
  ): KeyPlace | undefined {
    const { rekeying, side, source, here } = this.#takers;
    const place = key === undefined ? undefined : rekeying.placeOf(key);
    if (place?.fault !== undefined) {
      side.deadOnItsWay({ record, index }, place.fault);
      return undefined;
    }
    const isElsewhere = place !== undefined && place.partition !== record.partition &&
      !isImpossible(event, source);
    if (isElsewhere) return place;
    here(event, { key: key ?? "", record, index });
    return undefined;
  }

  #send(
    record: LogRecord,
    events: readonly E[],
    partition: number,
    part: Parameters<Rekeying["sendOn"]>[2],
  ): void {
    const { rekeying, pace, counts } = this.#takers;
    counts.rekeyed += rekeying.sendOn(record, partition, part);
    pace.sentOn(events, record);
  }
}
