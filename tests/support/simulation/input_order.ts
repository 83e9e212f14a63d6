import { partitionForKey } from "../../../src/streams/partitioner.ts";
import { type ArrivedPart, arrivedParts } from "../../../src/streams/repartition_record.ts";
import { type LogRecord, partitionName } from "../../../src/streams/record.ts";
import type { MemoryLog } from "../../../src/streams/testing/memory_log.ts";
import type { OtherPosition } from "../../../src/streams/state/state.ts";
import { encodeText, textOf } from "../../../src/streams/text.ts";
import type { InputEvent, InputRecord } from "./input.ts";
import type { PartitionModel } from "./model.ts";

const inputTopic = "input";
const repartitionTopic = "app-repartition";

/** How far a state is in its two inputs. */
export interface Positions {
  readonly inputOffset: number;
  readonly rekeyedOffset: number;
  readonly others: readonly OtherPosition[];
}

interface Progress extends Positions {
  /** Records of the input, and parts of those of the repartition topic, behind it. */
  readonly steps: number;
}

/**
 * In which order the committed history took the records of the two inputs: chance decides it, so the
 * model folds them as the committed transactions did, and this says whether each was taken once.
 */
export class InputOrder {
  readonly #log: MemoryLog;
  readonly #models: readonly PartitionModel[];
  readonly #further: readonly string[];
  readonly #inputs = new Map<string, InputRecord>();
  /** What each session has taken that is in no commit yet, by process and partition. */
  readonly #taken = new Map<string, (LogRecord | ArrivedPart)[]>();
  readonly #progress: Progress[];
  readonly #steps = new Map<string, number>();
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
    this.#further = further;
    this.#models = models;
    this.#progress = models.map(() => ({ inputOffset: 0, rekeyedOffset: 0, others: [], steps: 0 }));
  }

  /** A producer has sent a record. */
  sent(place: { readonly partition: number; readonly offset: number }, record: InputRecord): void {
    this.#inputs.set(placeName(record.topic, place.partition, place.offset), record);
  }

  /** A process opens a partition, without anything that is not committed. */
  opens(process: string, partition: number): void {
    this.#taken.set(`${process} ${partition}`, []);
  }

  /** A process takes a record. */
  takes(process: string, record: LogRecord): void {
    this.#taken.get(`${process} ${record.partition}`)?.push(record);
  }

  /** Steps behind a state; `undefined` for positions that no commit has made. */
  stepsAt(partition: number, positions: Positions): number | undefined {
    return this.#steps.get(`${partition} ${positionsText(positions)}`) ??
      (isStart(positions) ? 0 : undefined);
  }

  /**
   * Tells the model what a transaction has made true.
   *
   * @returns What is wrong with it, if anything is.
   */
  committed(process: string, partition: number, now: Positions): string | undefined {
    const before = this.#progress[partition] as Progress;
    const since = this.#taken.get(`${process} ${partition}`) ?? [];
    // More is taken while a commit is made.
    const end = since.findIndex(({ topic, offset }) => offset >= positionIn(now, topic));
    const taken = end < 0 ? since : since.slice(0, end);
    this.#taken.set(`${process} ${partition}`, since.slice(taken.length));
    const wrong = this.#difference(partition, before, now, taken);
    taken.forEach((record, index) =>
      this.#models[partition]?.add(before.steps + index, this.#modelRecord(record))
    );
    const steps = before.steps + taken.length;
    this.#progress[partition] = { ...now, steps };
    this.#steps.set(`${partition} ${positionsText(now)}`, steps);
    return wrong;
  }

  /** Steps of the last commit. */
  steps(partition: number): number {
    return this.#progress[partition]?.steps ?? 0;
  }

  /** True when nothing waits in either input of a partition. */
  isThrough(partition: number): boolean {
    const { inputOffset, rekeyedOffset, others } = this.#progress[partition] as Progress;
    const through = (topic: string) =>
      offsetIn(others, topic) >= this.#log.stableEnd({ topic, partition });
    if (this.#further.some((topic) => !through(topic))) return false;
    return inputOffset >= this.#log.stableEnd({ topic: inputTopic, partition }) &&
      rekeyedOffset >= this.#log.stableEnd({ topic: repartitionTopic, partition });
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

  #difference(
    partition: number,
    before: Positions,
    now: Positions,
    taken: readonly (LogRecord | ArrivedPart)[],
  ): string | undefined {
    const records = this.#log.committedRecords(
      { topic: inputTopic, partition },
      before.inputOffset,
    );
    const parts = partsAt(this.#log, partition, before.rekeyedOffset, now.rekeyedOffset);
    const ranges = [
      [inputTopic, before.inputOffset, now.inputOffset, records],
      [repartitionTopic, before.rekeyedOffset, now.rekeyedOffset, parts],
      ...this.#further.map((topic) => {
        const from = offsetIn(before.others, topic);
        const all = this.#log.committedRecords({ topic, partition }, from);
        return [topic, from, offsetIn(now.others, topic), all] as const;
      }),
    ] as const;
    for (const [topic, from, to, all] of ranges) {
      const got = taken.filter((record) => record.topic === topic).map(placeText);
      const want = all.filter(({ offset }) => offset < to).map(placeText);
      if (got.join() === want.join()) continue;
      return `${
        partitionName({ topic, partition })
      } from ${from} to ${to}: took ${got}, not ${want}`;
    }
    return undefined;
  }

  /** A record as the model folds it, with the names of what becomes of its events. */
  #modelRecord(record: LogRecord | ArrivedPart): InputRecord {
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

function positionsText({ inputOffset, rekeyedOffset, others }: Positions): string {
  return `${inputOffset}/${rekeyedOffset}/${others.map(({ offset }) => offset)}`;
}

function isStart({ inputOffset, rekeyedOffset, others }: Positions): boolean {
  return inputOffset + rekeyedOffset === 0 && others.every(({ offset }) => offset === 0);
}

function positionIn({ inputOffset, rekeyedOffset, others }: Positions, topic: string): number {
  if (topic === inputTopic) return inputOffset;
  return topic === repartitionTopic ? rekeyedOffset : offsetIn(others, topic);
}

function offsetIn(others: readonly OtherPosition[], topic: string): number {
  return others.find((other) => other.topic === topic)?.offset ?? 0;
}

/** A record of an input; that of the first has no topic in its name. */
function placeName(topic: string | undefined, partition: number, offset: number): string {
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

/** The parts that bring something: others say how far their origin is. */
function partsOf(records: readonly LogRecord[]): ArrivedPart[] {
  const parts = records.flatMap((record) => arrivedParts(record) ?? []);
  return parts.filter(({ keys }) => keys.length > 0);
}

/** What the records of a partition from an offset to another have brought. */
function partsAt(log: MemoryLog, partition: number, from: number, to: number): ArrivedPart[] {
  const records = log.committedRecords({ topic: repartitionTopic, partition }, from);
  return partsOf(records.filter(({ offset }) => offset < to));
}

/** A record of the input, or a part of one of the repartition topic, within its partition. */
function placeText(record: LogRecord | ArrivedPart): string {
  return "origin" in record ? `${record.offset}+${record.firstIndex}` : String(record.offset);
}
