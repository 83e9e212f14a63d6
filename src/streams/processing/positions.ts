import type { Offset } from "../record.ts";
import type { RecordIdentity } from "../record_identity.ts";
import type { TaskMeta } from "../state/state.ts";

/** Where a task is in one of its inputs. */
interface Position {
  offset: Offset;
  epoch: number;
}

/** How far a task is in its inputs, as its own record says. */
type Places = Pick<
  TaskMeta,
  "inputOffset" | "inputEpoch" | "rekeyedOffset" | "rekeyedEpoch" | "others"
>;

/**
 * Where a task is in each of its inputs.
 *
 * Owner: the record processor.
 */
export class Positions {
  readonly #direct: Position;
  readonly #rekeyed: Position;
  readonly #repartition: string | undefined;
  /** In further inputs, by topic; absent for a task without. */
  readonly #others: ReadonlyMap<string, Position> | undefined;

  /** @param repartition Topic of what others sent on, for jobs that do so. */
  constructor(places: Places, repartition: string | undefined) {
    this.#direct = { offset: places.inputOffset, epoch: places.inputEpoch };
    this.#rekeyed = { offset: places.rekeyedOffset, epoch: places.rekeyedEpoch };
    this.#repartition = repartition;
    this.#others = places.others &&
      new Map(places.others.map(({ topic, offset, epoch }) => [topic, { offset, epoch }]));
  }

  /** What a commit has to keep. */
  get places(): Places {
    const places = {
      inputOffset: this.#direct.offset,
      inputEpoch: this.#direct.epoch,
      rekeyedOffset: this.#rekeyed.offset,
      rekeyedEpoch: this.#rekeyed.epoch,
    };
    if (this.#others === undefined) return places;
    const others = [...this.#others].map(([topic, position]) => ({ topic, ...position }));
    return { ...places, others };
  }

  /**
   * A producer's name in a topic: its records come in the order of their sequences in each, not
   * across them.
   */
  inTopic(topic: string, identity: RecordIdentity): RecordIdentity {
    if (this.#others?.has(topic) !== true) return identity;
    return { ...identity, producerId: `${topic}/${identity.producerId}` };
  }

  /** What comes next of a topic was written by a leader of this epoch, or by earlier ones. */
  writtenIn(topic: string, leaderEpoch: number): void {
    const position = topic === this.#repartition ? this.#rekeyed : this.#inputOf(topic);
    position.epoch = leaderEpoch;
  }

  /** Moves the position in a topic; false where it is there already, or beyond. */
  moveTo(topic: string, offset: Offset): boolean {
    const position = topic === this.#repartition ? this.#rekeyed : this.#inputOf(topic);
    return moved(position, offset);
  }

  /** The same for a topic that is an input. */
  moveInput(topic: string, offset: Offset): boolean {
    return moved(this.#inputOf(topic), offset);
  }

  #inputOf(topic: string): Position {
    return this.#others?.get(topic) ?? this.#direct;
  }
}

function moved(position: Position, offset: Offset): boolean {
  if (offset <= position.offset) return false;
  position.offset = offset;
  return true;
}
