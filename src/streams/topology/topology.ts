import { assert } from "../../base/assert.ts";
import type { Codec } from "./codec.ts";
import type { ErrorHandlers } from "./handlers.ts";
import type { Punctuator } from "../processing/punctuation.ts";
import type { LogRecord } from "../record.ts";
import type { CheckedRollUps } from "./roll_ups.ts";
import type { DeadLetterCause } from "../processing/side_output.ts";
import type { WindowState } from "../state/state.ts";
import type { TimeWindows } from "./windows.ts";

/** Events of one key among those of a record. */
export interface KeyedEvents<E> {
  readonly key: string;
  readonly events: readonly E[];
  /** Index of each event inside the record. */
  readonly indexes: readonly number[];
}

/**
 * What a record turned out to hold; `wrong-key` are its events, all of them, where their key is not
 * the record's own.
 */
export type Reading<E> =
  | { readonly kind: "events"; readonly key: string; readonly events: readonly E[] }
  | { readonly kind: "wrong-key"; readonly parts: readonly KeyedEvents<E>[] }
  | { readonly kind: "dead"; readonly cause: DeadLetterCause; readonly detail: string };

/** Where events come from. Everything but `prepare` is pure and synchronous. */
export interface Source<E> {
  readonly topic: string;
  /** Fetches what `read` needs for these records, such as writers' schemas. */
  prepare(records: readonly LogRecord[]): Promise<void>;
  /** The events of a record, all of one key, or why there are none; does not throw. */
  read(record: LogRecord): Reading<E>;
  /** Why no event can have this key, or `undefined` if one can; absent where any text is a key. */
  keyFault?(key: string): string | undefined;
  /** Why an event cannot be real, whatever its key; `undefined` if it can. */
  fault(event: E): string | undefined;
  /** Event time, epoch ms, >= 0 for an event without fault. */
  timeOf(event: E): number;
  /** Events of one key as a record value, in the form that `read` reads. */
  write(events: readonly E[]): Uint8Array;
}

/** Where an event stands and when it came. */
export interface EventContext {
  readonly key: string;
  readonly record: LogRecord;
  /** Index of the event among all that its record holds or, in the repartition topic, brings. */
  readonly index: number;
  /** Write time, microseconds; unique per event, greater than that of every event before it. */
  readonly versionUs: number;
  /** True when the record lies in the repartition topic, whose offsets are not the input's. */
  readonly rekeyed: boolean;
}

/** A window as it stood at a commit. */
export interface WindowResult<A> {
  readonly key: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly state: WindowState<A>;
}

/** Folds the events of a window. */
export interface Aggregator<E, A> {
  /** An aggregate of no events. */
  initial(): A;
  /** Adds an event, in place. */
  add(aggregate: A, event: E): void;
}

/** Turns something into a row of the sink; the name is for people. */
export interface RowMaker<T extends readonly unknown[], R> {
  readonly name: string;
  readonly row: (...from: T) => R;
}

/**
 * A job as a value: read events, keep them in windows per key, send rows to a sink. Made by
 * `topology()`.
 *
 * @typeParam E Event.
 * @typeParam A Aggregate of a window.
 * @typeParam R Row of the sink.
 */
export interface Topology<E, A, R> {
  readonly name: string;
  readonly source: Source<E>;
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
  readonly events: RowMaker<[event: E, context: EventContext], R> | undefined;
  /** Names the state store; its changelog is `<application>-<store>-changelog`. */
  readonly store: string;
  readonly windows: TimeWindows;
  readonly aggregator: Aggregator<E, A>;
  /** Names what the job makes of its events: another one may make other rows of the same input. */
  readonly revision: string;
  readonly windowCodec: Codec<WindowState<A>>;
  /** Longer windows merged from `windows`; no levels for a job without. */
  readonly rollUps: CheckedRollUps<A>;
  /** The row of a window, as of its last change; of a rolled-up one as well. */
  readonly results: RowMaker<[result: WindowResult<A>], R>;
  readonly handlers: ErrorHandlers<E>;
  /** What the job does by the wall clock, in every task. */
  readonly punctuators: readonly Punctuator[];
}

/**
 * Name of the changelog topic of a store.
 *
 * A store's name has no dash, so that no two applications share a topic: that of the store
 * `totals` of `market-eu` would be that of `eu-totals` of `market`.
 *
 * @throws {InvariantError} If the store's name holds anything but letters, digits, `.` and `_`.
 */
export function changelogTopic(application: string, store: string): string {
  assert(/^[a-zA-Z0-9._]+$/.test(store), `a store's name must be without dashes: ${store}`);
  return `${application}-${store}-changelog`;
}

/** Name of the topic through which records get to the partition of their key. */
export function repartitionTopic(application: string): string {
  return `${application}-repartition`;
}
