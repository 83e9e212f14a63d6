import { assert } from "../../base/assert.ts";
import type { LogRecord } from "../record.ts";
import { Due, type KeyValueStores } from "./key_values.ts";
import type { GlobalTable } from "./global_table.ts";
import type { Lookup, TableTopic } from "./table_topic.ts";
import { type EventContext, type NamedProcessor, otherInputs, type Topology } from "./topology.ts";

/** Where values come from. */
export interface Origin<E> extends Pick<Topology<E, never, never>, "source" | "repartition"> {
  /** What they are joined with. */
  readonly tables: readonly TableTopic<unknown>[];
  /** The same of global tables. */
  readonly globals: readonly GlobalTable<unknown>[];
  /** Processors that they went through. */
  readonly processors: readonly NamedProcessor[];
}

/** How a job gets at the values of a stream. */
export interface ValuesPlan<E, T> extends Origin<E> {
  /** Makes them of an event. */
  steps(cause: E | Due, context: EventContext, stores: KeyValueStores): readonly T[];
  /** True for those of a table: the last one of a key stands for all, and `null` deletes it. */
  readonly latest?: boolean;
  /** Key of the record that a value becomes. */
  keyOf(context: EventContext, record: LogRecord): Uint8Array | null;
}

/** Values that a job can write to a topic one by one, see `Job.to`. */
export interface Values<E, T> {
  /** @internal */
  readonly values: ValuesPlan<E, T>;
}

/** The events themselves; nothing comes of a call that is due. */
export function eventsAlone<E>(cause: E | Due): readonly E[] {
  return cause instanceof Due ? [] : [cause];
}

/**
 * What several streams of a job need, each once.
 *
 * @throws {InvariantError} If two processors are called alike, as they would have the same stores, or
 *   two tables are of one topic.
 */
export function inputsOf(...origins: readonly Inputs[]): Required<Inputs> {
  const all = <T>(of: (inputs: Inputs) => readonly T[] | undefined) => [
    ...new Set(origins.flatMap((origin) => of(origin) ?? [])),
  ];
  const tables = all(({ tables }) => tables);
  const globals = all(({ globals }) => globals);
  const processors = all(({ processors }) => processors);
  const table = repeated([...tables, ...globals].map(({ topic }) => topic));
  assert(table === undefined, `${table} must be read once: as one table`);
  const processor = repeated(processors.map(({ name }) => name));
  assert(processor === undefined, `processors must have names of their own: ${processor}`);
  return { tables, globals, processors };
}

type Inputs = Partial<Pick<Origin<never>, "tables" | "globals" | "processors">>;

function repeated(names: readonly string[]): string | undefined {
  return names.find((name, at) => names.indexOf(name) < at);
}

/**
 * The same behind a processor.
 *
 * @throws {InvariantError} As `inputsOf`.
 */
export function withProcessor<E>(origin: Origin<E>, processor: NamedProcessor): Origin<E> {
  return { ...origin, ...inputsOf(origin, { processors: [processor] }) };
}

/**
 * The same joined with tables.
 *
 * @throws {InvariantError} If it reads a topic of theirs.
 */
export function withTables<E>(
  keyed: Origin<E>,
  { tables }: Pick<Lookup<unknown>, "tables">,
): Origin<E> {
  const added = tables.filter((table) => !keyed.tables.includes(table));
  const inputs = [keyed.source.topic, ...otherInputs(keyed)];
  for (const { topic } of added) {
    assert(!inputs.includes(topic), `${topic} must be read once: as a table or a stream`);
  }
  return { ...keyed, tables: [...keyed.tables, ...added] };
}

/**
 * The same joined with a global table.
 *
 * @throws {InvariantError} If it reads its topic.
 */
export function withGlobal<E>(keyed: Origin<E>, table: GlobalTable<unknown>): Origin<E> {
  const inputs = [keyed.source.topic, ...otherInputs(keyed)];
  assert(!inputs.includes(table.topic), `${table.topic} must be read once: also as an input`);
  return { ...keyed, ...inputsOf(keyed, { globals: [table] }) };
}
