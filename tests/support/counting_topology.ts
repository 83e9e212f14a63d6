import type { LogRecord, OutputRecord } from "../../src/streams/record.ts";
import type { Punctuator } from "../../src/streams/processing/punctuation.ts";
import type { RollUpLevel } from "../../src/streams/topology/roll_ups.ts";
import type { WindowState } from "../../src/streams/state/state.ts";
import { jsonCodec } from "../../src/streams/topology/json_codecs.ts";
import { encodeText, isTextOf } from "../../src/streams/text.ts";
import type { ErrorHandlers } from "../../src/streams/topology/handlers.ts";
import type {
  Aggregator,
  EventContext,
  Reading,
  Source,
  Topology,
  WindowResult,
} from "../../src/streams/topology/topology.ts";
import { topology } from "../../src/streams/topology/topology_builder.ts";
import { hopping } from "../../src/streams/topology/windows.ts";

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
  return row.kind === "window"
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
    readonly handlers?: Partial<ErrorHandlers<Measurement>>;
    readonly punctuators?: readonly Punctuator[];
  } = {},
): Topology<Measurement, Total, CountingRow> {
  const { retentionMs = 1_000_000, advanceMs = windowMs, graceMs = 5_000 } = options;
  const { repartition = false, handlers = {}, punctuators = [] } = options;
  const { maxFutureMs = 60_000, agreeingEvents = 1_000 } = options;
  const source = repartition ? { ...measurementSource, read: readPlaced } : measurementSource;
  const levels = options.rollUps === true
    ? countingLevelsKept(options.rollUpRetentionMs ?? 65_000)
    : [];
  return topology("counting", source, {
    handlers,
    punctuators,
    repartition,
    maxFutureMs,
    agreeingEvents,
  })
    .toRows("events", options.revision === evenRevision ? evenEventRow : eventRow)
    .windowedBy(hopping({ sizeMs: windowMs, advanceMs, graceMs, retentionMs }))
    .aggregate({
      store: "totals",
      aggregator: options.revision === evenRevision ? evenTotals : totals,
      codec: jsonCodec<WindowState<Total>>(),
      revision: options.revision ?? "",
      rollUps: { merge: mergeTotals, levels },
    })
    .toRows("windows", windowRow);
}

const measurementSource: Source<Measurement> = {
  topic: "input",
  prepare: () => Promise.resolve(),
  read: readMeasurements,
  fault: ({ value }) => Number.isFinite(value) ? undefined : "value is not a number",
  timeOf: ({ timeMs }) => timeMs,
  write: (measurements) => encodeText(JSON.stringify(measurements)),
};

const totals: Aggregator<Measurement, Total> = {
  initial: () => ({ count: 0, sum: 0 }),
  add(total, { value }) {
    if (value === unbearable) throw new Error("this value cannot be borne");
    total.count += 1;
    if (value === lastStraw && total.count > 1) throw new Error("one too many");
    total.sum += value;
  },
};

/** A revision of the job by which odd values count for nothing, and have rows that say so. */
export const evenRevision = "2";

const evenTotals: Aggregator<Measurement, Total> = {
  ...totals,
  add(total, event) {
    if (event.value % 2 === 0) totals.add(total, event);
  },
};

/** A value on which the job throws. */
export const unbearable = 666;

/** A value on which the job throws in a window that has others, when it has half added it. */
export const lastStraw = 667;

function eventRow(
  { value }: Measurement,
  { record, index, versionUs, rekeyed }: EventContext,
): CountingRow {
  const id = `${rekeyed ? "rekeyed " : ""}${record.partition}/${record.offset}/${index}`;
  return { kind: "event", id, value, versionUs };
}

function evenEventRow(event: Measurement, context: EventContext): CountingRow {
  return eventRow(event.value % 2 === 0 ? event : { ...event, value: -event.value }, context);
}

function mergeTotals(into: Total, from: Total): void {
  into.count += from.count;
  into.sum += from.sum;
}

function windowRow({ key, startMs, endMs, state }: WindowResult<Total>): CountingRow {
  const { aggregate, final, versionUs } = state;
  const sizeMs = endMs - startMs;
  const row = { key, startMs, ...aggregate, final, versionUs };
  return sizeMs === windowMs ? { kind: "window", ...row } : { kind: "roll-up", sizeMs, ...row };
}

function readMeasurements(record: LogRecord): Reading<Measurement> {
  try {
    const events: Measurement[] = JSON.parse(new TextDecoder().decode(record.value ?? undefined));
    return { kind: "events", key: events[0]?.key ?? "", events };
  } catch {
    return { kind: "dead", cause: "malformed", detail: "not JSON" };
  }
}

/** Measurements whose record does not have their key are in the wrong place. */
function readPlaced(record: LogRecord): Reading<Measurement> {
  const reading = readMeasurements(record);
  if (reading.kind !== "events") return reading;
  const { events } = reading;
  if (record.key !== null && events.every(({ key }) => isTextOf(record.key as Uint8Array, key))) {
    return reading;
  }
  const indexes = Map.groupBy(events.keys(), (index) => (events[index] as Measurement).key);
  return {
    kind: "wrong-key",
    parts: [...indexes].map(([key, indexes]) => ({
      key,
      events: indexes.map((index) => events[index] as Measurement),
      indexes,
    })),
  };
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
