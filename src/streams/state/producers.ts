import type { RecordIdentity } from "../processing/record_identity.ts";

/** Producers that a task remembers; the one unheard of for longest goes first. */
const producersMax = 1_000;

/**
 * How far each producer of a partition got, so that records sent twice are known.
 *
 * A producer's records come in the order of their sequences, as one sender appends them. What is
 * remembered, and in which order, follows from the records alone: it is part of the state.
 *
 * Owner: the record processor.
 */
export class Producers {
  /** Greatest sequence by producer, the one heard of last at the end. */
  readonly #sequences: Map<string, number>;
  #latest: string | undefined;

  /** @param known As `known` gave them, in that order. */
  constructor(known: readonly RecordIdentity[]) {
    this.#sequences = new Map(known.map(({ producerId, sequence }) => [producerId, sequence]));
    this.#latest = known.at(-1)?.producerId;
  }

  /** What a commit has to keep. */
  get known(): RecordIdentity[] {
    return [...this.#sequences].map(([producerId, sequence]) => ({ producerId, sequence }));
  }

  /** Takes note of a record; false if it, or a later one of its producer, was there before. */
  isNew({ producerId, sequence }: RecordIdentity): boolean {
    const greatest = this.#sequences.get(producerId);
    this.#heardOf(producerId, Math.max(sequence, greatest ?? sequence));
    return greatest === undefined || sequence > greatest;
  }

  #heardOf(producerId: string, sequence: number): void {
    if (producerId !== this.#latest) this.#sequences.delete(producerId);
    this.#sequences.set(producerId, sequence);
    this.#latest = producerId;
    if (this.#sequences.size <= producersMax) return;
    const [oldest] = this.#sequences.keys();
    if (oldest !== undefined) this.#sequences.delete(oldest);
  }
}
