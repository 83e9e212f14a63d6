import { describeError, PipelineError } from "../../base/errors.ts";
import type { LogRecord } from "../record.ts";
import { decodeText, isTextOf } from "../text.ts";
import type { Codec } from "./codec.ts";
import { json } from "./codecs.ts";
import type { Fault, Reading, Source } from "./topology.ts";

/** What a job may choose about its keys. */
export interface KeyOptions<T> {
  /** How values are written to the repartition and the late topic; JSON without it. */
  readonly codec?: Codec<readonly T[]>;
  /**
   * True where `codec` reads the records of the topic, and the steps before make the same values of
   * them: a record whose values belong to one partition is then sent on as it is.
   */
  readonly asRead?: boolean;
  /** Why nothing can have this key. */
  readonly fault?: (key: string) => string | undefined;
  /** False to make dead letters of records whose key is not that of their values. */
  readonly repartition?: boolean;
}

/** A value that a step before the last ones rejected, in the place where it would be. */
export class Rejection implements Fault {
  readonly cause: Fault["cause"];
  readonly detail: string;

  constructor({ cause, detail }: Fault) {
    this.cause = cause;
    this.detail = detail;
  }
}

/** Values and those that were rejected on the way. */
export type Outcome<T> = T | Rejection;

/** What becomes of a record. */
export interface StreamPlan<T> {
  readonly topic: string;
  /** Of streams that were merged. */
  readonly more: readonly string[];
  readonly prepare: (records: readonly LogRecord[]) => Promise<void>;
  /** The values of a record; one rejection for a record that cannot be decoded. */
  readonly read: (record: LogRecord, value: Uint8Array) => readonly Outcome<T>[];
  /** True when there may be rejections among the values of `read`. */
  readonly rejects?: boolean;
  /** Why a value of `read` cannot be used. */
  readonly fault: ((value: T) => Fault | undefined) | undefined;
  readonly timeOf: ((value: T) => number) | undefined;
}

/** Characters of a key: it stands in every row of the state. */
const keyCharsMax = 8_192;

/**
 * The source of a job, from the steps before its key.
 *
 * Rejected values are among the events until `fault` is asked, the first thing done with each.
 *
 * @param keyOf Absent where values have the record's key.
 */
export function keyedSource<T>(
  plan: StreamPlan<T>,
  keyOf: ((value: T) => string) | undefined,
  options: KeyOptions<T>,
): Source<T> {
  if (keyOf === undefined) return sourceOf(plan, withKeyOf, options);
  const keyOfUsable = usableKeyOf(keyOf, plan.fault);
  const keyOfOutcome = plan.rejects === true
    ? (value: Outcome<T>) => value instanceof Rejection ? undefined : keyOfUsable(value)
    : keyOfUsable;
  return sourceOf(plan, (record, events) => placed(record, events, keyOfOutcome), options);
}

/** The key of a value; a rejected one, which no one has taken out yet, need not have any. */
function usableKeyOf<T>(
  keyOf: (value: T) => string,
  fault: StreamPlan<T>["fault"],
): (value: T) => string | undefined {
  if (fault === undefined) return keyOf;
  return (value) => {
    try {
      return keyOf(value);
    } catch (error) {
      if (fault(value) === undefined) throw error;
      return undefined;
    }
  };
}

/** @param place Gives the values of a record their keys. */
function sourceOf<T>(
  plan: StreamPlan<T>,
  place: (record: LogRecord, events: readonly T[]) => Reading<T>,
  { codec = json(), fault: keyFault, asRead = false }: KeyOptions<T>,
): Source<T> {
  const { topic, more, prepare, timeOf, fault, rejects } = plan;
  return {
    topic,
    more,
    ofTables: [],
    prepare,
    read(record, rekeyed) {
      if (record.value === null) return noValue;
      const values = rekeyed ? rekeyedValues(codec, record.value) : plan.read(record, record.value);
      if (values.length === 0) return { kind: "nothing" };
      const [first] = values;
      if (values.length === 1 && first instanceof Rejection) return { kind: "dead", ...first };
      return place(record, values as readonly T[]); // `fault` takes the others out
    },
    keyFault: (key) => generalKeyFault(key) ?? keyFault?.(key),
    fault: rejects === true
      ? (event) => event instanceof Rejection ? event : fault?.(event)
      : fault ?? (() => undefined),
    asRead,
    timeOf: timeOf ?? ((_event, { timestampMs }) => timestampMs),
    write: (events) => codec.encode(events),
  };
}

/** The source of a job whose values have no key: events of the empty one, where their record lies. */
export function unkeyedSource<T>(plan: StreamPlan<T>): Source<T> {
  const place = (_record: LogRecord, events: readonly T[]): Reading<T> => {
    return { kind: "events", key: "", events };
  };
  return sourceOf(plan, place, {});
}

/** Why no event of any job can have this key. */
export function generalKeyFault(key: string): string | undefined {
  if (key.length > keyCharsMax) return `key is longer than ${keyCharsMax}: ${key.length}`;
  return key.isWellFormed() ? undefined : "key is not well-formed Unicode";
}

const noValue = { kind: "dead", cause: "malformed", detail: "record has no value" } as const;
/** What becomes of a record without a key, where its key counts. */
export const noKey = { kind: "dead", cause: "malformed", detail: "record has no key" } as const;

/** What a codec reads, whatever it throws where it cannot. */
export function decodedBy<T>(codec: Pick<Codec<T>, "decode">, value: Uint8Array): Outcome<T> {
  try {
    return codec.decode(value);
  } catch (error) {
    const isUnknown = error instanceof PipelineError && error.code === "SCHEMA_UNKNOWN";
    const detail = error instanceof PipelineError ? error.message : describeError(error);
    return new Rejection({ cause: isUnknown ? "schema-unknown" : "malformed", detail });
  }
}

function rekeyedValues<T>(codec: Codec<readonly T[]>, value: Uint8Array): readonly Outcome<T>[] {
  const values = decodedBy(codec, value);
  return values instanceof Rejection ? [values] : values;
}

function withKeyOf<T>({ key }: LogRecord, events: readonly T[]): Reading<T> {
  const text = key === null ? undefined : decodeText(key);
  return text === undefined ? noKey : { kind: "events", key: text, events };
}

/** The events of a record, which have no key of their own where they were rejected. */
function placed<T>(
  { key }: LogRecord,
  events: readonly T[],
  keyOf: (event: T) => string | undefined,
): Reading<T> {
  if (key !== null) {
    const first = keyOf(events[0] as T) ?? decodeText(key) ?? "";
    if (isTextOf(key, first) && areOf(first, events, keyOf)) {
      return { kind: "events", key: first, events };
    }
  }
  return { kind: "wrong-key", events, keys: events.map(keyOf) };
}

function areOf<T>(
  first: string,
  events: readonly T[],
  keyOf: (event: T) => string | undefined,
): boolean {
  for (const event of events) if ((keyOf(event) ?? first) !== first) return false;
  return true;
}
