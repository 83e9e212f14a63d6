import type { Clock } from "../../base/clock.ts";
import type { Fetched } from "../ports.ts";
import type { LogRecord } from "../record.ts";
import type { ReadAhead } from "./read_ahead.ts";

/** What has arrived of an input and is being processed. */
interface Batch {
  readonly fetched: Fetched;
  /** Index of the next record. */
  at: number;
}

/** One of several inputs. */
interface Ordered {
  readonly ahead: ReadAhead;
  batch: Batch | undefined;
}

/** Records of one input that come next. */
export interface Turn {
  readonly input: ReadAhead;
  readonly fetched: Fetched;
  readonly records: readonly LogRecord[];
  /** True where the read begins with them, and where it ends. */
  readonly first: boolean;
  readonly last: boolean;
}

/**
 * The order in which a task takes the records of several inputs: by timestamp, each input in its own
 * order; of equal ones the input that stands first.
 *
 * An input that has more, as far as is known, is waited for. Beyond the end of one that has not, no
 * one knows what comes: its next record may be the earliest of all. So it is waited for no longer
 * than `maxIdleMs`. Whatever the order was, the committed transactions say it: see
 * docs/adr/0025-several-inputs.md.
 *
 * Owner: the task, for a session.
 *
 * @see Kafka Streams PartitionGroup, `max.task.idle.ms` (KIP-695)
 */
export class TimeOrder {
  readonly #inputs: readonly Ordered[];
  readonly #rekeyed: ReadAhead | undefined;
  readonly #clock: Pick<Clock, "monotonicMs">;
  readonly #maxIdleMs: number;
  /** Since when records wait for an input that is at its end. */
  #idleSinceMs: number | undefined;

  /** @param rekeyed What others sent on: at its end, it is not waited for. */
  constructor(
    inputs: readonly ReadAhead[],
    rekeyed: ReadAhead | undefined,
    clock: Pick<Clock, "monotonicMs">,
    maxIdleMs: number,
  ) {
    const all = rekeyed === undefined ? inputs : [...inputs, rekeyed];
    this.#inputs = all.map((ahead) => ({ ahead, batch: undefined }));
    this.#rekeyed = rekeyed;
    this.#clock = clock;
    this.#maxIdleMs = maxIdleMs;
  }

  /** Time until records are processed that wait for an input at its end, ms; `undefined` if none do. */
  get untilDueMs(): number | undefined {
    if (this.#idleSinceMs === undefined) return undefined;
    return this.#maxIdleMs - (this.#clock.monotonicMs() - this.#idleSinceMs);
  }

  /**
   * What comes next; `undefined` where nothing has arrived, or an input has to be waited for.
   *
   * @throws {PipelineError} As the readers did.
   */
  next(): Turn | undefined {
    for (const input of this.#inputs) {
      const fetched = input.batch === undefined ? input.ahead.take() : undefined;
      if (fetched === undefined) continue;
      // What holds no record for us only moves the position.
      if (fetched.records.length === 0) return { ...whole(input.ahead, fetched), records: [] };
      input.batch = { fetched, at: 0 };
    }
    return this.#mayBegin() ? this.#turn() : undefined;
  }

  #mayBegin(): boolean {
    const lacking = this.#inputs.filter(({ batch }) => batch === undefined);
    const waits = lacking.length === this.#inputs.length ||
      lacking.some(({ ahead }) => ahead.behind);
    if (waits || lacking.every(({ ahead }) => ahead === this.#rekeyed)) {
      this.#idleSinceMs = undefined;
      return !waits;
    }
    const nowMs = this.#clock.monotonicMs();
    this.#idleSinceMs ??= nowMs;
    return nowMs - this.#idleSinceMs >= this.#maxIdleMs;
  }

  #turn(): Turn {
    const { input, untilMs } = this.#earliest();
    const batch = input.batch as Batch;
    const { fetched, at } = batch;
    const all = fetched.records;
    let to = at + 1;
    while (to < all.length && (all[to] as LogRecord).timestampMs < untilMs) to++;
    batch.at = to;
    const last = to === all.length;
    if (last) input.batch = undefined;
    return { input: input.ahead, fetched, records: all.slice(at, to), first: at === 0, last };
  }

  /** The input whose next record is the earliest, and from which time on it is another's turn. */
  #earliest(): { readonly input: Ordered; readonly untilMs: number } {
    let [earliest, leastMs, untilMs] = [this.#inputs[0] as Ordered, Infinity, Infinity];
    for (const input of this.#inputs) {
      const timeMs = nextTimeMs(input);
      if (timeMs < leastMs) {
        // An input that stands later keeps its turn to the same time of this one.
        [earliest, untilMs, leastMs] = [input, leastMs, timeMs];
      } else {
        untilMs = Math.min(untilMs, timeMs);
      }
    }
    return { input: earliest, untilMs };
  }
}

function whole(input: ReadAhead, fetched: Fetched): Omit<Turn, "records"> {
  return { input, fetched, first: true, last: true };
}

function nextTimeMs({ batch }: Ordered): number {
  return batch === undefined
    ? Infinity
    : (batch.fetched.records[batch.at] as LogRecord).timestampMs;
}
