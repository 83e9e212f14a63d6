import { assert } from "../../base/assert.ts";
import type { Codec } from "./codec.ts";
import type { ErrorHandlers } from "./handlers.ts";
import type { Punctuator } from "./punctuation.ts";
import type { LogRecord, OutputRecord } from "../record.ts";
import type { CheckedRollUps } from "./roll_ups.ts";
import type { DeadLetterCause } from "../side_output.ts";
import type { WindowState } from "./key_state.ts";
import type { Due, KeyValueStores } from "./key_values.ts";
import type { GlobalTable } from "./global_table.ts";
import type { TableTopic } from "./table_topic.ts";
import type { TimeWindows } from "./windows.ts";

/** Why something cannot be used. */
export interface Fault {
  /** Its label in counters and headers. */
  readonly cause: DeadLetterCause;
  /** For people; what was found, and what should be. */
  readonly detail: string;
}

/** Events of a record, each with a key. */
export interface KeyedEvents<E> {
  /** In the order of the record, at least one. */
  readonly events: readonly E[];
  /** The key of each; `undefined` for one that has none, as it was rejected before its key. */
  readonly keys: readonly (string | undefined)[];
}

/**
 * What a record turned out to hold; `wrong-key` are its events, all of them, where one has another
 * key than the record, `nothing` is a record of which the job wants none.
 */
export type Reading<E> =
  | { readonly kind: "nothing" }
  | { readonly kind: "events"; readonly key: string; readonly events: readonly E[] }
  | ({ readonly kind: "wrong-key" } & KeyedEvents<E>)
  | ({ readonly kind: "dead" } & Fault);

/** Where events come from. Everything but `prepare` is pure and synchronous. */
export interface Source<E> {
  /** Of the input; the first one where there are several. */
  readonly topic: string;
  /** The others, with as many partitions, keyed and placed alike. */
  readonly more: readonly string[];
  /**
   * Those of its topics that are tables: the newest record of a key stands for all before it, and
   * one in another partition than its key's is a dead letter.
   */
  readonly ofTables: readonly string[];
  /** Fetches what `read` needs for these records, such as writers' schemas. */
  prepare(records: readonly LogRecord[]): Promise<void>;
  /**
   * The events of a record, or why there are none; throws where the job's own code does.
   *
   * @param rekeyed True for a record that `write` made.
   */
  read(record: LogRecord, rekeyed: boolean): Reading<E>;
  /** Why no event can have this key, or `undefined` if one can; absent where any text is a key. */
  keyFault?(key: string): string | undefined;
  /** Why an event cannot be real, whatever its key; `undefined` if it can. */
  fault(event: E): Fault | undefined;
  /** Event time, epoch ms, >= 0 for an event without fault. */
  timeOf(event: E, record: LogRecord): number;
  /** True where the value of a record is what `write` makes of its events. */
  readonly asRead: boolean;
  /** Events as a value for the repartition or the late topic. */
  write(events: readonly E[]): Uint8Array;
  /** An event as a value for the late topic, where that of `write` is only for the engine. */
  writeLate?(event: E): Uint8Array;
}

/** Where an event stands and when it came. */
export interface EventContext {
  /** Of the event. */
  readonly key: string;
  /** The one that holds it. */
  readonly record: LogRecord;
  /** Index of the event among all that its record holds or, in the repartition topic, brings. */
  readonly index: number;
  /** Write time, microseconds; unique per event, greater than that of every event before it. */
  readonly versionUs: number;
  /** True when the record lies in the repartition topic, whose offsets are not the input's. */
  readonly rekeyed: boolean;
}

/** What a job without windows has of a key, as it stood at a commit. */
export interface KeyResult<A> {
  /** Of the row. */
  readonly key: string;
  /** The aggregate. */
  readonly value: A;
  /** Write time, microseconds: grows with every change. */
  readonly versionUs: number;
  /** Timestamp of the record that made the last change, epoch ms. */
  readonly receivedAtMs: number;
}

/** A window as it stood at a commit. */
export interface WindowResult<A> extends KeyResult<A> {
  /** First instant, epoch ms. */
  readonly startMs: number;
  /** End, exclusive, epoch ms. */
  readonly endMs: number;
  /** True once nothing can change it any more. */
  readonly final: boolean;
  /** Of sessions, see `SessionResult`. */
  readonly withdrawn?: boolean;
}

/** A session as it stood at a commit; its end moves with its last event, its start names it. */
export interface SessionResult<A> extends WindowResult<A> {
  /**
   * True for the last result of a session that is none any more, as it has got an earlier start or
   * become part of an earlier one: its row is to go. `value` is what it was, `final` is true.
   */
  readonly withdrawn: boolean;
}

/** What is known of a window, from what is kept of it. */
export function windowResult<A>(
  { aggregator }: Pick<Topology<never, A, never>, "aggregator">,
  { key, startMs, sizeMs }: {
    readonly key: string;
    readonly startMs: number;
    readonly sizeMs: number;
  },
  { aggregate, final, versionUs, receivedAtMs, spanMs, withdrawn }: WindowState<A>,
): WindowResult<A> {
  const result = {
    key,
    startMs,
    endMs: startMs + sizeMs,
    value: aggregator.view === undefined ? aggregate : aggregator.view(aggregate),
    final,
    versionUs,
    receivedAtMs,
  };
  if (spanMs === undefined) return result;
  return { ...result, endMs: result.endMs + spanMs, withdrawn: withdrawn === true };
}

/** Whether an output has a place for a result. */
export function isWritten(
  { finalOnly }: Pick<Output<never, never>, "finalOnly">,
  { final, withdrawn }: WindowResult<unknown>,
): boolean {
  return !finalOnly || (final && withdrawn !== true);
}

/** Folds the events of a window. */
export interface Aggregator<E, A> {
  /** An aggregate of no events. */
  initial(): A;
  /** Adds an event; what it returns may be the aggregate that it was given, changed in place. */
  add(aggregate: A, event: E): A;
  /** What is shown of an aggregate, where another thing is kept. */
  view?(aggregate: A): A;
}

/** Something to be added to an aggregate. */
export interface Addition<A> {
  /** Adds it; what it returns may be the aggregate that it was given, changed in place. */
  addTo(aggregate: A): A;
}

/**
 * What an event comes to, given what the task's key-value stores have at this moment: what is to be
 * added to each of its windows, in this order. An event of which nothing comes is left out, as by
 * `filter`.
 */
export interface Derivation<E, A> {
  /** Those of an event. */
  of(event: E, context: EventContext, stores: KeyValueStores): readonly Addition<A>[];
}

/** What is to be known of a processor beside what it does. */
export interface NamedProcessor {
  /** Of its stores, too. */
  readonly name: string;
  /** True for one that is called for what it has scheduled. */
  readonly punctuates: boolean;
}

/** Values of a stream that become records of a topic, in the transaction in which they count. */
export interface StreamOutput<E> {
  /** Where the records go. */
  readonly topic: string;
  /** True where the last record of a key stands for all before it. */
  readonly latest?: boolean;
  /** Those of an event, or of a call that is due, in order. */
  of(
    cause: E | Due,
    context: EventContext,
    stores: KeyValueStores,
  ): readonly Pick<OutputRecord, "key" | "value">[];
}

/** What is made of each result of a commit. */
export interface Output<A, T> {
  /** True to leave windows out that may still change. */
  readonly finalOnly: boolean;
  /** What is written of a row. */
  make(result: WindowResult<A>): T;
}

/** What is made of each event, before the commit. */
export interface EventOutput<E, R> {
  /** What is written of an event. */
  make(event: E, context: EventContext): R;
}

/** Results that become records of a topic, in the transaction that makes them true. */
export interface TopicOutput<A> extends Output<A, Pick<OutputRecord, "key" | "value" | "headers">> {
  /** Where the records go. */
  readonly topic: string;
  /** True where the last record of a key stands for all before it. */
  readonly latest: boolean;
}

/**
 * A job as a value: read events, keep them in windows per key, send rows to a sink and records to
 * topics. Made by `job()`.
 *
 * @typeParam E Event.
 * @typeParam A Aggregate of a window.
 * @typeParam R Row of the sink.
 */
export interface Topology<E, A, R> {
  /** Of the job, for people. */
  readonly name: string;
  /** Where events come from. */
  readonly source: Source<E>;
  /** How long records wait for an input that is at its end, ms. */
  readonly maxIdleMs: number;
  /** An event further than this ahead of its record's timestamp is not believed, ms. */
  readonly maxFutureMs: number;
  /** Events in a row that must have passed a time before keys expire by it. */
  readonly agreeingEvents: number;
  /**
   * True when records in the wrong place are sent on to the repartition topic, by the keys of their
   * events; else they are dead letters.
   */
  readonly repartition: boolean;
  /** The row of an event that is stored as it is, late ones included; `undefined` for none. */
  readonly events: EventOutput<E, R> | undefined;
  /** Names the state store; its changelog is `<application>-<store>-changelog`. */
  readonly store: string;
  /** Where an event falls. */
  readonly windows: TimeWindows;
  /** How events are folded. */
  readonly aggregator: Aggregator<E, A>;
  /** What events are turned into before they are folded; without it `aggregator` takes them. */
  readonly derivation?: Derivation<E, A> | undefined;
  /** Tables that it reads, each from a topic of its own. */
  readonly tables: readonly TableTopic<unknown>[];
  /** Tables that every instance has whole. */
  readonly globals: readonly GlobalTable<unknown>[];
  /** Streams that are written to topics, value by value. */
  readonly streams: readonly StreamOutput<E>[];
  /** Processors that events go through. */
  readonly processors: readonly NamedProcessor[];
  /** True for a job that folds nothing: it has streams alone. */
  readonly tableless: boolean;
  /** Names what the job makes of its events: another one may make other rows of the same input. */
  readonly revision: string;
  /** How a window is written to the store and its changelog. */
  readonly windowCodec: Codec<WindowState<A>>;
  /** Longer windows merged from `windows`; no levels for a job without. */
  readonly rollUps: CheckedRollUps<A>;
  /** The rows of a window for the sink, as of its last change; of a rolled-up one as well. */
  readonly rows: readonly Output<A, R>[];
  /** The same for topics. */
  readonly topics: readonly TopicOutput<A>[];
  /** What becomes of errors. */
  readonly handlers: ErrorHandlers;
  /** What the job does by the wall clock, in every task. */
  readonly punctuators: readonly Punctuator[];
}

/** Topics that events come from, the first one first. */
export function streamsOf({ topic, more = [] }: WithInputs["source"]): readonly string[] {
  return [topic, ...more];
}

/** Topics that a task reads beside its first one: of its events, then of its tables. */
export function otherInputs({ source: { more = [] }, tables = [] }: WithInputs): readonly string[] {
  return [...more, ...tables.map(({ topic }) => topic)];
}

/** What of a job says which topics it reads; what is left out, it has none of. */
export interface WithInputs {
  /** Where events come from. */
  readonly source: Pick<Source<never>, "topic"> & Partial<Pick<Source<never>, "more" | "ofTables">>;
  /** Those of tables. */
  readonly tables?: readonly { readonly topic: string }[];
  /** Those of global tables, which are no inputs of a task. */
  readonly globals?: readonly { readonly topic: string }[];
}

/**
 * Name of the changelog topic of a store.
 *
 * @throws {InvariantError} As `checkStoreName`.
 */
export function changelogTopic(application: string, store: string): string {
  checkStoreName(store);
  return `${application}-${store}-changelog`;
}

/**
 * A store's name has no dash, so that no two applications share a topic: that of the store
 * `totals` of `market-eu` would be that of `eu-totals` of `market`.
 *
 * @throws {InvariantError} If it holds anything but letters, digits, `.` and `_`.
 */
export function checkStoreName(store: string): void {
  assert(/^[a-zA-Z0-9._]+$/.test(store), `a store's name must be without dashes: ${store}`);
}

/** Name of the topic through which records get to the partition of their key. */
export function repartitionTopic(application: string): string {
  return `${application}-repartition`;
}
