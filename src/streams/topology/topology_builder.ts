import type { Codec } from "./codec.ts";
import { defaultHandlers, type ErrorHandlers } from "./handlers.ts";
import type { Punctuator } from "../processing/punctuation.ts";
import { checkedRollUps, type RollUps } from "./roll_ups.ts";
import type { WindowState } from "../state/state.ts";
import type {
  Aggregator,
  EventContext,
  RowMaker,
  Source,
  Topology,
  WindowResult,
} from "./topology.ts";
import type { TimeWindows } from "./windows.ts";

/** How far ahead of its record's timestamp an event may lie by default, ms. */
const maxFutureMsDefault = 60_000;

/**
 * Events in a row that must have passed a time before keys expire by it: a burst with wrong times is
 * shorter, and as many keys more in the state are few.
 */
const agreeingEventsDefault = 1_000;

/** What is kept of a window, and where. */
export interface Aggregation<E, A> {
  /** Names the state store and its changelog. */
  readonly store: string;
  readonly aggregator: Aggregator<E, A>;
  readonly codec: Codec<WindowState<A>>;
  /**
   * Names what the job makes of its events; to be changed with every change of the aggregator, or
   * of a choice that it depends on.
   */
  readonly revision?: string;
  /** Longer windows that are always the merge of the aggregated ones, which must not overlap. */
  readonly rollUps?: RollUps<A>;
}

/** A stream of events, not yet in windows. */
export interface EventStream<E> {
  /** Sends a row of every event to the sink, late ones included. */
  toRows<R>(name: string, row: (event: E, context: EventContext) => R): EventStreamWithRows<E, R>;
  windowedBy(windows: TimeWindows): WindowedStream<E, never>;
}

/** A stream whose events have rows. */
export interface EventStreamWithRows<E, R> {
  windowedBy(windows: TimeWindows): WindowedStream<E, R>;
}

/** A stream in windows, not yet folded. */
export interface WindowedStream<E, R> {
  aggregate<A>(aggregation: Aggregation<E, A>): WindowTable<E, A, R>;
}

/** Windows per key. */
export interface WindowTable<E, A, R> {
  /**
   * Sends a row of every changed window to the sink, at each commit, and once it is final; of
   * rolled-up windows as well.
   */
  toRows<W>(name: string, row: (result: WindowResult<A>) => W): Topology<E, A, R | W>;
}

/** What a job may choose beside its steps. */
export interface TopologyOptions<E> {
  /** An event further than this ahead of its record's timestamp is a dead letter, ms. */
  readonly maxFutureMs?: number;
  /** Events in a row that must have passed a time before keys expire by it, > 0. */
  readonly agreeingEvents?: number;
  /**
   * True when records without their events' key, or in another partition than that key's, go
   * through the repartition topic; else they are dead letters, or processed where they are.
   */
  readonly repartition?: boolean;
  readonly handlers?: Partial<ErrorHandlers<E>>;
  /** What to do every so often by the wall clock, whether or not input comes. */
  readonly punctuators?: readonly Punctuator[];
}

/**
 * Begins the description of a job; each step offers the next, and the last one is the job.
 *
 * @example
 * ```ts ignore
 * const job = topology("sensors", source)
 *   .windowedBy(tumbling({ sizeMs: 60_000, graceMs: 5_000, retentionMs: 3_600_000 }))
 *   .aggregate({ store: "means", aggregator, codec })
 *   .toRows("means", ({ key, startMs, state }) => ({ key, startMs, mean: state.aggregate.mean }));
 * ```
 * @see Kafka Streams StreamsBuilder, KStream#windowedBy, TimeWindowedKStream#aggregate
 */
export function topology<E>(
  name: string,
  source: Source<E>,
  options: TopologyOptions<E> = {},
): EventStream<E> {
  return {
    toRows: <R>(rowsName: string, row: (event: E, context: EventContext) => R) => ({
      windowedBy: (windows) =>
        windowed({ name, source, options }, { name: rowsName, row }, windows),
    }),
    windowedBy: (windows) => windowed({ name, source, options }, undefined, windows),
  };
}

const noRollUps: RollUps<unknown> = { merge: () => {}, levels: [] };

interface Beginning<E> {
  readonly name: string;
  readonly source: Source<E>;
  readonly options: TopologyOptions<E>;
}

function windowed<E, R>(
  { name, source, options }: Beginning<E>,
  events: RowMaker<[event: E, context: EventContext], R> | undefined,
  windows: TimeWindows,
): WindowedStream<E, R> {
  return {
    aggregate: <A>({ store, aggregator, codec, revision, rollUps }: Aggregation<E, A>) => ({
      toRows: <W>(rowsName: string, row: (result: WindowResult<A>) => W) =>
        Object.freeze({
          name,
          source,
          maxFutureMs: options.maxFutureMs ?? maxFutureMsDefault,
          agreeingEvents: options.agreeingEvents ?? agreeingEventsDefault,
          repartition: options.repartition ?? false,
          events,
          store,
          windows,
          aggregator,
          revision: revision ?? "",
          windowCodec: codec,
          rollUps: checkedRollUps(windows, rollUps ?? noRollUps),
          results: { name: rowsName, row },
          handlers: { ...defaultHandlers, ...options.handlers },
          punctuators: options.punctuators ?? [],
        }),
    }),
  };
}
