import { partitionForKey } from "../../../src/streams/partitioner.ts";
import type { ArrivedPart } from "../../../src/streams/repartition_record.ts";
import type { LogRecord } from "../../../src/streams/record.ts";
import type { MemoryLog } from "../../../src/streams/testing/memory_log.ts";
import { encodeText, textOf } from "../../../src/streams/text.ts";
import type { InputEvent, InputRecord } from "./input.ts";
import type { PartitionModel } from "./model.ts";
import { partsAt, partsOf, type Taken, TakenOrder } from "./taken_order.ts";

const inputTopic = "input";
const repartitionTopic = "app-repartition";

/** The order in which the counting job took its inputs, and what its models make of each record. */
export class InputOrder {
  readonly taken: TakenOrder;
  readonly #log: MemoryLog;
  readonly #models: readonly PartitionModel[];
  readonly #inputs = new Map<string, InputRecord>();
  readonly #seen = new Set<string>();
  /** What has to be in the repartition topic, by where it comes from. */
  readonly #sentOn = new Map<string, string>();

  /** @param further Inputs beside the first one. */
  constructor(
    log: MemoryLog,
    models: readonly PartitionModel[],
    further: readonly string[] = [],
  ) {
    this.#log = log;
    this.#models = models;
    this.taken = new TakenOrder(
      log,
      { partitions: models.length, further },
      (partition, step, record) => models[partition]?.add(step, this.#modelRecord(record)),
    );
  }

  /** A producer has sent a record. */
  sent(place: { readonly partition: number; readonly offset: number }, record: InputRecord): void {
    this.#inputs.set(placeName(record.topic, place.partition, place.offset), record);
  }

  /** The value of an event, by the id of its row. */
  valueOf(rowId: string): string {
    const [, rekeyed, place = "", index] =
      /^(rekeyed )?((?:second )?\d+\/\d+)\/(\d+)$/.exec(rowId) ?? [];
    const [partition = 0, offset = 0] = place.split("/").map(Number);
    const events = rekeyed === undefined
      ? this.#inputs.get(place)?.events
      : partsAt(this.#log, partition, offset, offset + 1).flatMap(allEventsOf);
    return String(events?.[Number(index)]?.value);
  }

  /** What was sent on wrongly, twice or not at all, if anything was. */
  wronglySentOn(): string | undefined {
    const expected = new Map(this.#sentOn);
    const parts = partsOf(this.#log.visible(repartitionTopic));
    for (const part of parts) {
      const { partition, offset, indexes } = part.origin;
      const own = placesOf(part);
      const name = `${partition}/${offset} ${own.map((i) => indexes[i])} for ${part.partition}`;
      const events = JSON.stringify(eventsOf(part));
      if (expected.get(name) !== events) return `${name} ${events}`;
      if (own.some((i) => textOf(part.keys[i] as Uint8Array) !== allEventsOf(part)[i]?.key)) {
        return `other keys than those of ${name} ${events}`;
      }
      expected.delete(name);
    }
    return expected.size === 0 ? undefined : `missing: ${[...expected.keys()]}`;
  }

  /** A record as the model folds it, with the names of what becomes of its events. */
  #modelRecord(record: Taken): InputRecord {
    const { partition, offset } = record;
    if ("origin" in record) {
      const { origin, firstIndex } = record;
      const places = placesOf(record);
      return {
        key: null,
        timestampMs: this.#inputs.get(`${origin.partition}/${origin.offset}`)?.timestampMs ?? NaN,
        events: eventsOf(record),
        sent: undefined,
        names: {
          origin: (index) =>
            `${origin.offset}/${origin.indexes[places[Number(index)] ?? -1] ?? ""}`,
          row: (index) => `rekeyed ${partition}/${offset}/${firstIndex + (places[index] ?? NaN)}`,
        },
      };
    }
    const prefix = record.topic === inputTopic ? "" : `${record.topic} `;
    const name = placeName(record.topic, partition, offset);
    const sent = this.#inputs.get(name) as InputRecord;
    const names = {
      origin: (index: number | "") => `${prefix}${offset}/${index}`,
      row: (index: number) => `${name}/${index}`,
    };
    if (prefix !== "") return { ...sent, names };
    const repeated = this.#isRepeated(partition, sent);
    if (sent.key !== null || sent.events === undefined || sent.timestampMs < 0) {
      return { ...sent, names };
    }
    return this.#wrongKey(record, sent, sent.events, { repeated });
  }

  /** Where it lies, it is about the events of keys that belong there, and those that are impossible. */
  #wrongKey(
    { partition, offset }: LogRecord,
    sent: InputRecord,
    events: readonly InputEvent[],
    { repeated }: { readonly repeated: boolean },
  ): InputRecord {
    const here: number[] = [];
    const away = new Map<number, number[]>();
    for (const [index, { key, value }] of events.entries()) {
      const target = partitionForKey(encodeText(key), this.#models.length);
      if (value === null || target === partition) here.push(index);
      else away.set(target, [...away.get(target) ?? [], index]);
    }
    for (const [target, indexes] of repeated ? [] : away) {
      const name = `${partition}/${offset} ${indexes} for ${target}`;
      this.#sentOn.set(name, JSON.stringify(indexes.map((index) => events[index])));
    }
    return {
      ...sent,
      events: here.map((index) => events[index] as InputEvent),
      wrongKey: events.length,
      names: {
        origin: (index) => `${offset}/${here[Number(index)] ?? ""}`,
        row: (index) => `${partition}/${offset}/${here[index]}`,
      },
    };
  }

  #isRepeated(partition: number, { sent }: InputRecord): boolean {
    if (sent === undefined) return false;
    const name = `${partition} ${sent.producerId} ${sent.sequence}`;
    const seen = this.#seen.has(name);
    this.#seen.add(name);
    return seen;
  }
}

/** A record of an input; that of the first has no topic in its name. */
export function placeName(topic: string | undefined, partition: number, offset: number): string {
  const place = `${partition}/${offset}`;
  return topic === undefined || topic === inputTopic ? place : `${topic} ${place}`;
}

/** All that a part holds; some of it may belong to another partition. */
function allEventsOf({ value }: ArrivedPart): InputEvent[] {
  return JSON.parse(textOf(value));
}

function eventsOf(part: ArrivedPart): InputEvent[] {
  const events = allEventsOf(part);
  return placesOf(part).map((i) => events[i] as InputEvent);
}

/** Where in its value the events are that belong to the partition of a part. */
function placesOf({ keys }: ArrivedPart): number[] {
  return [...keys.keys()].filter((i) => keys[i] !== undefined);
}
