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
  type Sink,
  sliding,
  sum,
  type TimedStream,
  tumbling,
  type WindowResult,
} from "../../../../src/streams/mod.ts";
import type { Measurement } from "../../counting_topology.ts";
import type { ModelRules } from "../model_rules.ts";
import type { DrawnJob } from "../play.ts";
import type { SimulatedRow } from "../sink.ts";
import type { Graph, Shown, TableEnd, Windows } from "./graph.ts";
import type { GlobalWatch } from "./global_watch.ts";
import { isLastStraw } from "./steps.ts";

/** A stream of a drawn job, whatever its events are. */
export type Flow = KeyedStream<Measurement, unknown>;

/** What a program makes a job with. */
export interface JobMaking {
  readonly handlers: Partial<ErrorHandlers>;
  readonly rules: ModelRules;
  /** The sink of an output. */
  readonly sinks: (output: number) => Sink<SimulatedRow>;
  /** Hears what is asked of the global table, and what it has. */
  readonly watch: GlobalWatch;
}

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
  { table }: Graph,
  flow: Flow | undefined,
  outputs: readonly Outputs[],
  { handlers, rules, sinks }: JobMaking,
): DrawnJob {
  const { maxFutureMs, agreeingEvents, revision } = rules;
  const options = { handlers, maxFuture: maxFutureMs, agreeingEvents, revision };
  const beginning = job("drawn", options) as unknown as AnyJob;
  const hasTable = table !== undefined && flow !== undefined;
  const streamed = (begun: AnyJob) =>
    outputs.reduce((job, { topic, values }) => job.to(topic, values as Flow), begun);
  if (!hasTable) return { ...streamed(beginning), store: "totals" };
  const tabled = (begun: AnyJob) => withTable(begun, flow, table, { rules, sinks });
  return table.last ? tabled(streamed(beginning)) : streamed(tabled(beginning));
}

function withTable(
  beginning: AnyJob,
  flow: Flow,
  table: TableEnd,
  { rules, sinks }: Pick<JobMaking, "rules" | "sinks">,
): AnyJob {
  const rows = tableOf(flow, table, rules);
  const shownAs = (how: Shown) => how === "closed" ? closed(rows) : rows;
  const sizeMs = table.windows?.sizeMs;
  const sinkOf = (at: number) => table.separate ? [sinks(at)] : [];
  const written = table.sinks.reduce(
    (job, how, at) => job.write(shownAs(how).map((row) => rowOf(row, at, sizeMs)), ...sinkOf(at)),
    beginning,
  );
  const built = table.topics.reduce((job, topic) => job.to(topic, shownAs(topic)), written);
  if (!table.events) return built;
  const { revision } = rules;
  return built.writeEvents(
    (event, context) => eventRow(event, context, revision),
    ...sinkOf(table.sinks.length),
  );
}

function closed({ onClose }: AnyTable): AnyTable {
  assert(onClose !== undefined, "only windows close");
  return onClose();
}

/** What is kept of a list of numbers, half of which is done before the fold throws. */
interface Kept {
  readonly values: number[];
}

function tableOf(flow: Flow, end: TableEnd, rules: ModelRules): AnyTable {
  const { windows, fold, rollUpsMs, throws } = end;
  const { rollUpRetentionMs: retentionMs } = rules;
  const levels = rollUpsMs.map((sizeMs) => ({ sizeMs, retentionMs }));
  const windowed = windows === undefined ? flow : windowedBy(flow, windows, rules);
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

function windowedBy(
  flow: Flow,
  { kind, sizeMs, advanceMs }: Windows,
  { graceMs, retentionMs }: ModelRules,
): Flow {
  const options = { grace: graceMs, retention: retentionMs };
  const advancing = { ...options, advance: advanceMs };
  const windowed = kind === "session"
    ? flow.window(session(sizeMs, options))
    : kind === "sliding"
    ? flow.window(sliding(sizeMs - advanceMs, advancing))
    : flow.window(kind === "hopping" ? hopping(sizeMs, advancing) : tumbling(sizeMs, options));
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

/**
 * @param output Which of the outputs.
 * @param sizeMs Of the windows; `undefined` without.
 */
function rowOf(
  row: WindowResult<unknown>,
  output: number,
  sizeMs: number | undefined,
): SimulatedRow {
  const { key, startMs, endMs, value, final, versionUs, withdrawn } = row;
  if (sizeMs === undefined) {
    const text = JSON.stringify([sorted(value)]);
    return { kind: "graph", id: `${output} ${key}`, text, versionUs };
  }
  const isSession = withdrawn !== undefined;
  const name = JSON.stringify(isSession ? [key, startMs] : [key, startMs, endMs]);
  const text = JSON.stringify([sorted(value), endMs, final, withdrawn === true]);
  return { kind: "graph", id: `${output} ${name}`, text, versionUs };
}

function eventRow(
  event: unknown,
  { record, index, versionUs, rekeyed, key }: EventContext,
  revision: string,
) {
  const { topic, partition, offset } = record;
  const place = rekeyed ? "rekeyed" : topic;
  const id = `event ${place} ${partition}/${offset}/${index}`;
  const text = `${JSON.stringify([key, sorted(event)])} by ${revision}`;
  return { kind: "graph", id, text, versionUs } satisfies SimulatedRow;
}

/** The fields of an object in the order of their names. */
export function sorted(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1));
}
