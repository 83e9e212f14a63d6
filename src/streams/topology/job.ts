import { assert, InvariantError } from "../../base/assert.ts";
import type { Sink } from "../ports.ts";
import type { Punctuator } from "./punctuation.ts";
import type { Headers } from "../record.ts";
import { encodeText } from "../text.ts";
import type { Codec } from "./codec.ts";
import { json } from "./codecs.ts";
import { type Duration, durationMs } from "./duration.ts";
import { defaultHandlers, type ErrorHandlers } from "./handlers.ts";
import { plainRow, routed, routingSink } from "./routed_row.ts";
import type { Results, TablePlan } from "./table.ts";
import { inputsOf, type Origin, type Values } from "./values.ts";
import type {
  EventContext,
  EventOutput,
  Output,
  StreamOutput,
  TopicOutput,
  Topology,
  WindowResult,
} from "./topology.ts";
import { isUnlimited, unlimited } from "./windows.ts";

/** What a job may choose beside its steps. */
export interface JobOptions {
  /** A value further than this ahead of its record's timestamp is a dead letter; 60 s without it. */
  readonly maxFuture?: Duration;
  /**
   * How long a record waits for the next one of another input that was read to its end, which may be
   * an earlier one: for jobs with several. Not at all without it. One that is known to have more is
   * always waited for.
   *
   * @see Kafka Streams `max.task.idle.ms`
   */
  readonly maxIdle?: Duration;
  /** Values in a row that must have passed a time before keys expire by it, > 0; 1,000 without it. */
  readonly agreeingEvents?: number;
  /**
   * Names what the job makes of its input; to be changed with every change of its code, or of a
   * choice that it depends on.
   */
  readonly revision?: string;
  /** What happens on errors, beside `defaultHandlers`. */
  readonly handlers?: Partial<ErrorHandlers>;
  /** What to do every so often by the wall clock, whether or not input comes. */
  readonly punctuators?: readonly Punctuator[];
}

/** How results become records of a topic. */
export interface TopicOptions<A, V> {
  /**
   * Key of the record: without it the row's key, of windows the JSON of `[key, startMs, endMs]`, of
   * sessions that of `[key, startMs]`.
   */
  readonly key?: (result: WindowResult<A>) => string;
  /**
   * Value of the record: without it as the table's codec has it, JSON where it was made by `map`. A
   * session that is withdrawn has none, whatever this makes: its record is a tombstone.
   */
  readonly value?: Codec<V>;
}

/** How values of a stream become records of a topic. */
export interface ValueOptions<V> {
  /** Value of the record; JSON without it. */
  readonly value?: Codec<V>;
}

/** A job that writes nothing yet. */
export interface JobBeginning {
  /** See `Job`. */
  to<E, A, V>(topic: string, results: Results<E, A, V>, options?: TopicOptions<A, V>): Job<E, A>;
  /** See `Job`. */
  to<E, V>(topic: string, values: Values<E, V>, options?: ValueOptions<V>): Job<E, never>;
  /** See `Job`. */
  write<E, A, R>(results: Results<E, A, R>, sink?: Sink<R>): Job<E, A, R>;
}

/** The aggregate of a job's table: `A`, or that of the first results of a job without a table. */
export type AggregateOf<A, B> = [A] extends [never] ? B : A;

/**
 * A job: what it reads and keeps, and where its results go, in any order: streams, then its table,
 * or the other way round.
 *
 * @typeParam E Value of its stream.
 * @typeParam A Aggregate of its table; `never` without one.
 * @typeParam R Row for its sink.
 */
export interface Job<E, A, R = never> extends Topology<E, A, R> {
  /** Where rows go, for `run`; without it the one that is given as a port. */
  readonly sink: Sink<R> | undefined;
  /**
   * Makes a record of each row that a commit has changed, in the transaction that makes it true: a
   * reader of what is committed sees every result once, after any crash.
   *
   * Records lie in the partition of their task, so the topic has as many as the input, and is keyed
   * and placed as the input is. Their timestamp is that of the input record which made the change.
   * A window's record has headers: `window-start`, `window-end`, `final`. A row that expires has no
   * tombstone: the topic's retention is its own.
   *
   * @throws {InvariantError} If the job has another table, of the same name even, or reads something
   *   else.
   */
  to<V, B = A>(
    topic: string,
    results: Results<E, AggregateOf<A, B>, V>,
    options?: TopicOptions<AggregateOf<A, B>, V>,
  ): Job<E, AggregateOf<A, B>, R>;
  /**
   * Makes a record of each value of a stream, in the transaction in which the value counts: once,
   * after any crash. Several streams of one source may each go to a topic, beside its table.
   *
   * Records have the key of the value, that of its record where it was given none, the timestamp of
   * the record that made it, and stay in the partition of their task. Those of joined tables stand
   * for all before them of their key, and one that deletes it has no value.
   *
   * @throws {InvariantError} If the stream is of another source.
   * @see Kafka Streams KStream#to, KStream#split
   */
  to<V>(topic: string, values: Values<E, V>, options?: ValueOptions<V>): Job<E, A, R>;
  /**
   * Sends each row that a commit has changed to a sink, after it. A job may write several results,
   * each to a sink of its own or to the same: a task waits for all of them.
   *
   * @param sink That of the job without it; one of several must be given with each.
   * @throws {InvariantError} As `to`; if one of several sinks is missing.
   */
  write<W, B = A>(
    results: Results<E, AggregateOf<A, B>, W>,
    sink?: Sink<W>,
  ): Job<E, AggregateOf<A, B>, R | W>;
  /**
   * Sends a row of every value to a sink, before the commit; of late ones as well.
   *
   * @param sink As of `write`.
   */
  writeEvents<W>(row: (event: E, context: EventContext) => W, sink?: Sink<W>): Job<E, A, R | W>;
}

/** How far ahead of its record's timestamp a value may lie by default. */
const maxFutureDefault = "60s";

/**
 * Values in a row that must have passed a time before keys expire by it: a burst with wrong times is
 * shorter, and as many keys more in the state are few.
 */
const agreeingEventsDefault = 1_000;

/**
 * Begins a job: what it is called decides where its state is.
 *
 * @param name Also of the application when `run` runs it: of its group, changelog and transactions.
 * @see Kafka Streams StreamsBuilder, Topology
 */
export function job(name: string, options: JobOptions = {}): JobBeginning {
  const begin = <E>(source: Pick<Origin<E>, "source" | "repartition">): Job<E, never> =>
    withSteps(noOutputs, {
      ...noTable(source),
      name,
      streams: [],
      maxFutureMs: durationMs(options.maxFuture ?? maxFutureDefault),
      maxIdleMs: durationMs(options.maxIdle ?? 0),
      agreeingEvents: options.agreeingEvents ?? agreeingEventsDefault,
      revision: options.revision ?? "",
      events: undefined,
      rows: [],
      topics: [],
      handlers: { ...defaultHandlers, ...options.handlers },
      punctuators: options.punctuators ?? [],
      sink: undefined,
    });
  const to = <E, A, V>(
    topic: string,
    from: Results<E, A, V> | Values<E, V>,
    options?: TopicOptions<A, V>,
  ) =>
    "values" in from
      ? begin(from.values).to(topic, from, options)
      : begin(from.table).to(topic, from, options);
  return {
    to: to as JobBeginning["to"],
    write: (results, sink) => begin(results.table).write(results, sink),
  };
}

interface Plan<E, A, R> extends Topology<E, A, R>, Pick<Job<E, A, R>, "sink"> {
  /** Of all that it writes; none yet without it. */
  readonly table?: TablePlan<E, A>;
}

/** Something to write and the sink that it is for, where one was given. */
interface ForSink<R, O> {
  readonly output: O;
  readonly sink: Sink<R> | undefined;
}

/** What a job writes to sinks. */
interface SinkOutputs<E, A, R> {
  readonly rows: readonly ForSink<R, Output<A, R>>[];
  readonly events: ForSink<R, EventOutput<E, R>> | undefined;
}

const noOutputs: SinkOutputs<never, never, never> = { rows: [], events: undefined };

/** @param outputs Those for sinks, which `plan` has not yet. */
function withSteps<E, A, R>(outputs: SinkOutputs<E, A, R>, plan: Plan<E, A, R>): Job<E, A, R> {
  const { name } = plan;
  return Object.freeze(
    {
      ...plan,
      ...forSinks(plan, outputs),
      to: ((
        topic: string,
        from: Results<E, A, unknown> | Values<E, unknown>,
        options: TopicOptions<A, unknown> = {},
      ) => {
        if ("values" in from) return withSteps(outputs, withStream(plan, topic, from, options));
        const topics = [...plan.topics, topicOutput(topic, from, options)];
        return withSteps(outputs, { ...withTable(plan, from), topics });
      }) as Job<E, A, R>["to"],
      write: (<W>(results: Results<E, A, W>, sink?: Sink<W>) => {
        const before: SinkOutputs<E, A, R | W> = outputs;
        const rows = [...before.rows, { output: results, sink }];
        return withSteps<E, A, R | W>({ ...before, rows }, withTable(plan, results));
      }) as Job<E, A, R>["write"],
      writeEvents: <W>(make: EventOutput<E, W>["make"], sink?: Sink<W>) => {
        assert(outputs.events === undefined, `${name} has rows of its events already`);
        const before: SinkOutputs<E, A, R | W> = outputs;
        return withSteps<E, A, R | W>({ ...before, events: { output: { make }, sink } }, plan);
      },
    } satisfies Job<E, A, R>,
  );
}

/** Rows as they are for one sink; for several, each with its own. */
function forSinks<E, A, R>(
  { name, handlers }: Plan<E, A, R>,
  { rows, events }: SinkOutputs<E, A, R>,
): Pick<Plan<E, A, R>, "rows" | "events" | "sink" | "handlers"> {
  const all = events === undefined ? rows : [...rows, events];
  const sinks = new Set(all.flatMap(({ sink }) => sink ?? []));
  if (sinks.size <= 1) {
    const [sink] = sinks;
    return { rows: rows.map(({ output }) => output), events: events?.output, sink, handlers };
  }
  const isGiven = all.every(({ sink }) => sink !== undefined);
  assert(isGiven, `${name} has several sinks: each of its outputs must be given one`);
  const { onProductionError } = handlers;
  return {
    rows: rows.map(({ output, sink }) => ({
      finalOnly: output.finalOnly,
      make: (result) => routed(output.make(result), sink),
    })),
    events: events && {
      make: (event, context) => routed(events.output.make(event, context), events.sink),
    },
    sink: routingSink,
    handlers: {
      ...handlers,
      onProductionError: (error, row) => onProductionError(error, plainRow(row)),
    },
  };
}

/** A job with the table of its results: all that it writes is of one. */
function withTable<E, A, R>(
  plan: Plan<E, A, R>,
  { table }: Results<E, A, unknown>,
): Plan<E, A, R> {
  const { name, source, store, table: own } = plan;
  assert(
    table.source === source,
    `${name} must write results of one source, ${source.topic}: ${table.store} is of another one; ` +
      "begin both from the same stream()",
  );
  if (own === undefined) {
    return { ...plan, ...table, ...inputsOf(plan, table), table };
  }
  assert(
    own === table,
    table.store === store
      ? `${name} must write one table: two are called ${store}; make it once, and give what is ` +
        "another table a job of its own"
      : `${name} must write one table, ${store}: ${table.store} is another; ` +
        "give it a job of its own",
  );
  return plan;
}

/** What a job without a table has in place of one: its store has the task's own record. */
function noTable<E>(
  { source, repartition }: Pick<Origin<E>, "source" | "repartition">,
): TablePlan<E, never> {
  return {
    ...{ source, repartition, tables: [], globals: [], processors: [], derivation: undefined },
    ...{ store: "task", windows: unlimited, tableless: true, codec: json() },
    aggregator: { initial: never, add: never },
    windowCodec: json(),
    rollUps: { merge: never, levels: [] },
  };
}

function never(): never {
  throw new InvariantError("a job without a table folds nothing");
}

function withStream<E, A, R, V>(
  plan: Plan<E, A, R>,
  topic: string,
  { values }: Values<E, V>,
  { value: codec = json<V>() }: ValueOptions<V>,
): Plan<E, A, R> {
  const { name, source, streams } = plan;
  assert(
    values.source === source,
    `${name} must write streams of one source, ${source.topic}: filter them behind their keys`,
  );
  const { latest = false } = values;
  const of: StreamOutput<E>["of"] = (cause, context, stores) =>
    values.steps(cause, context, stores).map((value) => ({
      key: values.keyOf(context, context.record),
      value: latest && value === null ? null : codec.encode(value),
    }));
  return {
    ...plan,
    ...inputsOf(plan, values),
    streams: [...streams, { topic, latest, of }],
  };
}

function topicOutput<E, A, V>(
  topic: string,
  results: Results<E, A, V>,
  options: TopicOptions<A, V>,
): TopicOutput<A> {
  const { table, finalOnly, codec } = results;
  const windowed = !isUnlimited(table.windows);
  const sessions = table.windows.sessions === true;
  const rowKeyOf = sessions ? sessionKeyOf : windowKeyOf;
  const keyOf = options.key ?? (windowed ? rowKeyOf : ({ key }) => key);
  const values = options.value ?? codec ?? json<V>();
  return {
    topic,
    finalOnly,
    latest: !windowed, // windows come and go
    make: (result) => ({
      key: encodeText(keyOf(result)),
      value: result.withdrawn === true ? null : values.encode(results.make(result)),
      ...windowed ? { headers: windowHeaders(result) } : {},
    }),
  };
}

function windowKeyOf({ key, startMs, endMs }: WindowResult<unknown>): string {
  return JSON.stringify([key, startMs, endMs]);
}

/** Without the end, which moves. */
function sessionKeyOf({ key, startMs }: WindowResult<unknown>): string {
  return JSON.stringify([key, startMs]);
}

function windowHeaders({ startMs, endMs, final }: WindowResult<unknown>): Headers {
  return {
    "window-start": encodeText(String(startMs)),
    "window-end": encodeText(String(endMs)),
    "final": encodeText(String(final)),
  };
}
