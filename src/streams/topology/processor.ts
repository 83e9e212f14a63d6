import { assert } from "../../base/assert.ts";
import type { LogRecord } from "../record.ts";
import type { Codec } from "./codec.ts";
import { Due, type KeyValueStore, type KeyValueStores, type PartnerWindow } from "./key_values.ts";
import type { EventContext } from "./topology.ts";

/** The stores of a processor: how the values of each are written, by its name. */
export type StoreCodecs = Readonly<Record<string, Codec<unknown>>>;

/** What a processor has of its stores. */
export type StoresOfKey<S extends StoreCodecs> = {
  readonly [N in keyof S]: S[N] extends Codec<infer V> ? KeyValueStore<V> : never;
};

/** What a processor is called with. */
export interface ProcessorContext<S extends StoreCodecs> {
  /** Of the value. Stores have what is of this key, and nothing else. */
  readonly key: string;
  /** When the value happened, or the time that was scheduled, epoch ms. */
  readonly timeMs: number;
  /** The record that the value is from, or that has moved the time. */
  readonly record: LogRecord;
  /** By name. */
  readonly stores: StoresOfKey<S>;
}

/** The same where something can be scheduled. */
export interface SchedulingContext<S extends StoreCodecs> extends ProcessorContext<S> {
  /**
   * Asks for `punctuate` with this key once the partition's time has reached `timeMs`, whole epoch
   * ms; with a time that it has reached, before the next value. The same time twice counts once. It
   * is part of the state, and kept in memory until then, some 100 bytes each. What `punctuate`
   * schedules must be later than its own time.
   */
  schedule(timeMs: number): void;
}

/**
 * Work on values one by one, in the order in which they are taken, with stores of its own.
 *
 * It must depend on its arguments and stores alone: no clock, no randomness, no variables of its own.
 *
 * @see Kafka Streams Processor; differs: it sees one key at a time, so that state moves with the key.
 *   See docs/adr/0027-processors.md.
 */
export interface Processor<T, S extends StoreCodecs, U> {
  /**
   * What becomes of a value, in order.
   *
   * Where it throws, none of its changes hold; the rest is the business of `onProcessingError`.
   */
  process(value: T, context: ProcessorContext<S>): readonly U[];
}

/** A processor that comes back to keys at times which it schedules. */
export interface SchedulingProcessor<T, S extends StoreCodecs, U> {
  /** As of `Processor`. */
  process(value: T, context: SchedulingContext<S>): readonly U[];
  /**
   * What becomes of a time that was scheduled. Called before the value that moved the partition's
   * time there: the greatest time of any value of the partition, late ones and those of other keys
   * included, never that of a clock. Calls that are due come in the order of their times, then keys.
   *
   * What it throws stops the task, as it is the fault of no value.
   *
   * @see Kafka Streams Punctuator with PunctuationType.STREAM_TIME; differs: per key and once
   */
  punctuate(timeMs: number, context: SchedulingContext<S>): readonly U[];
}

/** A processor of either kind. */
export type AnyProcessor<T, S extends StoreCodecs, U> =
  & Pick<SchedulingProcessor<T, S, U>, "process">
  & Partial<Pick<SchedulingProcessor<T, S, U>, "punctuate">>;

/** What is done with a value, or with a call that is due. */
export type Steps<E, T> = (
  cause: E | Due,
  context: EventContext,
  stores: KeyValueStores,
) => readonly T[];

/**
 * The steps of a processor behind others.
 *
 * @param timeOf Event time of an event, epoch ms.
 * @param partnersOf Where a value of this time may have partners, for one that joins.
 * @throws {InvariantError} If a name holds anything but letters, digits, `.` and `_`.
 */
export function processorSteps<E, T, S extends StoreCodecs, U>(
  name: string,
  codecs: S,
  processor: AnyProcessor<T, S, U>,
  { before, timeOf, partnersOf }: {
    readonly before: Steps<E, T>;
    readonly timeOf: (event: E, record: LogRecord) => number;
    readonly partnersOf?: (timeMs: number) => PartnerWindow;
  },
): Steps<E, U> {
  const stores = Object.entries(codecs).map(([store, codec]) => {
    assert(
      /^[a-zA-Z0-9._]+$/.test(name + store),
      `a processor's and a store's name must be without dashes: ${name}, ${store}`,
    );
    return [store, { name: `${name}.${store}`, codec }] as const;
  });
  const contextOf = (timeMs: number, { key, record }: EventContext, all: KeyValueStores) => ({
    key,
    timeMs,
    record,
    stores: Object.fromEntries(
      stores.map(([store, of]) => [store, all.storeOf(of, key)]),
    ) as StoresOfKey<S>,
    schedule(atMs: number) {
      assert(Number.isSafeInteger(atMs) && atMs >= 0, `must be whole epoch ms >= 0: ${atMs}`);
      assert(processor.punctuate !== undefined, `${name} must have punctuate to be called`);
      all.schedule(name, key, atMs);
    },
  });
  const steps: Steps<E, U> = (cause, context, all) => {
    const timeMs = cause instanceof Due ? cause.timeMs : timeOf(cause, context.record);
    const own = contextOf(timeMs, context, all);
    const given = before(cause, context, all);
    const isEvent = !(cause instanceof Due) && given.length > 0;
    if (isEvent && partnersOf !== undefined) all.awaits(partnersOf(timeMs));
    const values = given.flatMap((value) => processor.process(value, own));
    if (!(cause instanceof Due) || cause.processor !== name) return values;
    return [...values, ...processor.punctuate?.(timeMs, laterThan(timeMs, own)) ?? []];
  };
  return once(steps);
}

/** For a call that is due: what it schedules comes after it, so that calls have an end. */
function laterThan<S extends StoreCodecs>(
  timeMs: number,
  context: SchedulingContext<S>,
): SchedulingContext<S> {
  const schedule = (atMs: number) => {
    assert(atMs > timeMs, `what is scheduled at ${timeMs} must be later: ${atMs}`);
    context.schedule(atMs);
  };
  return { ...context, schedule };
}

/** Steps that are taken once for each cause, however many streams continue behind them. */
export function once<E, T>(steps: Steps<E, T>): Steps<E, T> {
  let last: { readonly context: EventContext; readonly made: readonly T[] } | undefined;
  return (cause, context, stores) => {
    if (last?.context !== context) last = { context, made: steps(cause, context, stores) };
    return last.made;
  };
}
