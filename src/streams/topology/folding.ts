import type { Codec } from "./codec.ts";
import { json, sessionStateCodec, slidingStateCodec, windowStateCodec } from "./codecs.ts";
import { folded, type FoldedAggregate, type Folds, type FoldValues } from "./folds.ts";
import type { WindowState } from "./key_state.ts";
import { checkedRollUps, type RollUpLevel, type RollUps } from "./roll_ups.ts";
import {
  type SessionTable,
  sessionTable,
  type TablePlan,
  type WindowTable,
  windowTable,
} from "./table.ts";
import { type Aggregator, checkStoreName, type Derivation } from "./topology.ts";
import type { Origin } from "./values.ts";
import type { TimeWindows } from "./windows.ts";

/** What is kept of the values of a key, and how. */
export interface Aggregation<T, A> extends Aggregator<T, A> {
  /** How aggregates are written to the store and its changelog; JSON without it. */
  readonly codec?: Codec<A>;
}

/** What is kept of the values of a key and window, and how. */
export interface WindowAggregation<T, A> extends Aggregation<T, A> {
  /** Longer windows that are always the merge of these, which must not overlap. */
  readonly rollUps?: RollUps<A>;
  /** In place of `codec`, for a job whose schema also has what the engine knows of a window. */
  readonly stateCodec?: Codec<WindowState<A>>;
}

/** What a table of fields may have beside them. */
export interface FieldOptions {
  /** Longer windows that are always the merge of these, shortest first. */
  readonly rollUps?: readonly RollUpLevel[];
}

/** Values with their keys, to be folded into a table with a row per key and window. */
export interface WindowedStream<T, E = T> {
  /** How many values a window has had. */
  count(store: string): WindowTable<E, number>;
  /** The sum of a window's values, which begins with the first one. */
  reduce(store: string, add: (sum: T, value: T) => T, codec?: Codec<T>): WindowTable<E, T>;
  /** The fields of a window's values, as in `{ spent: sum(({ cents }) => cents), n: count() }`. */
  aggregate<F extends Folds<T>>(
    store: string,
    fields: F,
    options?: FieldOptions,
  ): WindowTable<E, FoldValues<F>>;
  /** What `aggregation` makes of a window's values. */
  aggregate<A>(store: string, aggregation: WindowAggregation<T, A>): WindowTable<E, A>;
}

/**
 * Values with their keys, to be folded into a table with a row per key and window, of which several
 * may hold a value: they are not rolled up, as a value would count as often.
 */
export interface OverlappingStream<T, E = T> {
  /** How many values a window has. */
  count(store: string): WindowTable<E, number>;
  /** The sum of a window's values, which begins with the first one. */
  reduce(store: string, add: (sum: T, value: T) => T, codec?: Codec<T>): WindowTable<E, T>;
  /** The fields of a window's values, as in `{ spent: sum(({ cents }) => cents), n: count() }`. */
  aggregate<F extends Folds<T>>(store: string, fields: F): WindowTable<E, FoldValues<F>>;
  /** What `aggregation` makes of a window's values. */
  aggregate<A>(store: string, aggregation: Aggregation<T, A>): WindowTable<E, A>;
}

/** What is kept of the values of a key and session, and how. */
export interface SessionAggregation<T, A> extends Aggregation<T, A> {
  /**
   * Adds the aggregate of a later session to that of an earlier one, which may be changed in place,
   * where they become one.
   *
   * @see Kafka Streams Merger
   */
  merge(into: A, from: A): A;
}

/** Values with their keys, to be folded into a table with a row per key and session. */
export interface SessionStream<T, E = T> {
  /** How many values a session has had. */
  count(store: string): SessionTable<E, number>;
  /** The sum of a session's values, which begins with the first one; of two sessions as well. */
  reduce(store: string, add: (sum: T, value: T) => T, codec?: Codec<T>): SessionTable<E, T>;
  /** The fields of a session's values, as in `{ spent: sum(({ cents }) => cents), n: count() }`. */
  aggregate<F extends Folds<T>>(store: string, fields: F): SessionTable<E, FoldValues<F>>;
  /** What `aggregation` makes of a session's values. */
  aggregate<A>(store: string, aggregation: SessionAggregation<T, A>): SessionTable<E, A>;
}

/** Makes the plan of a table of keyed values. */
export type Planned<E, T> = <A>(
  store: string,
  windows: TimeWindows,
  aggregation: WindowAggregation<T, A>,
) => TablePlan<E, A>;

/** Values of a stream in sessions. */
export function sessionStream<E, T>(
  plan: Planned<E, T>,
  windows: TimeWindows,
): SessionStream<T, E> {
  const fold = <A>(store: string, aggregation: SessionAggregation<T, A>) => {
    const { codec = json(), merge } = aggregation;
    const stateCodec = sessionStateCodec(codec);
    const rollUps = { merge, levels: [] };
    return sessionTable(plan(store, windows, { ...aggregation, stateCodec, rollUps }));
  };
  return {
    count: (store) => fold(store, { ...counting, merge: (into, from) => into + from }),
    reduce: (store, add, codec) => fold(store, { ...reducing(add, codec), merge: add }),
    aggregate: <A>(store: string, aggregation: Folds<T> | SessionAggregation<T, A>) =>
      fold(
        store,
        isAggregation<SessionAggregation<T, A>>(aggregation)
          ? aggregation
          : folded<T, Folds<T>>(aggregation) as unknown as FoldedAggregate<T, A>,
      ),
  };
}

/** Values of a stream in sliding windows. */
export function slidingStream<E, T>(
  plan: Planned<E, T>,
  windows: TimeWindows,
): OverlappingStream<T, E> {
  const fold = <A>(store: string, aggregation: Aggregation<T, A>) => {
    const { codec = json() } = aggregation;
    const stateCodec = slidingStateCodec(codec);
    return windowTable(plan(store, windows, { ...aggregation, stateCodec }));
  };
  return {
    count: (store) => fold(store, counting),
    reduce: (store, add, codec) => fold(store, reducing(add, codec)),
    aggregate: <A>(store: string, of: Folds<T> | Aggregation<T, A>) =>
      fold(store, aggregationOf<T, A>(of)),
  };
}

/** Values of a stream in windows. */
export function windowedStream<E, T>(
  plan: Planned<E, T>,
  windows: TimeWindows,
): WindowedStream<T, E> {
  const fold = <A>(store: string, aggregation: WindowAggregation<T, A>) =>
    windowTable(plan(store, windows, aggregation));
  return {
    count: (store) => fold(store, counting),
    reduce: (store, add, codec) => fold(store, reducing(add, codec)),
    aggregate: <A>(
      store: string,
      aggregation: Folds<T> | WindowAggregation<T, A>,
      options?: FieldOptions,
    ) => fold(store, aggregationOf<T, A>(aggregation, options)),
  };
}

/** An aggregation as it is, or that of fields; only an aggregation has functions. */
export function aggregationOf<T, A>(
  of: Folds<T> | WindowAggregation<T, A>,
  { rollUps: levels = [] }: FieldOptions = {},
): WindowAggregation<T, A> {
  if (isAggregation<WindowAggregation<T, A>>(of)) return of;
  const aggregate = folded<T, Folds<T>>(of) as unknown as FoldedAggregate<T, A>;
  return { ...aggregate, rollUps: { merge: aggregate.merge, levels } };
}

function isAggregation<A extends { initial(): unknown }>(of: Folds<never> | A): of is A {
  return typeof of.initial === "function";
}

/** Counts. */
export const counting: Aggregator<unknown, number> = {
  initial: () => 0,
  add: (count) => count + 1,
};

/** Adds values, from the first on. */
export function reducing<T>(
  add: (sum: T, value: T) => T,
  codec: Codec<T> = json(),
): Aggregation<T, T> {
  const nothing = undefined as T; // never kept: a row begins with a value
  return {
    initial: () => nothing,
    add: (sum, value) => sum === undefined ? value : add(sum, value),
    codec,
  };
}

/**
 * How a table is made of the values of a source.
 *
 * @throws {InvariantError} As `checkStoreName` and `checkedRollUps`.
 */
export function tablePlan<E, A>(
  { source, repartition, tables, globals, processors }: Origin<E>,
  store: string,
  windows: TimeWindows,
  { aggregation, derivation }: {
    readonly aggregation: WindowAggregation<E, A>;
    readonly derivation: Derivation<E, A> | undefined;
  },
): TablePlan<E, A> {
  checkStoreName(store);
  const { codec = json(), rollUps, stateCodec } = aggregation;
  return {
    source,
    repartition,
    tables,
    globals,
    processors,
    tableless: false,
    derivation,
    store,
    windows,
    aggregator: aggregation,
    codec: aggregation.view === undefined ? codec : json(),
    windowCodec: stateCodec ?? windowStateCodec(codec),
    rollUps: checkedRollUps(windows, rollUps),
  };
}
