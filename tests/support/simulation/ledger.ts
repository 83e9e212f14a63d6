import { type LogRecord, partitionName } from "../../../src/streams/record.ts";
import type { OtherPosition } from "../../../src/streams/state/state.ts";
import type { MemoryLog } from "../../../src/streams/testing/memory_log.ts";
import type { PieceName } from "./history.ts";
import { remarksTopic, resultsTopic } from "../counting_topology.ts";
import { PublishedResults } from "./published.ts";
import type { RowsOf } from "./key_row_view.ts";
import { nameOfHex, type Piece, pieceOf, stateOf } from "./state_view.ts";

interface Entry {
  readonly offset: number;
  /** `undefined` for a deletion. */
  readonly piece: Piece | undefined;
}

/** What the log holds of one partition of the job: read by the auditor, never by the engine. */
export class PartitionLedger {
  readonly #log: MemoryLog;
  readonly #rows: RowsOf;
  readonly #partition: number;
  readonly #entries = new Map<PieceName, Entry[]>();
  readonly #readTo = new Map<string, number>();
  readonly late: string[] = [];
  readonly deadLetters: string[] = [];
  /** What the processor has written. */
  readonly remarks: string[] = [];
  published: PublishedResults = new PublishedResults();
  committedOffset = 0;
  /** Behind the last record of the changelog that was read: a store with less lacks that commit. */
  changelogPosition = 0;
  /** The same in the repartition topic, as the task's own record says. */
  rekeyedOffset = 0;
  /** In further inputs, as the task's own record says. */
  others: readonly OtherPosition[] = [];
  /** How often the rules had changed, as the task's own record says. */
  changes = 0;
  /** What was read, aggregated, late, a dead letter and a duplicate, as it says. */
  counts = "0 0 0 0 0";
  /** True once compaction has taken records away. */
  compacted = false;

  /** @param rows How the rows of the job are to be read. */
  constructor(log: MemoryLog, partition: number, rows: RowsOf) {
    this.#rows = rows;
    this.#log = log;
    this.#partition = partition;
  }

  /** Takes note of where the log stands, as a state does that begins here. */
  begin(): void {
    this.read();
    this.late.length = 0;
    this.deadLetters.length = 0;
    this.remarks.length = 0;
    this.published = new PublishedResults();
  }

  /** Reads on; returns the committed input offset. */
  read(): number {
    for (const record of this.#newRecords("app-totals-changelog")) this.#remember(record);
    for (const record of this.#newRecords("input-late")) {
      this.late.push(`${originOf(record)} ${header(record, "window-start")}`);
    }
    for (const record of this.#newRecords("input-dead-letters")) {
      this.deadLetters.push(`${originOf(record)} ${header(record, "cause")}`);
    }
    for (const { key, value, timestampMs } of this.#newRecords(remarksTopic)) {
      const text = value === null ? "gone" : JSON.parse(textOf(value));
      this.remarks.push(`${textOf(key)} ${timestampMs} ${text}`);
    }
    for (const record of this.#newRecords(resultsTopic)) this.published.add(record);
    const input = { topic: "input", partition: this.#partition };
    this.committedOffset = this.#log.committedOffset("app", input) ?? 0;
    return this.committedOffset;
  }

  /** End of what is decided of the changelog. */
  get endOffset(): number {
    return this.#log.stableEnd({ topic: "app-totals-changelog", partition: this.#partition });
  }

  get inputEnd(): number {
    return this.#log.stableEnd({ topic: "input", partition: this.#partition });
  }

  /** The state that the whole changelog makes. */
  state(): Map<PieceName, string> {
    const pieces = new Map<PieceName, Piece>();
    for (const [name, entries] of this.#entries) {
      const piece = entries.at(-1)?.piece;
      if (piece !== undefined) pieces.set(name, piece);
    }
    return stateOf(pieces);
  }

  /**
   * How a store differs from the changelog before a position, if it does. After a compaction, keys
   * with newer entries may lack any of the older ones.
   */
  difference(content: ReadonlyMap<PieceName, Piece>, position: number): string | undefined {
    let expected = 0;
    for (const [name, entries] of this.#entries) {
      const piece = entries.findLast(({ offset }) => offset < position)?.piece;
      const got = content.get(name);
      if (got !== undefined) expected += 1;
      if (this.compacted && newerThan(entries, position)) continue;
      if (got?.text === piece?.text && got?.inputOffset === piece?.inputOffset) continue;
      return `${name} is ${got?.text}, not ${piece?.text}`;
    }
    return expected === content.size ? undefined : "it holds what the changelog does not";
  }

  #remember({ key, value, offset }: LogRecord): void {
    if (key === null) return;
    this.changelogPosition = offset + 1;
    const name = nameOfHex(key.toHex());
    const entry = { offset, piece: value === null ? undefined : pieceOf(key, value, this.#rows) };
    this.changes = entry.piece?.changes ?? this.changes;
    this.rekeyedOffset = entry.piece?.rekeyedOffset ?? this.rekeyedOffset;
    this.others = entry.piece?.others ?? this.others;
    if (name === "meta") this.counts = entry.piece?.text.split(" ").slice(1, 6).join(" ") ?? "";
    const entries = this.#entries.get(name);
    if (entries === undefined) this.#entries.set(name, [entry]);
    else entries.push(entry);
  }

  /** Committed records of a topic that were not there before. */
  #newRecords(topic: string): LogRecord[] {
    const place = { topic, partition: this.#partition };
    const from = this.#readTo.get(partitionName(place)) ?? 0;
    this.#readTo.set(partitionName(place), this.#log.stableEnd(place));
    return this.#log.committedRecords(place, from);
  }
}

function newerThan(entries: readonly Entry[], position: number): boolean {
  return (entries.at(-1)?.offset ?? -1) >= position;
}

function originOf(record: LogRecord): string {
  const topic = header(record, "origin-topic");
  const prefix = topic === "input" ? "" : `${topic} `;
  return `${prefix}${header(record, "origin-offset")}/${header(record, "origin-index") ?? ""}`;
}

function textOf(bytes: Uint8Array | null): string {
  return new TextDecoder().decode(bytes ?? new Uint8Array());
}

function header({ headers }: LogRecord, name: string): string | undefined {
  const value = headers[name];
  return value === undefined ? undefined : new TextDecoder().decode(value);
}
