import { assert, InvariantError } from "../../base/assert.ts";
import { encodeText } from "../text.ts";
import type { Either } from "./either.ts";
import {
  type Aggregation,
  aggregationOf,
  counting,
  type OverlappingStream,
  type Planned,
  reducing,
  type SessionStream,
  sessionStream,
  slidingStream,
  tablePlan,
  type WindowAggregation,
  type WindowedStream,
  windowedStream,
} from "./folding.ts";
import type { Folds } from "./folds.ts";
import {
  type AnyProcessor,
  once,
  processorSteps,
  type Steps,
  type StoreCodecs,
} from "./processor.ts";
import { type JoinWindows, type StreamJoin, streamJoin } from "./stream_join.ts";
import { keyTable } from "./table.ts";
import type { GlobalTable } from "./global_table.ts";
import type { Lookup } from "./table_topic.ts";
import type { Derivation, EventContext, Topology } from "./topology.ts";
import {
  eventsAlone,
  type Origin,
  type ValuesPlan,
  withGlobal,
  withProcessor,
  withTables,
} from "./values.ts";
import { type TimeWindows, unlimited } from "./windows.ts";
import type { Branches, Conditions, KeyedStream, Origins } from "./keyed_stream.ts";

/** Values of a source, keyed. */
export function keyedStream<T>(
  keyed: Pick<Topology<T, never, never>, "source" | "repartition">,
): KeyedStream<T> {
  const origin: Origin<T> = { ...keyed, tables: [], globals: [], processors: [] };
  const plan = <A>(store: string, windows: TimeWindows, aggregation: WindowAggregation<T, A>) =>
    tablePlan(origin, store, windows, { aggregation, derivation: undefined });
  return keyedBy(origin, plan, eventsAlone);
}

type TableJoin<T, U, V> = [table: Lookup<U>, make: (value: T, partner: U) => V];

type GlobalJoin<T, U, V> = [
  table: GlobalTable<U>,
  keyOf: (value: T, key: string) => string | undefined,
  make: (value: T, partner: U) => V,
];

/** All in one place: which of them it is, only the callers' types say. */
type AnyJoin<T> =
  | TableJoin<T, unknown, unknown>
  | GlobalJoin<T, unknown, unknown>
  | WithinJoin<T, unknown, unknown, unknown>;

type WithinJoin<T, U, F, V> = [
  name: string,
  other: KeyedStream<U, F, Origins>,
  windows: JoinWindows,
  make: (value: T, partner: U) => V,
];

function keyOf({ key }: EventContext): Uint8Array {
  return encodeText(key);
}

function joinedWithin<E, F, T, U, V>(
  values: ValuesPlan<E, T>,
  [name, other, windows, make]: WithinJoin<T, U, F, V>,
  alone: Pick<StreamJoin<T, U, V>, "left" | "right">,
): KeyedStream<V, Either<E, F>, "calls"> {
  const { origin, steps } = streamJoin(name, values, other.values, { windows, make, ...alone });
  return derived(withProcessor(origin, { name, punctuates: true }), steps);
}

function keyedBy<E, T, C extends Origins>(
  keyed: Origin<E>,
  plan: Planned<E, T>,
  steps: Steps<E, T>,
): KeyedStream<T, E, C> {
  const fold = <A>(store: string, aggregation: Aggregation<T, A>) =>
    keyTable(plan(store, unlimited, aggregation));
  const flatMap = <U>(f: (value: T, key: string) => readonly U[]) =>
    derived<E, U, C>(
      keyed,
      (cause, context, stores) =>
        steps(cause, context, stores).flatMap((value) => f(value, context.key)),
    );
  const values = { ...keyed, steps, keyOf };
  return {
    values,
    map: (f) => flatMap((value, key) => [f(value, key)]),
    flatMap,
    filter: (keep) => flatMap((value, key) => keep(value, key) ? [value] : []),
    branch: (ways) => branched(keyed, steps, ways),
    peek: (look) =>
      derived(
        keyed,
        once((cause, context, stores) => {
          const values = steps(cause, context, stores);
          for (const value of values) look(value, context.key);
          return values;
        }),
      ),
    process: (<S extends StoreCodecs, U>(
      name: string,
      stores: S,
      processor: AnyProcessor<T, S, U>,
    ) => {
      const { timeOf } = keyed.source;
      const made = processorSteps(name, stores, processor, { before: steps, timeOf });
      return derived(
        withProcessor(keyed, { name, punctuates: processor.punctuate !== undefined }),
        made,
      );
    }) as KeyedStream<T, E, C>["process"],
    ...joinsOf(values),
    count: (store) => fold(store, counting),
    reduce: (store, add, codec) => fold(store, reducing(add, codec)),
    aggregate: <A>(store: string, aggregation: Folds<T> | Aggregation<T, A>) =>
      fold(store, aggregationOf<T, A>(aggregation)),
    window: ((windows: TimeWindows) => inWindows(plan, windows)) as KeyedStream<T, E, C>["window"],
  };
}

function branched<E, T, C extends Origins, W extends Conditions<T>>(
  keyed: Origin<E>,
  steps: Steps<E, T>,
  ways: W,
): Branches<T, E, C, W> {
  const conditions = Object.entries(ways);
  const taken = once<E, { readonly way: string | undefined; readonly value: T }>(
    (cause, context, stores) =>
      steps(cause, context, stores).map((value) => {
        const [way] = conditions.find(([, wants]) => wants(value, context.key)) ?? [];
        return { way, value };
      }),
  );
  const streams = conditions.map(([name]) => {
    const own: Steps<E, T> = (cause, context, stores) =>
      taken(cause, context, stores).flatMap(({ way, value }) => way === name ? [value] : []);
    return [name, derived<E, T, C>(keyed, own)];
  });
  return Object.fromEntries(streams);
}

/** The joins of a stream's values. */
function joinsOf<E, T, C extends Origins>(
  values: ValuesPlan<E, T>,
): Pick<KeyedStream<T, E, C>, "join" | "leftJoin" | "outerJoin"> {
  const { steps } = values;
  const joined = (table: Lookup<unknown>, make: (value: T, partner: unknown) => unknown[]) =>
    derived<E, unknown>(withTables(values, table), (cause, context, stores) => {
      const values = steps(cause, context, stores);
      if (values.length === 0) return []; // what a table is made of may throw, on behalf of none
      const partner = table.get(stores, context.key);
      return values.flatMap((value) => make(value, partner));
    });
  const joinedGlobally = (
    table: GlobalTable<unknown>,
    nameOf: (value: T, key: string) => string | undefined,
    make: (value: T, partner: unknown) => unknown[],
  ) =>
    derived<E, unknown>(withGlobal(values, table), (cause, context, stores) => {
      const global = stores.globalOf(table);
      return steps(cause, context, stores).flatMap((value) => {
        const name = nameOf(value, context.key);
        return make(value, name === undefined ? undefined : global.get(name));
      });
    });
  const join = (...args: AnyJoin<T>): unknown => {
    if (args.length === 4) return joinedWithin(values, args, {});
    const make = args.length === 2 ? args[1] : args[2];
    const some = (value: T, partner: unknown) =>
      partner === undefined ? [] : [make(value, partner)];
    return args.length === 2 ? joined(args[0], some) : joinedGlobally(args[0], args[1], some);
  };
  const leftJoin = (...args: AnyJoin<T>): unknown => {
    if (args.length === 4) {
      return joinedWithin(values, args, { left: (value: T) => args[3](value, undefined) });
    }
    const make = args.length === 2 ? args[1] : args[2];
    const all = (value: T, partner: unknown) => [make(value, partner)];
    return args.length === 2 ? joined(args[0], all) : joinedGlobally(args[0], args[1], all);
  };
  return {
    join: join as unknown as KeyedStream<T, E, C>["join"],
    leftJoin: leftJoin as unknown as KeyedStream<T, E, C>["leftJoin"],
    outerJoin: (name, other, windows, make) =>
      joinedWithin(values, [name, other, windows, make], {
        left: (value) => make(value, undefined),
        right: (partner) => make(undefined, partner),
      }),
  };
}

function inWindows<E, T>(
  plan: Planned<E, T>,
  windows: TimeWindows,
): SessionStream<T, E> | OverlappingStream<T, E> | WindowedStream<T, E> {
  if (windows.sessions === true) return sessionStream(plan, windows);
  return windows.sliding === true ? slidingStream(plan, windows) : windowedStream(plan, windows);
}

/** Values that `steps` make of events and of what key-value stores have. */
export function derived<E, T, C extends Origins = "records">(
  keyed: Origin<E>,
  steps: Steps<E, T>,
): KeyedStream<T, E, C> {
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
