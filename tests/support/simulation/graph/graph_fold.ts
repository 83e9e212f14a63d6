import { partitionForKey } from "../../../../src/streams/partitioner.ts";
import type { ItemCounts } from "../../../../src/streams/item_counts.ts";
import type { LogRecord } from "../../../../src/streams/record.ts";
import type { ArrivedPart } from "../../../../src/streams/repartition_record.ts";
import { encodeText, textOf } from "../../../../src/streams/text.ts";
import type { InputRecord } from "../input.ts";
import type { ModelRules } from "../model_rules.ts";
import { placeName } from "../input_order.ts";
import type { Taken } from "../taken_order.ts";
import { type Graph, lookupTopics, type Side, sidesOf, streamTopics } from "./graph.ts";
import { type Emitted, type Event, GraphFlow } from "./graph_flow.ts";
import { type Early, isFaulty, keysOf, readValues, type Values } from "./graph_reading.ts";
import { GraphTable } from "./graph_table.ts";
import { TableHistory } from "./table_history.ts";
import type { Seen } from "./global_watch.ts";

/** Where an event comes from, and what it is called. */
interface Place {
  /** In late topic and dead letters. */
  readonly origin: string;
  /** Of its row. */
  readonly row: string;
  /** Key of the record, for values without one of their own. */
  readonly key: string;
  readonly receivedAtMs: number;
}

/** Records by where they were appended. */
export type Records = ReadonlyMap<string, InputRecord>;

/** How the versions of a shown row follow each other. */
export type Versions = Map<string, (string | undefined)[]>;

/** What a partition's fold is given beside what it takes. */
export interface FoldPlace {
  readonly partition: number;
  readonly partitions: number;
  readonly records: Records;
  /** What a program has seen of the global table when it took this. */
  readonly seenBy: (taken: Taken) => Seen;
}

/**
 * A drawn job for one partition, folded by plain arithmetic over what its commits took, in their
 * order. It shares no code with the engine.
 */
export class GraphFold {
  readonly #graph: Graph;
  readonly #place: FoldPlace;
  readonly #flow: GraphFlow;
  readonly #seen = new Map<string, number>();
  readonly #table: GraphTable | undefined;
  /** What queries may find. */
  readonly history: TableHistory | undefined;
  #rules: ModelRules | undefined;
  #global: Seen = new Map();
  /** How often the rules have changed. */
  changes = 0;
  readonly late: string[] = [];
  readonly deadLetters: string[] = [];
  readonly counts: Omit<Record<keyof ItemCounts, number>, "rekeyed"> = {
    read: 0,
    aggregated: 0,
    late: 0,
    deadLetters: 0,
    duplicates: 0,
  };
  /** Records of each topic, value by value. */
  readonly written: Map<string, string[]> = new Map();
  /** What each row has been, where every change is shown, and where only the last one is. */
  readonly shown: { readonly updates: Versions; readonly closed: Versions } = {
    updates: new Map(),
    closed: new Map(),
  };
  readonly sunk: Versions = new Map();
  readonly eventRows: Map<string, string> = new Map();
  /** Also of events that these rules make dead letters of: by others they had a row. */
  readonly eventTexts: Map<string, string> = new Map();
  /** Where events belong that were sent on, by their origin. */
  readonly sentOn: Map<string, string> = new Map();
  readonly arrived: Map<string, string> = new Map();

  constructor(graph: Graph, place: FoldPlace) {
    this.#graph = graph;
    this.#place = place;
    this.#flow = new GraphFlow(graph);
    this.#table = graph.table === undefined ? undefined : new GraphTable(graph.table);
    this.history = this.#table === undefined ? undefined : new TableHistory(this.#table);
  }

  get rules(): ModelRules | undefined {
    return this.#rules;
  }

  /** From here on the input is read by these rules. */
  change(rules: ModelRules): void {
    this.changes += 1;
    this.#rules = rules;
    this.#table?.change(rules);
  }

  take(taken: Taken): void {
    this.#global = this.#place.seenBy(taken);
    if ("origin" in taken) this.#arrive(taken);
    else this.#record(taken);
  }

  /**
   * A commit shows what has changed since the last one.
   *
   * @param position Behind its last record in the changelog.
   */
  commit(position: number): void {
    this.history?.commit(position);
    for (const row of this.#table?.changes() ?? []) {
      show(this.shown.updates, row.key, row.topic);
      const isLast = row.final && !row.withdrawn;
      if (isLast) show(this.shown.closed, row.key, row.topic);
      for (const [at, how] of this.#graph.table?.sinks.entries() ?? []) {
        if (isLast || how === "updates") show(this.sunk, `${at} ${row.key}`, row.sink);
      }
    }
  }

  #record({ topic, partition, offset }: LogRecord): void {
    const record = this.#place.records.get(placeName(topic, partition, offset)) as InputRecord;
    const prefix = topic === "input" ? "" : `${topic} `;
    const placeOf = (index: number | ""): Place => ({
      origin: `${prefix}${offset}/${index}`,
      row: `event ${topic} ${partition}/${offset}/${index}`,
      key: record.key ?? "no key",
      receivedAtMs: record.timestampMs,
    });
    const isTable = this.#graph.tables?.topics.includes(topic) === true;
    const isLookup = lookupTopics(this.#graph).includes(topic);
    const side = this.#sideOf(topic);
    if (this.#isRepeated(topic, record)) {
      const items = isTable || isLookup ? 1 : itemsOf(record, side as Side);
      this.counts.read += items;
      this.counts.duplicates += items;
      return;
    }
    if (record.timestampMs < 0) return this.#dead(placeOf(""), "impossible-value");
    if (isTable || isLookup) return this.#tableRecord(topic, record, placeOf, { isTable });
    this.#streamRecord(record, side as Side, placeOf, prefix === "" ? "input" : topic, offset);
  }

  #isRepeated(topic: string, { sent }: InputRecord): boolean {
    if (sent === undefined) return false;
    const producer = `${topic} ${sent.producerId}`;
    const isRepeated = sent.sequence <= (this.#seen.get(producer) ?? 0);
    if (!isRepeated) this.#seen.set(producer, sent.sequence);
    return isRepeated;
  }

  #tableRecord(
    topic: string,
    { key, factor, timestampMs }: InputRecord,
    placeOf: (index: number | "") => Place,
    { isTable }: { readonly isTable: boolean },
  ): void {
    const whole = placeOf("");
    if (key === null) return this.#dead(whole, "malformed");
    const { partition, partitions } = this.#place;
    const isElsewhere = partitionForKey(encodeText(key), partitions) !== partition;
    // A record of a table that is joined is judged by its place first.
    if (isElsewhere && !isTable) return this.#dead(whole, "key-mismatch");
    if (factor === undefined) return this.#dead(whole, "malformed");
    if (isElsewhere) return this.#dead(whole, "key-mismatch");
    if (isTable) this.#event({ topic, number: factor }, key, timestampMs, placeOf(0));
    else this.#flow.set(topic, key, factor);
  }

  #streamRecord(
    record: InputRecord,
    side: Side,
    placeOf: (index: number | "") => Place,
    topic: string,
    offset: number,
  ): void {
    const read = readValues(record, side);
    if (read === undefined) return;
    if ("dead" in read) return this.#dead(placeOf(""), read.dead);
    if (side.by === "record" && record.key === null) return this.#dead(placeOf(""), "malformed");
    const own = side.by === "key" || side.by === "value" ? keysOf(read, side.by) : undefined;
    const keys = own ?? read.values.map(() => record.key ?? "");
    const { partition, partitions } = this.#place;
    const target = (key: string) => partitionForKey(encodeText(key), partitions);
    const isForeign = own !== undefined && !isOf(record.key, own);
    if (isForeign && !side.repartition) return this.#dead(placeOf(""), "key-mismatch");
    for (const [index, value] of read.values.entries()) {
      const key = keys[index];
      const isHere = !side.repartition || key === undefined || target(key) === partition ||
        isFaulty(value, read.pending);
      if (isHere) this.#value(value, read, { key, side }, placeOf(index), record);
      else this.sentOn.set(`${topic} ${partition}/${offset}/${index}`, `${target(key)} ${key}`);
    }
  }

  #arrive({ origin, partition, offset, keys, firstIndex }: ArrivedPart): void {
    const topic = streamTopics(this.#graph)[origin.input ?? 0] ?? "";
    const name = placeName(topic, origin.partition, origin.offset);
    const record = this.#place.records.get(name) as InputRecord;
    const side = this.#sideOf(topic) as Side;
    const read = readValues(record, side) as Values;
    for (const [at, bytes] of keys.entries()) {
      if (bytes === undefined) continue;
      const index = origin.indexes[at] ?? NaN;
      const key = textOf(bytes);
      const arrival = `${topic} ${origin.partition}/${origin.offset}/${index}`;
      if (this.arrived.has(arrival)) throw new Error(`${arrival} has arrived twice`);
      this.arrived.set(arrival, `${partition} ${key}`);
      const prefix = topic === "input" ? "" : `${topic} `;
      const place = {
        origin: `${prefix}${origin.offset}/${index}`,
        row: `event rekeyed ${partition}/${offset}/${firstIndex + at}`,
        key,
        receivedAtMs: record.timestampMs,
      };
      this.#value(read.values[index] as Early, read, { key, side }, place, record);
    }
  }

  #value(
    value: Early,
    { pending }: Values,
    { key, side }: { readonly key: string | undefined; readonly side: Side },
    place: Place,
    { timestampMs }: InputRecord,
  ): void {
    if (value === "rejected" || isFaulty(value, pending)) {
      return this.#dead(place, "impossible-value");
    }
    const timeMs = side.time === "event" ? value.timeMs : timestampMs;
    const { maxFutureMs, revision } = this.#rules as ModelRules;
    const { key: named, timeMs: atMs, value: number } = value;
    const event = JSON.stringify([key, { key: named, timeMs: atMs, value: number }]);
    this.eventTexts.set(place.row, event);
    if (timeMs - timestampMs > maxFutureMs) return this.#dead(place, "far-future");
    this.eventRows.set(place.row, `${event} by ${revision}`);
    const own = side.by === "none" ? place.key : key ?? "";
    this.#event({ side: sidesOf(this.#graph).indexOf(side), value }, own, timeMs, place);
  }

  #event(event: Event, key: string, timeMs: number, place: Place): void {
    const { receivedAtMs } = place;
    const { revision } = this.#rules as ModelRules;
    const at = { receivedAtMs, revision, seen: this.#global };
    this.#write(this.#flow.moveTo(timeMs, at));
    try {
      this.#flow.attempt(() => {
        const taken = this.#flow.take(event, { ...at, key, timeMs });
        const { values, emitted, changed } = taken;
        const isFolded = this.#table !== undefined && values.length > 0;
        const outcome = isFolded ? this.#table?.add(key, timeMs, values) : undefined;
        this.#write(emitted);
        const missed = outcome?.missed ?? taken.missedMs;
        for (const startMs of missed) this.late.push(`${place.origin} ${startMs}`);
        if (!isFolded && !changed && emitted.length === 0) return;
        const isLate = outcome === undefined ? missed.length > 0 : outcome.late;
        this.counts.read += 1;
        this.counts[isLate ? "late" : "aggregated"] += 1;
      });
    } catch {
      this.#dead(place, "processing-error");
    }
  }

  #write(emitted: readonly Emitted[]): void {
    for (const { topic, text } of emitted) {
      const texts = this.written.get(topic) ?? [];
      this.written.set(topic, texts);
      texts.push(text);
    }
  }

  #dead({ origin }: Place, cause: string): void {
    this.counts.read += 1;
    this.counts.deadLetters += 1;
    this.deadLetters.push(`${origin} ${cause}`);
  }

  #sideOf(topic: string): Side | undefined {
    return sidesOf(this.#graph).find(({ inputs }) => inputs.some((input) => input.topic === topic));
  }
}

/** What a record counts for that was sent before. */
function itemsOf(record: InputRecord, side: Side): number {
  const read = readValues(record, side);
  if (read === undefined) return 0;
  if ("dead" in read || (side.by === "record" && record.key === null)) return 1;
  return read.values.length;
}

/** Whether a record's key is that of all its values that have one. */
function isOf(key: string | null, keys: readonly (string | undefined)[]): boolean {
  if (key === null) return false;
  return keys.every((one) => one === undefined || one === key);
}

function show(versions: Versions, key: string, text: string | undefined): void {
  const before = versions.get(key) ?? [undefined];
  versions.set(key, before);
  if (before.at(-1) !== text) before.push(text);
}
