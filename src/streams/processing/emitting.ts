import { InvariantError } from "../../base/assert.ts";
import type { OutputRecord } from "../record.ts";
import type { KeyValues } from "../state/key_values.ts";
import type { TaskMeta } from "../state/state.ts";
import type { Due, PartnerWindow } from "../topology/key_values.ts";
import type { EventContext, Topology } from "../topology/topology.ts";
import { WaitingRecords } from "./waiting_records.ts";

/**
 * What a job's processors do and its streams become, beside its table: records for topics, kept
 * until a commit takes them.
 *
 * Owner: the record processor.
 */
export class Emitting<E> {
  readonly #streams: Topology<E, never, never>["streams"];
  readonly #stores: KeyValues;
  readonly #punctuates: boolean;
  #timeMs: number;
  readonly #waiting = new WaitingRecords();
  /** Records before those of the attempt under way. */
  #before = 0;

  /** @param timeMs The partition's, as the state has it. */
  constructor(
    { streams, processors }: EmittingJob<E>,
    stores: KeyValues,
    timeMs = 0,
  ) {
    this.#streams = streams;
    this.#stores = stores;
    this.#punctuates = processors.some(({ punctuates }) => punctuates);
    this.#timeMs = timeMs;
  }

  /** What a commit has to keep. */
  get times(): Pick<TaskMeta, "timeMs"> {
    return this.#punctuates ? { timeMs: this.#timeMs } : {};
  }

  /** Records since the last commit began, in the order of what made them. */
  get records(): readonly OutputRecord[] {
    return this.#waiting.all;
  }

  /** The partition's time, epoch ms. */
  get timeMs(): number {
    return this.#timeMs;
  }

  /** Windows of the attempt under way in which partners have gone. */
  get missed(): readonly PartnerWindow[] {
    return this.#stores.awaited.filter(({ goneAtMs }) => goneAtMs <= this.#timeMs);
  }

  /** True when no more should wait for a commit. */
  get isFull(): boolean {
    return this.#waiting.isFull;
  }

  /** Leaves them to a commit. */
  handOver(): void {
    this.#waiting.clear();
  }

  /** True where something has come of the attempt under way. */
  get attempted(): boolean {
    return this.#waiting.all.length > this.#before || this.#stores.attempted;
  }

  /**
   * Does what an event comes to; where the job throws, its stores and streams are as if it had not
   * been.
   */
  attempt(work: () => void): void {
    this.#before = this.#waiting.all.length;
    try {
      this.#stores.attempt(work);
    } catch (error) {
      this.#waiting.cutTo(this.#before);
      throw error;
    }
  }

  /** Moves the partition's time, and calls processors for what is due by then, earliest first. */
  moveTo(timeMs: number, context: EventContext): void {
    this.#timeMs = Math.max(this.#timeMs, timeMs);
    for (let due; (due = this.#stores.takeDue(this.#timeMs)) !== undefined;) {
      const { processor, key } = due;
      try {
        this.take(due, { ...context, key });
      } catch (cause) {
        throw new InvariantError(`punctuate of ${processor} failed at ${key}`, { cause });
      }
    }
  }

  /** Makes the records of an event, or of a call that is due. */
  take(cause: E | Due, context: EventContext): void {
    const { timestampMs, partition } = context.record;
    for (const { topic, of } of this.#streams) {
      for (const record of of(cause, context, this.#stores)) {
        this.#waiting.add({ topic, partition, timestampMs, ...record });
      }
    }
  }
}

type EmittingJob<E> = Pick<Topology<E, never, never>, "streams" | "processors">;

/** For a job with processors or streams. */
export function emittingOf<E>(
  job: EmittingJob<E>,
  stores: KeyValues,
  timeMs: number | undefined,
): Emitting<E> | undefined {
  return job.streams.length + job.processors.length === 0
    ? undefined
    : new Emitting(job, stores, timeMs);
}
