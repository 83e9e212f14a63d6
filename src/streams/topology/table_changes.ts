import { assert } from "../../base/assert.ts";
import type { LogRecord } from "../record.ts";
import { decodeText } from "../text.ts";
import type { Codec } from "./codec.ts";
import { derived } from "./keyed_steps.ts";
import type { KeyedStream } from "./keyed_stream.ts";
import { decodedBy, generalKeyFault, noKey, Rejection } from "./keyed_source.ts";
import { Due, type StoreOf } from "./key_values.ts";
import { once, type Steps } from "./processor.ts";
import type { Lookup, TableTopic } from "./table_topic.ts";
import type { Reading, Source } from "./topology.ts";

/** A record of a table, which sets the value of its key or deletes it. */
export interface TableChange {
  /** That of the table. */
  readonly topic: string;
  /** The value as it came; `null` deletes. */
  readonly bytes: Uint8Array | null;
}

const asTheyAre: Codec<Uint8Array> = { encode: (bytes) => bytes, decode: (bytes) => bytes };

/** The store of a table, whose values are taken as they came. */
export function unread(topic: string): StoreOf<Uint8Array> {
  return { name: topic, codec: asTheyAre };
}

/**
 * The changes of what tables have of a key: `null` where it is deleted. The tables' records are what
 * the job reads, so that it needs no other input.
 *
 * @throws {InvariantError} If two tables read the same topic.
 */
export function changesOf<V>(lookup: Lookup<V>): KeyedStream<V | null, TableChange> {
  const topics = lookup.tables.map(({ topic }) => topic);
  const steps: Steps<TableChange, V | null> = (cause, { key }, stores) => {
    if (cause instanceof Due) return [];
    const store = stores.storeOf(unread(cause.topic), key);
    const had = lookup.has(stores, key);
    if (cause.bytes !== null) store.put(cause.bytes);
    else if (store.get() === undefined) return [];
    else store.delete();
    if (lookup.has(stores, key)) return [lookup.get(stores, key) ?? null];
    return had ? [null] : [];
  };
  const processors = [{ name: `join of ${topics.join(" and ")}`, punctuates: false }];
  const source = tablesSource(lookup.tables);
  return derived({ source, repartition: false, tables: [], globals: [], processors }, once(steps));
}

function tablesSource(tables: readonly TableTopic<unknown>[]): Source<TableChange> {
  const byTopic = new Map(tables.map((table) => [table.topic, table]));
  const topics = tables.map(({ topic }) => topic);
  const [topic = "", ...more] = topics;
  assert(byTopic.size === topics.length, `tables must be of different topics: ${topics}`);
  return {
    topic,
    more,
    ofTables: topics,
    prepare: () => Promise.resolve(),
    read: (record) => changeOf(record, byTopic.get(record.topic) as TableTopic<unknown>),
    keyFault: generalKeyFault,
    fault: () => undefined,
    timeOf: (_change, { timestampMs }) => timestampMs,
    asRead: false,
    write: ([change]) => change?.bytes ?? new Uint8Array(),
  };
}

function changeOf(
  { topic, key, value }: LogRecord,
  { codec }: TableTopic<unknown>,
): Reading<TableChange> {
  const text = key === null ? undefined : decodeText(key);
  if (text === undefined) return noKey;
  const read = value === null ? undefined : decodedBy(codec, value);
  if (read instanceof Rejection) return { kind: "dead", ...read };
  const bytes = value?.slice() ?? null; // beside what it was read with
  return { kind: "events", key: text, events: [{ topic, bytes }] };
}
