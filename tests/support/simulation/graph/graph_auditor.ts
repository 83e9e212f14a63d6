import type { TopicPartition } from "../../../../src/streams/record.ts";
import type { MemoryLog } from "../../../../src/streams/testing/memory_log.ts";
import type { StoreView } from "../../../../src/streams/testing/memory_stores.ts";
import { Findings, type Violation } from "../findings.ts";
import { PartitionLedger } from "../ledger.ts";
import type { Watcher } from "../play.ts";
import type { GraphRow } from "../sink.ts";
import { piecesOf } from "../state_view.ts";
import type { TakenOrder } from "../taken_order.ts";
import { type Graph, lookupTopics, outputTopics, streamTopics } from "./graph.ts";
import type { ModelRules } from "../model_rules.ts";
import { sorted } from "./graph_end.ts";
import type { GraphFold, Versions } from "./graph_fold.ts";

/** Only the task's own record is read of a state: what the others say is seen in what is written. */
const unread = { unread: true };

/** Holds what a drawn job makes true against the fold of its graph. */
export class GraphAuditor implements Watcher {
  readonly #graph: Graph;
  readonly #log: MemoryLog;
  readonly #order: TakenOrder;
  readonly #folds: readonly GraphFold[];
  readonly #ledgers: readonly PartitionLedger[];
  readonly #findings = new Findings();
  readonly #rules = new Map<string, ModelRules>();
  /** Everything that sinks were given, by row and write time. */
  readonly #rows = new Map<string, Map<number, string>>();

  constructor(
    graph: Graph,
    log: MemoryLog,
    order: TakenOrder,
    folds: readonly GraphFold[],
  ) {
    this.#graph = graph;
    this.#log = log;
    this.#order = order;
    this.#folds = folds;
    this.#ledgers = folds.map((_, partition) => new PartitionLedger(log, partition, unread));
  }

  get violation(): Violation | undefined {
    return this.#findings.violation;
  }

  works(process: string, place: TopicPartition, believed: ReadonlySet<number>): void {
    this.#findings.works(process, place, believed);
  }

  fenced(process: string, place: TopicPartition): void {
    this.#findings.fenced(process, place);
  }

  /** By which rules a process works. */
  started(process: string, rules: ModelRules): void {
    this.#rules.set(process, rules);
  }

  opened(): void {}

  /** G1, G7: what a transaction made true. */
  committed(process: string, place: TopicPartition): void {
    this.#findings.committed(process, place);
    const { partition } = place;
    this.#findings.guard(() => {
      const ledger = this.#ledgers[partition] as PartitionLedger;
      const fold = this.#folds[partition] as GraphFold;
      const inputOffset = ledger.read();
      const { rekeyedOffset, others } = ledger;
      const now = { inputOffset, rekeyedOffset, others };
      const before = this.#order.steps(partition);
      const isChange = this.#noteRules(process, ledger.changes, fold);
      const wrong = this.#order.committed(process, partition, now);
      this.#findings.check(wrong === undefined, `G1 ${process} committed ${wrong}`);
      const isAlone = !isChange || this.#order.steps(partition) === before;
      this.#findings.check(isAlone, `G13 ${process} committed input with the change of its rules`);
      fold.commit(ledger.changelogPosition);
      const where = `of ${partition} at ${inputOffset}`;
      this.#findings.same(`G7 late ${where}`, ledger.late, fold.late);
      this.#findings.same(`G7 dead letters ${where}`, ledger.deadLetters, fold.deadLetters);
      for (const topic of outputTopics.slice(0, 4)) {
        const got = this.#records(topic, partition).map(({ key, timestampMs, value }) =>
          `${key ?? "no key"} ${timestampMs} ${value ?? "gone"}`
        );
        this.#findings.same(`G1 ${topic} ${where}`, got, fold.written.get(topic) ?? []);
      }
      this.#checkCounts(`G7 counts ${where}`, ledger.counts, fold);
      this.#checkShown("updates", partition, fold);
      this.#checkShown("closed", partition, fold);
    });
  }

  /** G13: no commit is made by rules that are not noted; true where it notes others. */
  #noteRules(process: string, changes: number, fold: GraphFold): boolean {
    const rules = this.#rules.get(process) as ModelRules;
    const isChange = changes !== fold.changes;
    if (isChange) {
      const expected = fold.changes + 1;
      this.#findings.check(changes === expected, `G13 ${changes} changes, not ${expected}`);
      fold.change(rules);
    }
    const isSame = JSON.stringify(fold.rules) === JSON.stringify(rules);
    this.#findings.check(isSame, `G13 ${process} commits by rules that it has not noted`);
    return isChange;
  }

  /** G1: a program has seen of the global table what it cannot have. */
  saw(process: string, what: string): void {
    this.#findings.break(`G1 global table at ${process}: ${what}`);
  }

  /** G1: a query was answered with what no commit has made. */
  answered(process: string, what: string): void {
    this.#findings.break(`G1 query at ${process}: ${what}`);
  }

  #checkCounts(what: string, counts: string, fold: GraphFold): void {
    const { read, aggregated, late, deadLetters, duplicates } = fold.counts;
    this.#findings.check(
      read === aggregated + late + deadLetters + duplicates,
      "G7 the fold's own counts",
    );
    const expected = `${read} ${aggregated} ${late} ${deadLetters} ${duplicates}`;
    this.#findings.check(counts === expected, `${what}: ${counts}, not ${expected}`);
  }

  /** G1: a topic has every state that a row had at a commit, in order; the same twice is no harm. */
  #checkShown(topic: "updates" | "closed", partition: number, fold: GraphFold): void {
    if (this.#graph.table?.topics.includes(topic) !== true) return;
    const got: Versions = new Map();
    for (const { key, value } of this.#records(topic, partition)) {
      const text = value === null ? undefined : JSON.stringify(sorted(JSON.parse(value)));
      const versions = got.get(key ?? "") ?? [undefined];
      got.set(key ?? "", versions);
      if (versions.at(-1) !== text) versions.push(text);
    }
    for (const key of new Set([...got.keys(), ...fold.shown[topic].keys()])) {
      const [is, expected] = [got, fold.shown[topic]].map((all) =>
        (all.get(key) ?? [undefined]).map(String)
      );
      this.#findings.same(`G1 ${topic} of ${partition}: ${key}`, is ?? [], expected ?? []);
    }
  }

  /** G2: a store holds exactly its part of the changelog, and never more than is committed. */
  applied(process: string, { partition }: TopicPartition, store: StoreView | undefined): void {
    this.#findings.guard(() => {
      const ledger = this.#ledgers[partition] as PartitionLedger;
      ledger.read();
      const position = store?.checkpoint?.changelogPosition ?? 0;
      const what = `G2 store of ${partition} at ${process}, changelog position ${position}`;
      this.#findings.check(position <= ledger.endOffset, `${what}: ahead of ${ledger.endOffset}`);
      const difference = ledger.difference(piecesOf(store, unread), position);
      this.#findings.check(difference === undefined, `${what}: ${difference}`);
    });
  }

  /** G3: one write time has one content. */
  written({ id: named, versionUs, text }: GraphRow): void {
    const id = named.replace(/^sink \d+: /, ""); // those who look on are told of rows without sinks
    const versions = this.#rows.get(id) ?? new Map<number, string>();
    this.#rows.set(id, versions);
    const before = versions.get(versionUs) ?? text;
    this.#findings.check(before === text, `G3 row ${id} at ${versionUs}: ${before} and ${text}`);
    versions.set(versionUs, text);
  }

  failed(process: string, place: TopicPartition, error: unknown): void {
    this.#findings.failed(process, place, error);
  }

  refused(process: string, error: unknown): void {
    this.#findings.refused(process, error);
  }

  compacted({ partition }: TopicPartition): void {
    (this.#ledgers[partition] as PartitionLedger).compacted = true;
  }

  stuck(why: string): void {
    this.#findings.break(`liveness: ${why}`);
  }

  /** Everything, once the input is used up. */
  ended(table: ReadonlyMap<string, GraphRow>): void {
    const sunk = new Map(this.#folds.flatMap((fold) => [...fold.sunk]));
    const events = new Map(this.#folds.flatMap((fold) => [...fold.eventRows]));
    const { sinks, events: hasEvents, separate } = this.#graph.table ??
      { sinks: [], events: false, separate: false };
    const nameOf = (id: string) => {
      const output = id.startsWith("event ") ? sinks.length : Number(id.split(" ")[0]);
      return separate ? sinkPrefix(output) + id : id;
    };
    const wanted = new Map([...sinks.length > 0 ? sunk : []].map(([id, versions]) => [
      nameOf(id),
      versions.at(-1),
    ]));
    for (const [id, text] of hasEvents ? events : []) wanted.set(nameOf(id), text);
    for (const [name, row] of table) {
      const expected = wanted.get(name);
      const isRight = row.text === expected || this.#isLeftOver(row);
      this.#findings.check(isRight, `G3 end row ${name}: ${row.text}, not ${expected}`);
    }
    for (const [id, versions] of this.#rows) this.#checkVersions(id, versions, sunk);
    const missing = [...wanted.keys()].filter((name) => !table.has(name));
    this.#findings.check(missing.length === 0, `G3 rows that are missing: ${missing}`);
    const texts = (of: "sentOn" | "arrived") =>
      this.#folds.flatMap((fold) => [...fold[of]].map(String)).sort();
    this.#findings.same("G1 what was sent on", texts("arrived"), texts("sentOn"));
  }

  /**
   * Whether an event's row may be left over from work by other rules that was lost: where these have
   * none of the event, or what was lost had met its inputs in another order.
   */
  #isLeftOver({ id, text }: GraphRow): boolean {
    const [name = ""] = /event .*$/.exec(id) ?? [];
    const fold = this.#folds.find(({ eventTexts }) => eventTexts.has(name));
    if (fold === undefined || fold.changes === 1) return false;
    const isOther = text.replace(/ by \d$/, "") === fold.eventTexts.get(name);
    return isOther && (this.#isReordered || !fold.eventRows.has(name));
  }

  get #isReordered(): boolean {
    const { left } = this.#graph;
    const inputs = [...streamTopics(this.#graph), ...lookupTopics(this.#graph)];
    return left?.repartition === true || inputs.length > 1;
  }

  /** G3: what a sink was given of a row are states that it had at commits, the newer ones later. */
  #checkVersions(id: string, versions: ReadonlyMap<number, string>, sunk: Versions): void {
    if (id.startsWith("event ")) return;
    const states = sunk.get(id) ?? [];
    let at = 0;
    for (const [versionUs, text] of [...versions].sort(([a], [b]) => a - b)) {
      const found = states.indexOf(text, at);
      this.#findings.check(found >= 0, `G3 row ${id} at ${versionUs}: ${text}, not ${states}`);
      at = Math.max(at, found);
    }
  }

  #records(topic: string, partition: number) {
    return this.#log.committedRecords({ topic, partition }, 0).map((
      { key, value, timestampMs },
    ) => ({ key: decoded(key), value: decoded(value), timestampMs }));
  }
}

function decoded(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : new TextDecoder().decode(bytes);
}

/** How the rows are called in the table that a sink of its own was given. */
export function sinkPrefix(output: number): string {
  return `sink ${output}: `;
}
