import assert from "node:assert/strict";
import {
  type Aggregation,
  count,
  countDistinct,
  type ErrorHandlers,
  type EventContext,
  first,
  hopping,
  type Job,
  job,
  type JoinedTable,
  type KeyedStream,
  last,
  max,
  mean,
  min,
  type Results,
  session,
  sum,
  type TimedStream,
  type Topology,
  tumbling,
  type WindowResult,
} from "../../../../src/streams/mod.ts";
import type { Measurement } from "../../counting_topology.ts";
import type { SimulatedRow } from "../sink.ts";
import type { Graph, TableEnd, Windows } from "./graph.ts";
import { isLastStraw } from "./steps.ts";

/** A stream of a drawn job, whatever its events are. */
export type Flow = KeyedStream<Measurement, unknown>;

/** What goes to a topic value by value, besides. */
export interface Outputs {
  readonly topic: string;
  readonly values: Flow | TimedStream<Measurement> | JoinedTable<number>;
}

type AnyJob = Job<unknown, unknown, SimulatedRow>;
type AnyTable = Results<unknown, unknown, unknown> & {
  map<V>(make: (row: WindowResult<unknown>) => V): Results<unknown, unknown, V>;
  onClose?(): AnyTable;
};

/** What is left of a job behind its steps: its table, and what it writes. */
export function endOf(
  { table, maxFutureMs }: Graph,
  flow: Flow | undefined,
  outputs: readonly Outputs[],
  handlers: Partial<ErrorHandlers>,
): Topology<unknown, unknown, SimulatedRow> {
  const beginning = job("drawn", { handlers, maxFuture: maxFutureMs }) as unknown as AnyJob;
  const hasTable = table !== undefined && flow !== undefined;
  const begun = hasTable ? withTable(beginning, flow, table) : beginning;
  const built = outputs.reduce((job, { topic, values }) => job.to(topic, values as Flow), begun);
  return hasTable ? built : { ...built, store: "totals" };
}

function withTable(beginning: AnyJob, flow: Flow, table: TableEnd): AnyJob {
  const rows = tableOf(flow, table);
  const shownAs = (how: "updates" | "closed") => how === "closed" ? closed(rows) : rows;
  const sizeMs = table.windows?.sizeMs;
  const written = beginning.write(shownAs(table.sink).map((row) => rowOf(row, sizeMs)));
  const built = table.topics.reduce((job, topic) => job.to(topic, shownAs(topic)), written);
  return table.events ? built.writeEvents(eventRow) : built;
}

function closed({ onClose }: AnyTable): AnyTable {
  assert(onClose !== undefined, "only windows close");
  return onClose();
}

/** What is kept of a list of numbers, half of which is done before the fold throws. */
interface Kept {
  readonly values: number[];
}

function tableOf(flow: Flow, end: TableEnd): AnyTable {
  const { windows, fold, rollUpsMs, throws } = end;
  const levels = windows === undefined
    ? []
    : rollUpsMs.map((sizeMs) => tumbling(sizeMs, { grace: windows.graceMs }));
  const windowed = windows === undefined ? flow : windowedBy(flow, windows);
  if (fold === "count") return windowed.count("totals") as unknown as AnyTable;
  if (fold === "newest") return windowed.reduce("totals", (_, it) => it) as unknown as AnyTable;
  if (fold === "reduce") return windowed.reduce("totals", added) as unknown as AnyTable;
  const aggregation = fold === "fields"
    ? fields(throws)
    : { ...listing(throws), rollUps: { merge: listing(throws).merge, levels } };
  const aggregate = windowed.aggregate as (...args: unknown[]) => unknown;
  const options = fold === "fields" && levels.length > 0 ? [{ rollUps: levels }] : [];
  return aggregate("totals", aggregation, ...options) as AnyTable;
}

function windowedBy(flow: Flow, { kind, sizeMs, advanceMs, graceMs, retentionMs }: Windows): Flow {
  const options = { grace: graceMs, retention: retentionMs };
  const windowed = kind === "session" ? flow.window(session(sizeMs, options)) : flow.window(
    kind === "hopping" ? hopping(sizeMs, { ...options, advance: advanceMs }) : tumbling(
      sizeMs,
      options,
    ),
  );
  return windowed as unknown as Flow; // the same folds
}

function added(one: Measurement, other: Measurement): Measurement {
  return {
    key: one.key < other.key ? one.key : other.key,
    timeMs: Math.max(one.timeMs, other.timeMs),
    value: one.value + other.value,
  };
}

function fields(throws: boolean) {
  const value = (measured: Measurement) => measured.value;
  const at = ({ timeMs }: Measurement) => timeMs;
  return {
    n: count(),
    sum: sum((measured: Measurement) => {
      if (throws && isLastStraw(measured)) throw new Error("the last straw");
      return measured.value;
    }),
    least: min(value),
    most: max(value),
    mean: mean(value),
    kinds: countDistinct((measured: Measurement) => String(measured.value), { upTo: 3 }),
    first: first(value, { at }),
    last: last(value, { at }),
  };
}

function listing(
  throws: boolean,
): Aggregation<Measurement, Kept> & { merge(into: Kept, from: Kept): Kept } {
  return {
    initial: () => ({ values: [] }),
    add(kept, measured) {
      kept.values.push(measured.value);
      if (throws && isLastStraw(measured)) throw new Error("the last straw");
      kept.values.sort((a, b) => a - b);
      return kept;
    },
    merge(into, from) {
      into.values.push(...from.values);
      into.values.sort((a, b) => a - b);
      return into;
    },
  };
}

/** @param sizeMs Of the windows; `undefined` without. */
function rowOf(row: WindowResult<unknown>, sizeMs: number | undefined): SimulatedRow {
  const { key, startMs, endMs, value, final, versionUs, withdrawn } = row;
  if (sizeMs === undefined) {
    return { kind: "graph", id: key, text: JSON.stringify([sorted(value)]), versionUs };
  }
  const isSession = withdrawn !== undefined;
  const id = JSON.stringify(isSession ? [key, startMs] : [key, startMs, endMs]);
  const text = JSON.stringify([sorted(value), endMs, final, withdrawn === true]);
  return { kind: "graph", id, text, versionUs };
}

function eventRow(event: unknown, { record, index, versionUs, rekeyed, key }: EventContext) {
  const { topic, partition, offset } = record;
  const place = rekeyed ? "rekeyed" : topic;
  const id = `event ${place} ${partition}/${offset}/${index}`;
  const text = JSON.stringify([key, sorted(event)]);
  return { kind: "graph", id, text, versionUs } satisfies SimulatedRow;
}

/** The fields of an object in the order of their names. */
export function sorted(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1));
}
