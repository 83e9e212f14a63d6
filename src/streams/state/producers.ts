import { partitionForKey } from "../partitioner.ts";
import type { RecordIdentity } from "../record_identity.ts";

/** Producers that a task remembers; the one unheard of for longest goes first. */
const producersMax = 1_000;

/** Between a producer's name and the partition that its sequence was seen in, where that is another. */
const formerMark = "\0";

/** A partition from before the state was moved to more of them. */
interface FormerPartition {
  readonly partition: number;
  readonly partitions: number;
  /** What stands behind the names of its producers. */
  readonly suffix: string;
}

/**
 * The producers of a partition as the tasks know them that its keys move to. Which of a producer's
 * records were there says nothing of its records in other partitions, so it stays with them.
 */
export function asFormer(
  known: readonly RecordIdentity[],
  { partition, partitions }: Omit<FormerPartition, "suffix">,
): RecordIdentity[] {
  return known.map(({ producerId, sequence }) =>
    producerId.includes(formerMark)
      ? { producerId, sequence }
      : { producerId: `${producerId}${formerMark}${partition}/${partitions}`, sequence }
  );
}

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
  readonly #former: readonly FormerPartition[];
  #latest: string | undefined;

  /** @param known As `known` gave them, in that order. */
  constructor(known: readonly RecordIdentity[]) {
    this.#sequences = new Map(known.map(({ producerId, sequence }) => [producerId, sequence]));
    this.#latest = known.at(-1)?.producerId;
    this.#former = formerPartitions(known);
  }

  /** What a commit has to keep. */
  get known(): RecordIdentity[] {
    return [...this.#sequences].map(([producerId, sequence]) => ({ producerId, sequence }));
  }

  /**
   * Takes note of a record; false if it, or a later one of its producer, was there before.
   *
   * @param key Of the record: says in which partition it was before the state was moved.
   */
  isNew({ producerId, sequence }: RecordIdentity, key: Uint8Array | null): boolean {
    if (this.#wasThere(producerId, sequence, key)) return false;
    const greatest = this.#sequences.get(producerId);
    this.#heardOf(producerId, Math.max(sequence, greatest ?? sequence));
    return greatest === undefined || sequence > greatest;
  }

  #wasThere(producerId: string, sequence: number, key: Uint8Array | null): boolean {
    return key !== null &&
      this.#former.some(({ partition, partitions, suffix }) => {
        const greatest = this.#sequences.get(producerId + suffix);
        return partitionForKey(key, partitions) === partition &&
          greatest !== undefined && sequence <= greatest;
      });
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

function formerPartitions(known: readonly RecordIdentity[]): FormerPartition[] {
  const suffixes = known.filter(({ producerId }) => producerId.includes(formerMark))
    .map(({ producerId }) => producerId.slice(producerId.lastIndexOf(formerMark)));
  return [...new Set(suffixes)].map((suffix) => {
    const [partition = 0, partitions = 1] = suffix.slice(formerMark.length).split("/").map(Number);
    return { partition, partitions, suffix };
  });
}
