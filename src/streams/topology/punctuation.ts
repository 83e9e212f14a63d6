import { assert } from "../../base/assert.ts";
import type { Clock } from "../../base/clock.ts";
import type { KeyTime } from "./key_state.ts";
import type { TopicPartition } from "../record.ts";

/** One call of a punctuator. */
export interface Punctuation {
  /** Partition of the task that calls. */
  readonly input: TopicPartition;
  /** Wall clock, epoch ms. */
  readonly nowMs: number;
  /** Every key of the partition with its time, as of the last commit. */
  keys(): AsyncIterable<KeyTime>;
}

/**
 * What a job does every so often by the wall clock, whether or not input comes.
 *
 * It may look and report, but not change state or send rows: these follow from the input alone, and
 * the wall clock would be another when they are computed again.
 *
 * @see Kafka Streams Punctuator with PunctuationType.WALL_CLOCK_TIME; differs: it cannot write. See
 *   docs/adr/0009-wall-clock.md.
 */
export interface Punctuator {
  /** For messages. */
  readonly name: string;
  /** Pause between the end of a call and the next one, ms, > 0. */
  readonly everyMs: number;
  /** Runs between two batches: input waits for it. */
  readonly run: (punctuation: Punctuation) => void | Promise<void>;
}

interface Scheduled {
  readonly punctuator: Punctuator;
  /** Monotonic. */
  dueMs: number;
}

/**
 * When the punctuators of a task are due. The first call comes one pause after the start; calls
 * that were missed are not made up.
 *
 * Owner: the task.
 */
export class PunctuationSchedule {
  readonly #clock: Clock;
  readonly #scheduled: readonly Scheduled[];

  /** @throws {InvariantError} If a pause is not a number > 0. */
  constructor(punctuators: readonly Punctuator[], clock: Clock) {
    this.#clock = clock;
    const nowMs = clock.monotonicMs();
    this.#scheduled = punctuators.map((punctuator) => {
      const { name, everyMs } = punctuator;
      assert(everyMs > 0, `pause between calls of ${name} must be > 0: ${everyMs}`);
      return { punctuator, dueMs: nowMs + everyMs };
    });
  }

  /** Time to the next call, ms, <= 0 when one is due; `undefined` without punctuators. */
  get untilDueMs(): number | undefined {
    let dueMs = Infinity;
    for (const scheduled of this.#scheduled) dueMs = Math.min(dueMs, scheduled.dueMs);
    return dueMs === Infinity ? undefined : dueMs - this.#clock.monotonicMs();
  }

  /**
   * Calls what is due, one after the other, each with the wall clock of its call.
   *
   * @throws Whatever a punctuator throws; it is then due again after its pause.
   */
  async run(of: Omit<Punctuation, "nowMs">): Promise<void> {
    for (const scheduled of this.#scheduled) {
      if (scheduled.dueMs > this.#clock.monotonicMs()) continue;
      const { punctuator } = scheduled;
      try {
        await punctuator.run({ ...of, nowMs: this.#clock.nowMs() });
      } finally {
        scheduled.dueMs = this.#clock.monotonicMs() + punctuator.everyMs;
      }
    }
  }
}
