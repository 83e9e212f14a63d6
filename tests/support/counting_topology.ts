import assert from "node:assert/strict";
import {
  type Aggregation,
  type Either,
  encodeText,
  type ErrorHandlers,
  type EventContext,
  hopping,
  type Job,
  job,
  json,
  type KeyedStream,
  type KeyResult,
  merge,
  type OutputRecord,
  type Punctuator,
  type RollUpLevel,
  session,
  type SessionResult,
  sliding,
  type Stream,
  stream,
  table,
  type TableChange,
  tumbling,
  type WindowResult,
  within,
} from "../../src/streams/mod.ts";

/** A measured value of a key: an event that has nothing to do with trades. */
export interface Measurement {
  readonly key: string;
  readonly timeMs: number;
  readonly value: number;
}

/** What is kept of a window of measurements. */
export interface Total {
  count: number;
  sum: number;
}

/** A row of the counting topology. */
export type CountingRow =
  | {
    readonly kind: "event";
    readonly id: string;
    readonly value: number;
    readonly versionUs: number;
  }
  | {
    readonly kind: "window";
    readonly key: string;
    readonly startMs: number;
    readonly count: number;
    readonly sum: number;
    readonly final: boolean;
    readonly versionUs: number;
  }
  | {
    readonly kind: "session";
    readonly key: string;
    readonly startMs: number;
    readonly endMs: number;
    readonly count: number;
    readonly sum: number;
    readonly final: boolean;
    readonly withdrawn: boolean;
    readonly versionUs: number;
  }
  | {
    readonly kind: "roll-up";
    readonly key: string;
    readonly sizeMs: number;
    readonly startMs: number;
    readonly count: number;
    readonly sum: number;
    readonly final: boolean;
    readonly versionUs: number;
  };

/** Length of the windows, ms. */
const windowMs = 10_000;

/** Windows of 20 and 60 s, kept for as short as may be. */
export const countingLevels: readonly RollUpLevel[] = countingLevelsKept(65_000);

function countingLevelsKept(retentionMs: number): RollUpLevel[] {
  return [{ sizeMs: 20_000, retentionMs }, { sizeMs: 60_000, retentionMs }];
}

/** What a row is the newest version of. */
export function rowKey(row: CountingRow): string {
  if (row.kind === "event") return row.id;
  return row.kind !== "roll-up"
    ? `${row.key}@${row.startMs}`
    : `${row.key}@${row.startMs}/${row.sizeMs}`;
}

/** A job that counts and sums measurements in windows of 10 s, 5 s grace unless said otherwise. */
export function countingTopology(
  options: {
    readonly retentionMs?: number;
    readonly advanceMs?: number;
    readonly graceMs?: number;
    /** True for a job that sends measurements on to the partition of their key. */
    readonly repartition?: boolean;
    /** True for windows that are rolled up to 20 and 60 s. */
    readonly rollUps?: boolean;
    /** How long these are kept, 65 s without it. */
    readonly rollUpRetentionMs?: number;
    readonly maxFutureMs?: number;
    readonly agreeingEvents?: number;
    readonly revision?: string;
    readonly handlers?: Partial<ErrorHandlers>;
    readonly punctuators?: readonly Punctuator[];
    /** True for a total per key, which goes to `resultsTopic` as well. */
    readonly unwindowed?: boolean;
    /** For sessions with this gap in place of windows. */
    readonly gapMs?: number | undefined;
    /** True for windows that slide by `advanceMs`. */
    readonly slides?: boolean;
    /** True to read the topic `second` as well, and to join with the table `factors`. */
    readonly joins?: boolean;
    /** Which windows go to `resultsTopic`; none without it. */
    readonly results?: "all" | "final" | undefined;
    /** True for a processor whose remarks go to `remarksTopic`. */
    readonly processes?: boolean;
  } = {},
): Job<Measurement, Total, CountingRow> {
  const measurements = measured(options.repartition === true, options.joins === true);
  const written = countingTable(measurements, options);
  return options.processes === true ? written.to(remarksTopic, remarksOf(measurements)) : written;
}

type CountingOptions = NonNullable<Parameters<typeof countingTopology>[0]>;

function countingTable(
  measurements: KeyedStream<Measurement>,
  options: CountingOptions,
): Job<Measurement, Total, CountingRow> {
  const { retentionMs = 1_000_000, advanceMs = windowMs, graceMs = 5_000 } = options;
  const { handlers = {}, punctuators = [] } = options;
  const { maxFutureMs = 60_000, agreeingEvents = 1_000, revision = "" } = options;
  const isEven = revision === evenRevision;
  const aggregation = isEven ? evenTotals : totals;
  const counting = job("counting", {
    handlers,
    punctuators,
    revision,
    agreeingEvents,
    maxFuture: maxFutureMs,
  });
  const eventRows = isEven ? evenEventRow : eventRow;
  if (options.unwindowed === true) {
    const table = measurements.aggregate("totals", aggregation);
    return counting.write(table.map(keyRow)).to(resultsTopic, table.map(totalOf))
      .writeEvents(eventRows);
  }
  if (options.gapMs !== undefined) {
    const { gapMs, results } = options;
    const table = measurements
      .window(session(gapMs, { grace: graceMs, retention: retentionMs }))
      .aggregate("totals", { ...aggregation, merge: mergeTotals });
    const written = counting.write(table.map(sessionRow)).writeEvents(eventRows);
    if (results === undefined) return written;
    const shown = results === "final" ? table.onClose() : table;
    return written.to(resultsTopic, shown.map((row) => ({ ...totalOf(row), gapMs })));
  }
  const levels = options.rollUps === true
    ? countingLevelsKept(options.rollUpRetentionMs ?? 65_000)
    : [];
  const lengths = { advance: advanceMs, grace: graceMs, retention: retentionMs };
  const table = options.slides === true
    ? measurements.window(sliding(windowMs - advanceMs, lengths)).aggregate("totals", aggregation)
    : levels.length === 0
    ? measurements.window(hopping(windowMs, lengths)).aggregate("totals", aggregation)
    : measurements.window(tumbling(windowMs, lengths))
      .aggregate("totals", { ...aggregation, rollUps: { merge: mergeTotals, levels } });
  const written = counting.write(table.map(windowRow)).writeEvents(eventRows);
  if (options.results === undefined) return written;
  const results = options.results === "final" ? table.onClose() : table;
  return written.to(resultsTopic, results.map(totalOf));
}

/** The measurements of one topic, or of two joined with a table. */
function measured(repartition: boolean, joins: boolean): KeyedStream<Measurement> {
  const lists = listsOf("input");
  const keyed = keyedIn(joins ? merge(lists, listsOf("second")) : lists, { repartition });
  return joins ? keyed.leftJoin(factors, withFactor) : keyed;
}

function listsOf(topic: string): Stream<readonly Measurement[]> {
  return stream(topic, json<readonly Measurement[]>());
}

function keyedIn(
  lists: Stream<readonly Measurement[]>,
  { repartition }: { readonly repartition: boolean },
): KeyedStream<Measurement> {
  return lists
    .reject((list) => list.length > 0 ? undefined : { cause: "empty", detail: "no measurement" })
    .flatMap((list) => list)
    .reject(({ value }) => Number.isFinite(value) ? undefined : "value is not a number")
    .timestamp(({ timeMs }) => timeMs)
    .keyBy(({ key }) => key, { repartition, asRead: true });
}

/** What is added to the values of a key. */
const factors = table("factors", json(isNumber));

function isNumber(value: unknown): value is number {
  return typeof value === "number";
}

function withFactor(measurement: Measurement, factor = 0): Measurement {
  const { value } = measurement;
  return value === unbearable ? measurement : { ...measurement, value: value + factor };
}

/** Where the processor's remarks go. */
export const remarksTopic = "remarks";

/** How far apart the measurements of a pair are, and how late, ms. */
export const pairsWithinMs = { differenceMs: 8_000, graceMs: 3_000 } as const;

/** A job that joins the measurements of `input` and `second`, and writes pairs to `remarksTopic`. */
export function pairingTopology(
  options: Pick<CountingOptions, "maxFutureMs" | "revision" | "agreeingEvents" | "handlers">,
): Job<Either<Measurement, Measurement>, never> {
  const [left, right] = ["input", "second"].map((topic) =>
    keyedIn(listsOf(topic), { repartition: false })
  );
  assert(left !== undefined && right !== undefined, "there are two streams");
  const { differenceMs, graceMs } = pairsWithinMs;
  const pairs = left.outerJoin(
    "pairs",
    right,
    within(differenceMs, { grace: graceMs }),
    (one, other) => `${one?.value ?? "-"}:${other?.value ?? "-"}`,
  );
  const { maxFutureMs = 60_000, agreeingEvents = 1_000, revision = "", handlers = {} } = options;
  const pairing = job("pairing", { handlers, revision, agreeingEvents, maxFuture: maxFutureMs })
    .to(remarksTopic, pairs);
  return { ...pairing, store: "totals" };
}

/** How the tables of a job are joined. */
export type Combining = "join" | "leftJoin" | "outerJoin";

/** Of a key of which two tables have the same: the job throws on it. */
export const odd = "odd";

/** A job that joins the tables `input`, `second` and `factors`, and writes to `remarksTopic`. */
export function combiningTopology(
  kind: Combining,
  options: Pick<CountingOptions, "maxFutureMs" | "revision" | "agreeingEvents" | "handlers">,
): Job<TableChange, never> {
  const [one, other] = [table("input", json(isNumber)), table("second", json(isNumber))];
  const both = one[kind](other, (value?: number, partner?: number) => {
    if (value === partner) throw new Error(odd);
    return `${value ?? "-"} ${partner ?? "-"}`;
  });
  const all = both.leftJoin(factors, (texts, factor) => `${texts} ${factor ?? "-"}`);
  const { maxFutureMs = 60_000, agreeingEvents = 1_000, revision = "", handlers = {} } = options;
  const combining = job("combining", { handlers, revision, agreeingEvents, maxFuture: maxFutureMs })
    .to(remarksTopic, all);
  return { ...combining, store: "totals" };
}

/** How long after a measurement it is remarked on again, ms. */
export const remarkAfterMs = 7_000;

/** Numbers the measurements of a key from 1 to 3, and comes back to each of them later. */
function remarksOf(
  measurements: KeyedStream<Measurement>,
): KeyedStream<string, Measurement, "calls"> {
  return measurements.process("remarks", { seen: json(isNumber) }, {
    process({ value }, { timeMs, stores: { seen }, schedule }) {
      const number = (seen.get() ?? 0) + 1;
      if (number === 3) seen.delete();
      else seen.put(number);
      seen.put(value, timeMs);
      schedule(timeMs + remarkAfterMs);
      return [`${number} ${value}`];
    },
    punctuate(timeMs, { stores: { seen } }) {
      const value = seen.get(timeMs - remarkAfterMs);
      seen.delete(timeMs - remarkAfterMs);
      return [`${timeMs}: ${value}`];
    },
  });
}

/** Where the job's results go, if it has any. */
export const resultsTopic = "results";

const totals: Aggregation<Measurement, Total> = {
  initial: () => ({ count: 0, sum: 0 }),
  add(total, { value }) {
    if (value === unbearable) throw new Error("this value cannot be borne");
    total.count += 1;
    if (value === lastStraw && total.count > 1) throw new Error("one too many");
    total.sum += value;
    return total;
  },
};

/** A revision of the job by which odd values count for nothing, and have rows that say so. */
export const evenRevision = "2";

const evenTotals: Aggregation<Measurement, Total> = {
  ...totals,
  add: (total, event) => event.value % 2 === 0 ? totals.add(total, event) : total,
};

/** A value on which the job throws. */
export const unbearable = 666;

/** A value on which the job throws in a window that has others, when it has half added it. */
export const lastStraw = 667;

function eventRow(
  { value }: Measurement,
  { record, index, versionUs, rekeyed }: EventContext,
): CountingRow {
  const second = record.topic === "second" ? "second " : "";
  const id = `${rekeyed ? "rekeyed " : ""}${second}${record.partition}/${record.offset}/${index}`;
  return { kind: "event", id, value, versionUs };
}

function evenEventRow(event: Measurement, context: EventContext): CountingRow {
  return eventRow(event.value % 2 === 0 ? event : { ...event, value: -event.value }, context);
}

function mergeTotals(into: Total, from: Total): Total {
  into.count += from.count;
  into.sum += from.sum;
  return into;
}

function windowRow(result: WindowResult<Total>): CountingRow {
  const { key, startMs, endMs, value, final, versionUs } = result;
  const sizeMs = endMs - startMs;
  const row = { key, startMs, ...value, final, versionUs };
  return sizeMs === windowMs ? { kind: "window", ...row } : { kind: "roll-up", sizeMs, ...row };
}

function sessionRow(
  { key, startMs, endMs, value, final, withdrawn, versionUs }: SessionResult<Total>,
): CountingRow {
  return { kind: "session", key, startMs, endMs, ...value, final, withdrawn, versionUs };
}

function keyRow({ key, value, versionUs }: KeyResult<Total>): CountingRow {
  return { kind: "window", key, startMs: 0, ...value, final: false, versionUs };
}

/** What a record of the results says. */
function totalOf({ value, versionUs }: KeyResult<Total>): Total & { readonly versionUs: number } {
  return { ...value, versionUs };
}

/** An input record with these measurements, all of one key. */
export function measurementRecord(
  measurements: readonly Measurement[],
  timestampMs: number,
): OutputRecord {
  return {
    topic: "input",
    timestampMs,
    key: encodeText(measurements[0]?.key ?? ""),
    value: encodeText(JSON.stringify(measurements)),
  };
}
