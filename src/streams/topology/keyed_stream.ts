import { assert, InvariantError } from "../../base/assert.ts";
import type { WindowState } from "./key_state.ts";
import { type Processor, processorSteps, type Steps, type StoreCodecs } from "./processor.ts";
import type { TopicTable } from "./topic_table.ts";
import { eventsAlone, type Origin, type Values } from "./values.ts";
import { encodeText } from "../text.ts";
import type { Codec } from "./codec.ts";
import { json, sessionStateCodec, windowStateCodec } from "./codecs.ts";
import { folded, type FoldedAggregate, type Folds, type FoldValues } from "./folds.ts";
import { checkedRollUps, type RollUpLevel, type RollUps } from "./roll_ups.ts";
import {
  type KeyTable,
  keyTable,
  type SessionTable,
  sessionTable,
  type TablePlan,
  type WindowTable,
  windowTable,
} from "./table.ts";
import {
  type Aggregator,
  type Derivation,
  type NamedProcessor,
  otherInputs,
  type Topology,
} from "./topology.ts";
import { type SessionWindows, type TimeWindows, unlimited } from "./windows.ts";

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

/**
 * Values with their keys, to be written as they are, or folded into a table with a row per key. A
 * row stays: it has no time at which it would be complete, or late for a value, or old enough to go.
 *
 * A stream may be continued in several ways: where a job writes each of them to a topic of its own,
 * its values branch.
 *
 * A store's name has no dash; its changelog is `<job>-<store>-changelog`.
 *
 * @typeParam T Value.
 * @typeParam E Value as it was when it got its key.
 */
export interface KeyedStream<T, E = T> extends Values<E, T> {
  /**
   * Makes another value of each, of the same key.
   *
   * @see Kafka Streams KStream#mapValues
   */
  map<U>(f: (value: T, key: string) => U): KeyedStream<U, E>;
  /** Continues with each of what a value holds. */
  flatMap<U>(f: (value: T, key: string) => readonly U[]): KeyedStream<U, E>;
  /** Leaves out values that are not to be kept. */
  filter(keep: (value: T, key: string) => boolean): KeyedStream<T, E>;
  /**
   * Continues with what a processor makes of each value, with stores of its own and what it has
   * scheduled. A value is processed once, late or not, however many streams continue from here.
   *
   * What it makes goes to topics; a table can be made of it where it schedules nothing.
   *
   * @param name Of the processor, unlike that of any other one of the job, and without dashes: of its
   *   stores, too, which are rows of the job's store with its changelog.
   * @param stores How values are written, by the store's name. A job that is to read what another
   *   codec wrote stops with `STATE_UNREADABLE`.
   * @see Kafka Streams KStream#process
   *
   * @example
   * ```ts ignore
   * const jumps = readings.process("jumps", { last: json<number>() }, {
   *   process({ celsius }, { key, stores: { last } }) {
   *     const before = last.get() ?? celsius;
   *     last.put(celsius);
   *     return Math.abs(celsius - before) < 5 ? [] : [{ sensor: key, before, celsius }];
   *   },
   * });
   * ```
   */
  process<S extends StoreCodecs, U>(
    name: string,
    stores: S,
    processor: Processor<T, S, U>,
  ): KeyedStream<U, E>;
  /**
   * Joins each value with what a table has of its key when the value is processed; values of keys
   * that it does not have are left out. A value waits for what the table's topic is known to have up
   * to the value's timestamp (see `maxIdle` of `JobOptions`), and is not joined again when its
   * partner changes later. A late value is joined like any other, and is late.
   *
   * @see Kafka Streams KStream#join with a KTable
   */
  join<U, V>(table: TopicTable<U>, make: (value: T, partner: U) => V): KeyedStream<V, E>;
  /**
   * The same, also of values whose key the table does not have.
   *
   * @see Kafka Streams KStream#leftJoin with a KTable
   */
  leftJoin<U, V>(
    table: TopicTable<U>,
    make: (value: T, partner: U | undefined) => V,
  ): KeyedStream<V, E>;
  /** How many values a key has had. */
  count(store: string): KeyTable<E, number>;
  /** The sum of a key's values, which begins with the first one. */
  reduce(store: string, add: (sum: T, value: T) => T, codec?: Codec<T>): KeyTable<E, T>;
  /** The fields of a key's values, as in `{ spent: sum(({ cents }) => cents), n: count() }`. */
  aggregate<F extends Folds<T>>(store: string, fields: F): KeyTable<E, FoldValues<F>>;
  /** What `aggregation` makes of a key's values. */
  aggregate<A>(store: string, aggregation: Aggregation<T, A>): KeyTable<E, A>;
  /** Folds per key and session, see `session`. */
  window(windows: SessionWindows): SessionStream<T, E>;
  /** Folds per key and window, see `tumbling` and `hopping`. */
  window(windows: TimeWindows): WindowedStream<T, E>;
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

/** Values of a source, keyed. */
export function keyedStream<T>(
  keyed: Pick<Topology<T, never, never>, "source" | "repartition">,
): KeyedStream<T> {
  const origin: Origin<T> = { ...keyed, tables: [], processors: [] };
  const plan = <A>(store: string, windows: TimeWindows, aggregation: WindowAggregation<T, A>) =>
    tablePlan(origin, store, windows, { aggregation, derivation: undefined });
  return keyedBy(origin, plan, eventsAlone);
}

/** Makes the plan of a table of keyed values. */
type Planned<E, T> = <A>(
  store: string,
  windows: TimeWindows,
  aggregation: WindowAggregation<T, A>,
) => TablePlan<E, A>;

function keyedBy<E, T>(
  keyed: Origin<E>,
  plan: Planned<E, T>,
  steps: Steps<E, T>,
): KeyedStream<T, E> {
  const fold = <A>(store: string, aggregation: Aggregation<T, A>) =>
    keyTable(plan(store, unlimited, aggregation));
  const joined = <U, V>(table: TopicTable<U>, make: (value: T, partner: U | undefined) => V[]) =>
    derived<E, V>(withTable(keyed, table), (cause, context, stores) => {
      const values = steps(cause, context, stores);
      const partner = stores.readerOf(table).get(context.key);
      return values.flatMap((value) => make(value, partner));
    });
  const flatMap = <U>(f: (value: T, key: string) => readonly U[]) =>
    derived<E, U>(
      keyed,
      (cause, context, stores) =>
        steps(cause, context, stores).flatMap((value) => f(value, context.key)),
    );
  return {
    values: { ...keyed, steps, keyOf: ({ key }) => encodeText(key) },
    map: (f) => flatMap((value, key) => [f(value, key)]),
    flatMap,
    filter: (keep) => flatMap((value, key) => keep(value, key) ? [value] : []),
    process: (name, stores, processor) => {
      const { timeOf } = keyed.source;
      const made = processorSteps(name, stores, processor, { before: steps, timeOf });
      return derived(
        withProcessor(keyed, { name, punctuates: processor.punctuate !== undefined }),
        made,
      );
    },
    join: (table, make) =>
      joined(table, (value, partner) => partner === undefined ? [] : [make(value, partner)]),
    leftJoin: (table, make) => joined(table, (value, partner) => [make(value, partner)]),
    count: (store) => fold(store, counting),
    reduce: (store, add, codec) => fold(store, reducing(add, codec)),
    aggregate: <A>(store: string, aggregation: Folds<T> | Aggregation<T, A>) =>
      fold(store, aggregationOf<T, A>(aggregation)),
    window:
      ((windows: TimeWindows) =>
        windows.sessions === true
          ? sessionStream(plan, windows)
          : windowedStream(plan, windows)) as KeyedStream<T, E>["window"],
  };
}

function withProcessor<E>(origin: Origin<E>, processor: NamedProcessor): Origin<E> {
  return { ...origin, processors: [...origin.processors, processor] };
}

function withTable<E>(keyed: Origin<E>, table: TopicTable<unknown>): Origin<E> {
  if (keyed.tables.includes(table)) return keyed;
  const inputs = [keyed.source.topic, ...otherInputs(keyed)];
  assert(!inputs.includes(table.topic), `${table.topic} must be read once: as a table or a stream`);
  return { ...keyed, tables: [...keyed.tables, table] };
}

/** Values that `steps` make of events and of what key-value stores have. */
function derived<E, T>(keyed: Origin<E>, steps: Steps<E, T>): KeyedStream<T, E> {
  const plan = <A>(store: string, windows: TimeWindows, aggregation: WindowAggregation<T, A>) => {
    const [calls] = keyed.processors.filter(({ punctuates }) => punctuates);
    assert(
      calls === undefined,
      `what ${calls?.name} makes must go to a topic, as it has punctuate: another job folds it`,
    );
    const derivation: Derivation<E, A> = {
      of: (event, context, stores) =>
        steps(event, context, stores).map((value) => ({
          addTo: (sum) => aggregation.add(sum, value),
        })),
    };
    return tablePlan(keyed, store, windows, {
      aggregation: { ...aggregation, add: neverAdded },
      derivation,
    });
  };
  return keyedBy(keyed, plan, steps);
}

function neverAdded(): never {
  throw new InvariantError("an event that something else is made of is not added itself");
}

function sessionStream<E, T>(
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

function windowedStream<E, T>(
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
function aggregationOf<T, A>(
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

const counting: Aggregator<unknown, number> = { initial: () => 0, add: (count) => count + 1 };

function reducing<T>(
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

function tablePlan<E, A>(
  { source, repartition, tables, processors }: Origin<E>,
  store: string,
  windows: TimeWindows,
  { aggregation, derivation }: {
    readonly aggregation: WindowAggregation<E, A>;
    readonly derivation: Derivation<E, A> | undefined;
  },
): TablePlan<E, A> {
  const { codec = json(), rollUps, stateCodec } = aggregation;
  return {
    source,
    repartition,
    tables,
    processors,
    derivation,
    store,
    windows,
    aggregator: aggregation,
    codec: aggregation.view === undefined ? codec : json(),
    windowCodec: stateCodec ?? windowStateCodec(codec),
    rollUps: checkedRollUps(windows, rollUps),
  };
}
