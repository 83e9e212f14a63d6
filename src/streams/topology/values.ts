import type { LogRecord } from "../record.ts";
import { Due, type KeyValueStores } from "./key_values.ts";
import type { GlobalTable } from "./global_table.ts";
import type { TableTopic } from "./table_topic.ts";
import type { EventContext, NamedProcessor, Topology } from "./topology.ts";

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
