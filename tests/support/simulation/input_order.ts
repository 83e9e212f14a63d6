import { partitionForKey } from "../../../src/streams/partitioner.ts";
import { type LogRecord, partitionName } from "../../../src/streams/record.ts";
import type { MemoryLog } from "../../../src/streams/testing/memory_log.ts";
import { encodeText, textOf } from "../../../src/streams/text.ts";
import type { InputEvent, InputRecord } from "./input.ts";
import type { PartitionModel } from "./model.ts";

const inputTopic = "input";
const repartitionTopic = "app-repartition";

/** How far a state is in its two inputs. */
export interface Positions {
  readonly inputOffset: number;
  readonly rekeyedOffset: number;
}

interface Progress extends Positions {
  /** Records of both inputs behind it. */
  readonly steps: number;
}

/**
 * In which order the committed history took the records of the two inputs: chance decides it, so the
 * model folds them as the committed transactions did, and this says whether each was taken once.
 */
export class InputOrder {
  readonly #log: MemoryLog;
  readonly #models: readonly PartitionModel[];
  readonly #inputs = new Map<string, InputRecord>();
  /** What each session has taken since its last commit, by process and partition. */
  readonly #taken = new Map<string, LogRecord[]>();
  readonly #progress: Progress[];
  readonly #steps = new Map<string, number>();
  readonly #seen = new Set<string>();
  /** What has to be in the repartition topic, by where it comes from. */
  readonly #sentOn = new Map<string, string>();

  constructor(log: MemoryLog, models: readonly PartitionModel[]) {
    this.#log = log;
    this.#models = models;
    this.#progress = models.map(() => ({ inputOffset: 0, rekeyedOffset: 0, steps: 0 }));
  }

  /** A producer has sent a record. */
  sent(place: { readonly partition: number; readonly offset: number }, record: InputRecord): void {
    this.#inputs.set(`${place.partition}/${place.offset}`, record);
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
      (positions.inputOffset + positions.rekeyedOffset === 0 ? 0 : undefined);
  }

  /**
   * Tells the model what a transaction has made true.
   *
   * @returns What is wrong with it, if anything is.
   */
  committed(process: string, partition: number, now: Positions): string | undefined {
    const before = this.#progress[partition] as Progress;
    const taken = this.#taken.get(`${process} ${partition}`) ?? [];
    this.#taken.set(`${process} ${partition}`, []);
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
    const { inputOffset, rekeyedOffset } = this.#progress[partition] as Progress;
    return inputOffset >= this.#log.stableEnd({ topic: inputTopic, partition }) &&
      rekeyedOffset >= this.#log.stableEnd({ topic: repartitionTopic, partition });
  }

  /** The value of an event, by the id of its row. */
  valueOf(rowId: string): string {
    const [, rekeyed, place = "", index] = /^(rekeyed )?(\d+\/\d+)\/(\d+)$/.exec(rowId) ?? [];
    const [partition = 0, offset = 0] = place.split("/").map(Number);
    const events = rekeyed === undefined
      ? this.#inputs.get(place)?.events
      : eventsOf(this.#log.committedRecords({ topic: repartitionTopic, partition }, offset)[0]);
    return String(events?.[Number(index)]?.value);
  }

  /** What was sent on wrongly, twice or not at all, if anything was. */
  wronglySentOn(): string | undefined {
    const expected = new Map(this.#sentOn);
    for (const record of this.#log.visible(repartitionTopic)) {
      const key = textOf(record.key ?? new Uint8Array());
      const [partition, offset, indexes] = originsOf(record);
      const name = `${partition}/${offset} ` +
        `${indexes} for ${partitionForKey(encodeText(key), this.#models.length)}`;
      const is = `${name} ${JSON.stringify(eventsOf(record))}`;
      if (record.partition !== partitionForKey(encodeText(key), this.#models.length)) return is;
      if (expected.get(name) !== JSON.stringify(eventsOf(record))) return is;
      expected.delete(name);
    }
    return expected.size === 0 ? undefined : `missing: ${[...expected.keys()]}`;
  }

  #difference(
    partition: number,
    before: Positions,
    now: Positions,
    taken: readonly LogRecord[],
  ): string | undefined {
    const ranges = [
      [inputTopic, before.inputOffset, now.inputOffset],
      [repartitionTopic, before.rekeyedOffset, now.rekeyedOffset],
    ] as const;
    for (const [topic, from, to] of ranges) {
      const got = taken.filter((record) => record.topic === topic).map(({ offset }) => offset);
      const want = this.#log.committedRecords({ topic, partition }, from)
        .map(({ offset }) => offset).filter((offset) => offset < to);
      if (got.join() === want.join()) continue;
      return `${
        partitionName({ topic, partition })
      } from ${from} to ${to}: took ${got}, not ${want}`;
    }
    return undefined;
  }

  /** A record as the model folds it, with the names of what becomes of its events. */
  #modelRecord(record: LogRecord): InputRecord {
    const { partition, offset } = record;
    if (record.topic === repartitionTopic) {
      const [, sentFrom, indexes = ""] = originsOf(record);
      return {
        key: textOf(record.key ?? new Uint8Array()),
        timestampMs: record.timestampMs,
        events: eventsOf(record),
        sent: undefined,
        names: {
          origin: (index) => `${sentFrom}/${indexes.split(",")[Number(index)] ?? ""}`,
          row: (index) => `rekeyed ${partition}/${offset}/${index}`,
        },
      };
    }
    const sent = this.#inputs.get(`${partition}/${offset}`) as InputRecord;
    const names = {
      origin: (index: number | "") => `${offset}/${index}`,
      row: (index: number) => `${partition}/${offset}/${index}`,
    };
    const repeated = this.#isRepeated(partition, sent);
    if (sent.key !== null || sent.events === undefined || sent.timestampMs < 0) {
      return { ...sent, names };
    }
    return this.#wrongKey(record, sent, sent.events, { repeated });
  }

  /** At the partition where it lies, only events that are impossible have an end. */
  #wrongKey(
    { partition, offset }: LogRecord,
    sent: InputRecord,
    events: readonly InputEvent[],
    { repeated }: { readonly repeated: boolean },
  ): InputRecord {
    const parts = [...Map.groupBy(events.keys(), (index) => (events[index] as InputEvent).key)];
    const impossible: number[] = [];
    for (const [key, indexes] of parts) {
      const isPossible = (index: number) => events[index]?.value !== null;
      const possible = indexes.filter(isPossible);
      impossible.push(...indexes.filter((index) => !isPossible(index)));
      if (repeated || possible.length === 0) continue;
      const target = partitionForKey(encodeText(key), this.#models.length);
      const name = `${partition}/${offset} ${possible} for ${target}`;
      this.#sentOn.set(name, JSON.stringify(possible.map((index) => events[index])));
    }
    return {
      ...sent,
      events: impossible.map((index) => events[index] as InputEvent),
      wrongKey: events.length,
      names: {
        origin: (index) => `${offset}/${impossible[Number(index)] ?? ""}`,
        row: (index) => `${partition}/${offset}/${index}`,
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

function positionsText({ inputOffset, rekeyedOffset }: Positions): string {
  return `${inputOffset}/${rekeyedOffset}`;
}

function eventsOf(record: LogRecord | undefined): InputEvent[] {
  return JSON.parse(textOf(record?.value ?? encodeText("[]")));
}

/** Partition, offset and indexes of where a re-keyed record comes from. */
function originsOf({ headers }: LogRecord): string[] {
  return textOf(headers["origins"] ?? new Uint8Array()).split("/");
}
