import type { Progress } from "../repartition_record.ts";

/** Whether an input has more to read. */
type Reach = Pick<Progress, "behind">;

/** Least time that a task may be ahead, ms: without grace it would commit at each of them. */
const slackMsMin = 1_000;

/**
 * Keeps the inputs of tasks together that send events to each other.
 *
 * The events of a key then come by two ways: some lie in the task's own input, the others are sent on
 * by the tasks that read theirs. A task that reads on while others are behind closes windows before
 * what they will send is there; behind by a night, it would find nearly all of it late. So commits
 * say to every partition how far the input is, and a task that is ahead of one that has more to read
 * waits for it.
 *
 * Times are those of the last event that was read, not the greatest: one that is far ahead holds up
 * no one for longer than until the next.
 *
 * Owner: the task's session. Bounded by the number of partitions.
 *
 * @see docs/adr/0029-pace.md; Kafka Streams has no such rule: repartitioned events that come after
 *   the grace are dropped there
 */
export class Pace {
  readonly #own: number;
  readonly #partitions: number;
  readonly #slackMs: number;
  /** What others have said. */
  readonly #others = new Map<number, Progress>();
  #inUse: boolean;
  /** Of the last event that was read; before the first, earlier than any. */
  #timeMs = -Infinity;
  #firstMs = Infinity;
  /** Up to which time others allow to read: those who have said something, and those who have not. */
  #knownMs = Infinity;
  #unknownMs = Infinity;
  #saidMs: number | undefined;
  #saysBehind = false;
  /** Events were sent on since something was said. */
  #hasSent = false;
  #news = 0;

  /**
   * @param place The task's partition, of how many.
   * @param job The grace of its windows, of which a task is ahead by half at most; whether events were
   *   sent on before.
   */
  constructor(
    place: { readonly partition: number; readonly partitions: number },
    { graceMs, inUse }: { readonly graceMs: number; readonly inUse: boolean },
  ) {
    this.#own = place.partition;
    this.#partitions = place.partitions;
    this.#slackMs = Math.max(slackMsMin, graceMs / 2);
    this.#inUse = inUse;
  }

  /** True where the times of events count: events are, or were, sent on. */
  get inUse(): boolean {
    return this.#inUse;
  }

  /** Partitions whose tasks have said nothing yet. */
  get unknown(): readonly number[] {
    return [...this.#all()].filter((partition) => !this.#others.has(partition));
  }

  /** How often others have said something. */
  get news(): number {
    return this.#news;
  }

  /** The input was read to an event of this time. */
  readTo(timeMs: number): void {
    if (this.#timeMs === -Infinity) {
      this.#firstMs = timeMs;
      this.#limit();
    }
    this.#timeMs = timeMs;
  }

  /** Events of the input were sent on. */
  sentOn(): void {
    this.#hasSent = this.#inUse = true;
  }

  /** Another task has said how far it is. */
  heard(partition: number, progress: Progress): void {
    if (partition === this.#own || partition >= this.#partitions) return;
    this.#inUse = true;
    const known = this.#others.get(partition);
    if (known?.timeMs === progress.timeMs && known.behind === progress.behind) return;
    this.#news += 1;
    this.#others.set(partition, progress);
    this.#limit();
  }

  /**
   * True when the input must wait.
   *
   * @param reach Where it has more to read, those are waited for as well who have said nothing yet.
   */
  isAhead({ behind }: Reach): boolean {
    return this.#timeMs > this.#knownMs || (behind && this.#timeMs > this.#unknownMs);
  }

  /** True when others should hear how far this is before more is read. */
  get isDue(): boolean {
    return this.owes({ behind: true }) &&
      Math.abs(this.#timeMs - (this.#saidMs ?? this.#firstMs)) > this.#slackMs / 2;
  }

  /**
   * True when others do not know how far this is: while there is more to read, all that may wait for
   * each other say so; then only those who have sent something on.
   */
  owes({ behind }: Reach): boolean {
    if (!this.#inUse || this.#timeMs === -Infinity) return false;
    const matters = behind || this.#saysBehind || this.#hasSent;
    return matters && (this.#timeMs !== this.#saidMs || behind !== this.#saysBehind);
  }

  /** What a commit has to say; `undefined` where no one need know. */
  say({ behind }: Reach): Progress | undefined {
    const owes = this.owes({ behind });
    this.#hasSent = false;
    if (!owes) return undefined;
    this.#saysBehind = behind;
    this.#saidMs = this.#timeMs;
    return { timeMs: this.#timeMs, behind };
  }

  /**
   * Gives up those that hold up this one, until they say something.
   *
   * @returns Their partitions.
   */
  waitNoLonger(): number[] {
    const givenUp: number[] = [];
    for (const partition of this.#all()) {
      const known = this.#others.get(partition);
      if (known === undefined || (known.behind && known.timeMs + this.#slackMs < this.#timeMs)) {
        this.#others.set(partition, { timeMs: this.#timeMs, behind: false });
        givenUp.push(partition);
      }
    }
    this.#limit();
    return givenUp;
  }

  #limit(): void {
    let [knownMs, unknownMs] = [Infinity, Infinity];
    for (const partition of this.#all()) {
      const known = this.#others.get(partition);
      if (known === undefined) unknownMs = this.#firstMs;
      else if (known.behind) knownMs = Math.min(knownMs, known.timeMs);
    }
    this.#knownMs = knownMs + this.#slackMs;
    this.#unknownMs = unknownMs;
  }

  *#all(): Generator<number> {
    for (let partition = 0; partition < this.#partitions; partition++) {
      if (partition !== this.#own) yield partition;
    }
  }
}
