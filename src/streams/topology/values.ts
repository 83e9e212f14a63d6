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
  /** The same of global tables; none without it. */
  readonly globals?: readonly GlobalTable<unknown>[];
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

/** The same behind a processor. */
export function withProcessor<E>(origin: Origin<E>, processor: NamedProcessor): Origin<E> {
  return { ...origin, processors: [...origin.processors, processor] };
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
  const { globals = [] } = keyed;
  const inputs = [keyed.source.topic, ...otherInputs(keyed)];
  assert(!inputs.includes(table.topic), `${table.topic} must be read once: also as an input`);
  return globals.includes(table) ? keyed : { ...keyed, globals: [...globals, table] };
}
