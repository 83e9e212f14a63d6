import type { Codec } from "./codec.ts";
import type {
  KeyResult,
  NamedProcessor,
  SessionResult,
  Topology,
  WindowResult,
} from "./topology.ts";
import type { GlobalTable } from "./global_table.ts";
import type { TableTopic } from "./table_topic.ts";

/** How a table is made from a stream: what of a job lies before its outputs. */
export interface TablePlan<E, A> extends
  Pick<
    Topology<E, A, never>,
    "source" | "repartition" | "store" | "windows" | "aggregator" | "windowCodec" | "rollUps"
  > {
  /** As of `Topology`. */
  readonly derivation: Topology<E, A, never>["derivation"];
  /** As of `Topology`. */
  readonly tables: readonly TableTopic<unknown>[];
  /** As of `Topology`. */
  readonly globals: readonly GlobalTable<unknown>[];
  /** As of `Topology`. */
  readonly processors: readonly NamedProcessor[];
  /** As of `Topology`. */
  readonly tableless: boolean;
  /** How what is shown of an aggregate is written to a topic. */
  readonly codec: Codec<A>;
}

/** What a job can write: something for each row of a table that a commit has changed. */
export interface Results<E, A, V> {
  /** The table that they are of. */
  readonly table: TablePlan<E, A>;
  /** True to leave windows out that may still change. */
  readonly finalOnly: boolean;
  /** Makes one of a row. */
  make(result: WindowResult<A>): V;
  /** How it is written to a topic; JSON without it. */
  readonly codec: Codec<V> | undefined;
}

/**
 * A row per key, or per key and window; written as it is, a row is its aggregate.
 *
 * @typeParam E Value of the stream.
 * @typeParam A Aggregate.
 * @typeParam Q What is known of a row: its key, aggregate, window and write time.
 */
export interface Table<E, A, Q> extends Results<E, A, A> {
  /** Makes something else of each row that a commit has changed. */
  map<V>(make: (row: Q) => V): Results<E, A, V>;
}

/** A table with a row per key. */
export type KeyTable<E, A> = Table<E, A, KeyResult<A>>;

/** A table with a row per key and window. */
export interface WindowTable<E, A> extends Table<E, A, WindowResult<A>> {
  /** The windows that nothing can change any more, each once; else every change is written. */
  onClose(): Table<E, A, WindowResult<A>>;
}

/** A table with a row per key and session. */
export interface SessionTable<E, A> extends Table<E, A, SessionResult<A>> {
  /** The sessions that nothing can change any more, each once; none is ever withdrawn. */
  onClose(): Table<E, A, WindowResult<A>>;
}

/** A table with a row per key. */
export function keyTable<E, A>(table: TablePlan<E, A>): KeyTable<E, A> {
  return written(table, "update");
}

/** A table with a row per key and window. */
export function windowTable<E, A>(table: TablePlan<E, A>): WindowTable<E, A> {
  return { ...written(table, "update"), onClose: () => written(table, "close") };
}

/** A table with a row per key and session. */
export function sessionTable<E, A>(table: TablePlan<E, A>): SessionTable<E, A> {
  const updates = written(table, "update") as unknown as Table<E, A, SessionResult<A>>;
  return { ...updates, onClose: () => written(table, "close") };
}

function written<E, A>(
  table: TablePlan<E, A>,
  on: "update" | "close",
): Table<E, A, WindowResult<A>> {
  const finalOnly = on === "close";
  return {
    table,
    finalOnly,
    make: ({ value }) => value,
    codec: table.codec,
    map: (make) => ({ table, finalOnly, make, codec: undefined }),
  };
}
