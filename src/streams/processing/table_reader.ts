import { partitionForKey } from "../partitioner.ts";
import type { LogRecord } from "../record.ts";
import type { KeyValues } from "../state/key_values.ts";
import type { Lineage } from "../state/lineage.ts";
import { decodeText } from "../text.ts";
import { decodedBy, Rejection } from "../topology/keyed_source.ts";
import type { Fault, Topology } from "../topology/topology.ts";
import type { TableTopic } from "../topology/table_topic.ts";
import { faults } from "./reading.ts";

const noKey: Fault = { cause: "malformed", detail: "record has no key" };

/**
 * Takes the records of a job's tables into their stores.
 *
 * Owner: the record processor.
 */
export class TableReader {
  readonly #tables: ReadonlyMap<string, TableTopic<unknown>>;
  readonly #stores: KeyValues;
  readonly #partitions: number;

  constructor(
    tables: readonly TableTopic<unknown>[],
    stores: KeyValues,
    { partitions }: Pick<Lineage, "partitions">,
  ) {
    this.#tables = new Map(tables.map((table) => [table.topic, table]));
    this.#stores = stores;
    this.#partitions = partitions;
  }

  /** True for a record of a table. */
  has({ topic }: LogRecord): boolean {
    return this.#tables.has(topic);
  }

  /** Sets or deletes the value of a key; says why it cannot. */
  apply({ topic, partition, key, value, unreadable }: LogRecord): Fault | undefined {
    const table = this.#tables.get(topic) as TableTopic<unknown>;
    if (unreadable !== undefined) return { cause: "unreadable-batch", detail: unreadable };
    const text = key === null ? undefined : decodeText(key);
    if (key === null || text === undefined) return noKey;
    if (partitionForKey(key, this.#partitions) !== partition) return faults.keyMismatch;
    const read = value === null ? undefined : decodedBy(table.codec, value);
    if (read instanceof Rejection) return read;
    this.#stores.put(table.name, text, value?.slice() ?? null); // beside what it was read with
    return undefined;
  }
}

/** That of a job; `undefined` for one without tables. */
export function tableReader(
  { tables }: Pick<Topology<never, never, never>, "tables">,
  stores: KeyValues,
  lineage: Lineage,
): TableReader | undefined {
  return tables.length === 0 ? undefined : new TableReader(tables, stores, lineage);
}
