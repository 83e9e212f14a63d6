import type { Codec } from "../topology/codec.ts";
import type { Lineage } from "./lineage.ts";
import type { Offset } from "../record.ts";
import type { RecordIdentity } from "../record_identity.ts";
import { type HorizonState, noHorizon } from "./horizon.ts";
import { noRules, type Rules } from "./rules.ts";
import type { ItemCounts } from "../item_counts.ts";

/**
 * The lengths that a state depends on, ms: size and advance of its windows, then its roll-ups; of
 * sessions the gap and 0, of sliding ones the advance is negative.
 */
export type Windowing = readonly number[];

/** Version of the form and meaning of the state: a program reads its own. */
export const stateVersion = 2;

/** How far a task is in an input beside its first one. */
export interface OtherPosition {
  readonly topic: string;
  /** Next offset to process. */
  readonly offset: Offset;
  /** Like `inputEpoch` of `TaskMeta`. */
  readonly epoch: number;
}

/** What a task knows about itself; changes with every commit. */
export interface TaskMeta {
  /** The `stateVersion` of the program that wrote it. */
  readonly stateVersion: number;
  /** Next input offset to process. */
  readonly inputOffset: Offset;
  /** Epoch of the leader that wrote what lies before it; `noEpoch` where none is known. */
  readonly inputEpoch: number;
  readonly lineage: Lineage;
  /**
   * Write time of the last event without what changes of the rules add, microseconds:
   * `max(previous + 1, receivedAtMs * 1000)`, so strictly increasing along the events that the state
   * holds, and near real time.
   */
  readonly versionUs: number;
  /** First `versionUs` of this state's life; a reset starts a later one, which wins everywhere. */
  readonly generationUs: number;
  readonly counts: ItemCounts;
  /** How far the task is in its further inputs; absent for a task without. */
  readonly others?: readonly OtherPosition[];
  /** Greatest event time, epoch ms; absent for a task whose processors are not called. */
  readonly timeMs?: number;
  /** Next offset to process of the task's partition of the repartition topic. */
  readonly rekeyedOffset: Offset;
  /** Like `inputEpoch`. */
  readonly rekeyedEpoch: number;
  /** Greatest sequence of each producer, the one heard of last at the end; bounded. */
  readonly producers: readonly RecordIdentity[];
  /** What the windows in the state are; empty while there are none. */
  readonly windowing: Windowing;
  readonly rules: Rules;
  readonly horizon: HorizonState;
  /**
   * No rows are made of windows that start before this, epoch ms: what was cut off the beginning of
   * the input may have been theirs. 0 for an input that is whole; `null` until the first record
   * says.
   */
  readonly wholeFromMs: number | null;
}

/** How the engine's own state is written. */
export interface EngineCodecs {
  /** @internal */
  readonly meta: Codec<TaskMeta>;
}

/** Counters of a state that has read nothing. */
export const noItems: ItemCounts = {
  read: 0,
  aggregated: 0,
  late: 0,
  deadLetters: 0,
  duplicates: 0,
  rekeyed: 0,
};

/** Stands for a leader epoch that is not known, as in Kafka's protocol. */
export const noEpoch = -1;

/** An epoch as readers take it; `undefined` where none is known. */
export function knownEpoch(epoch: number): number | undefined {
  return epoch === noEpoch ? undefined : epoch;
}

/** The state of a task without a past, that starts at these offsets. */
export function firstMeta(
  lineage: Lineage,
  inputOffset: Offset,
  rekeyedOffset: Offset = 0,
): TaskMeta {
  return {
    stateVersion,
    inputOffset,
    inputEpoch: noEpoch,
    lineage,
    versionUs: 0,
    generationUs: 0,
    counts: noItems,
    rekeyedOffset,
    rekeyedEpoch: noEpoch,
    producers: [],
    windowing: [],
    rules: noRules,
    horizon: noHorizon,
    wholeFromMs: 0,
  };
}
