import { type ArrivedPart, arrivedParts } from "../../../src/streams/repartition_record.ts";
import { type LogRecord, partitionName } from "../../../src/streams/record.ts";
import type { MemoryLog } from "../../../src/streams/testing/memory_log.ts";
import type { OtherPosition } from "../../../src/streams/state/state.ts";

const inputTopic = "input";
const repartitionTopic = "app-repartition";

/** A record of an input, or a part of one of the repartition topic. */
export type Taken = LogRecord | ArrivedPart;

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
 * In which order the committed history took the records of several inputs: chance decides it, so a
 * model folds them as the committed transactions did, and this says whether each was taken once.
 */
export class TakenOrder {
  readonly #log: MemoryLog;
  readonly #further: readonly string[];
  readonly #added: (partition: number, step: number, taken: Taken) => void;
  /** What each session has taken that is in no commit yet, by process and partition. */
  readonly #taken = new Map<string, Taken[]>();
  readonly #progress: Progress[];
  readonly #steps = new Map<string, number>();
  /** What any process took last. */
  latest: Taken | undefined;

  /**
   * @param further Inputs beside the first one.
   * @param added Told of all that becomes part of the history, in its order.
   */
  constructor(
    log: MemoryLog,
    { partitions, further }: { readonly partitions: number; readonly further: readonly string[] },
    added: (partition: number, step: number, taken: Taken) => void,
  ) {
    this.#log = log;
    this.#further = further;
    this.#added = added;
    this.#progress = Array.from({ length: partitions }, () => ({
      inputOffset: 0,
      rekeyedOffset: 0,
      others: [],
      steps: 0,
    }));
  }

  /** A process opens a partition, without anything that is not committed. */
  opens(process: string, partition: number): void {
    this.#taken.set(`${process} ${partition}`, []);
  }

  /** A process takes a record. */
  takes(process: string, record: LogRecord): void {
    this.latest = { ...record }; // it may be taken again
    this.#taken.get(`${process} ${record.partition}`)?.push(this.latest);
  }

  /** Steps behind a state; `undefined` for positions that no commit has made. */
  stepsAt(partition: number, positions: Positions): number | undefined {
    return this.#steps.get(`${partition} ${positionsText(positions)}`) ??
      (isStart(positions) ? 0 : undefined);
  }

  /**
   * Takes note of what a transaction has made true.
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
    taken.forEach((record, index) => this.#added(partition, before.steps + index, record));
    const steps = before.steps + taken.length;
    this.#progress[partition] = { ...now, steps };
    this.#steps.set(`${partition} ${positionsText(now)}`, steps);
    return wrong;
  }

  /** Steps of the last commit. */
  steps(partition: number): number {
    return this.#progress[partition]?.steps ?? 0;
  }

  /** True when nothing waits in any input of a partition. */
  isThrough(partition: number): boolean {
    const { inputOffset, rekeyedOffset, others } = this.#progress[partition] as Progress;
    const through = (topic: string) =>
      offsetIn(others, topic) >= this.#log.stableEnd({ topic, partition });
    if (this.#further.some((topic) => !through(topic))) return false;
    return inputOffset >= this.#log.stableEnd({ topic: inputTopic, partition }) &&
      rekeyedOffset >= this.#log.stableEnd({ topic: repartitionTopic, partition });
  }

  #difference(
    partition: number,
    before: Positions,
    now: Positions,
    taken: readonly Taken[],
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

/** The parts that bring something: others say how far their origin is. */
export function partsOf(records: readonly LogRecord[]): ArrivedPart[] {
  const parts = records.flatMap((record) => arrivedParts(record) ?? []);
  return parts.filter(({ keys }) => keys.length > 0);
}

/** What the records of a partition from an offset to another have brought. */
export function partsAt(
  log: MemoryLog,
  partition: number,
  from: number,
  to: number,
): ArrivedPart[] {
  const records = log.committedRecords({ topic: repartitionTopic, partition }, from);
  return partsOf(records.filter(({ offset }) => offset < to));
}

/** A record of the input, or a part of one of the repartition topic, within its partition. */
function placeText(record: Taken): string {
  return "origin" in record ? `${record.offset}+${record.firstIndex}` : String(record.offset);
}
