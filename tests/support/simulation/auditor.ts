import { PipelineError } from "../../../src/base/errors.ts";
import type { TopicPartition } from "../../../src/streams/record.ts";
import { noItems } from "../../../src/streams/state/state.ts";
import type { MemoryLog } from "../../../src/streams/testing/memory_log.ts";
import type { StoreView } from "../../../src/streams/testing/memory_stores.ts";
import type { Disaster } from "./disaster.ts";
import type { InputOrder } from "./input_order.ts";
import { type CountingRow, rowKey } from "../counting_topology.ts";
import type { ModelRules } from "./model_rules.ts";
import { Findings, type Violation } from "./findings.ts";
import type { PieceName } from "./history.ts";
import type { PartitionModel } from "./model.ts";
import type { RowsOf } from "./key_row_view.ts";
import { PartitionLedger } from "./ledger.ts";
import type { Scenario } from "./scenario.ts";
import { rowText } from "./sink.ts";
import { piecesOf, stateOf } from "./state_view.ts";

/**
 * Looks at everything that a process makes true, at the moment it does, and holds it against the
 * model. Knows nothing of how the engine works.
 */
export class Auditor {
  readonly #models: readonly PartitionModel[];
  readonly #ledgers: readonly PartitionLedger[];
  readonly #disaster: Disaster;
  readonly #results: Scenario["results"];
  readonly #rows: RowsOf;
  readonly #order: InputOrder | undefined;
  readonly #findings = new Findings();
  readonly #rules = new Map<string, ModelRules>();
  readonly #formerRows: ReadonlyMap<string, CountingRow> | undefined;

  /**
   * @param scenario.results Which results go to a topic.
   * @param order In worlds where a task has two inputs.
   * @param formerRows What the table has of the life before, where there was one.
   */
  constructor(
    log: MemoryLog,
    models: readonly PartitionModel[],
    disaster: Disaster,
    { results, gapMs, slides }: Pick<Scenario, "results"> & RowsOf,
    order?: InputOrder,
    formerRows?: ReadonlyMap<string, CountingRow>,
  ) {
    this.#formerRows = formerRows;
    this.#models = models;
    this.#order = order;
    this.#disaster = disaster;
    this.#results = results;
    const of = this.#rows = { gapMs, slides: slides === true };
    this.#ledgers = models.map((_, partition) => new PartitionLedger(log, partition, of));
    for (const ledger of this.#ledgers) ledger.begin();
  }

  /** The first broken promise. */
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

  /** G1, G4, G7, G13: what a transaction made true. */
  committed(process: string, place: TopicPartition): void {
    this.#findings.committed(process, place);
    const { partition } = place;
    if (this.#changelogIsGone) return;
    this.#findings.guard(() => {
      const ledger = this.#ledger(partition);
      const before = this.#place(partition);
      ledger.read();
      this.#noteOrder(process, partition);
      const offset = this.#place(partition);
      const model = this.#model(partition);
      const changed = this.#noteRules(process, partition, offset);
      this.#findings.check(
        changed ? offset === before : offset > before || this.#order !== undefined,
        `G1 input position of ${partition}: ${offset} after ${before}`,
      );
      this.#compare(`G1 changelog of ${partition} at ${offset}`, ledger.state(), offset, model);
      const upTo = (list: readonly { readonly offset: number; readonly text: string }[]) =>
        list.filter((item) => item.offset < offset).map(({ text }) => text);
      this.#findings.same(`G7 late of ${partition} at ${offset}`, ledger.late, upTo(model.late));
      this.#findings.same(
        `G7 dead letters of ${partition} at ${offset}`,
        ledger.deadLetters,
        upTo(model.deadLetters),
      );
      this.#findings.same(
        `G1 remarks of ${partition} at ${offset}`,
        ledger.remarks,
        upTo(model.remarks),
      );
      this.#checkResults(`results of ${partition} at ${offset}`, ledger, offset, model);
    });
  }

  /** G1: the topic has each result of the transaction, once. */
  #checkResults(
    what: string,
    { published }: PartitionLedger,
    offset: number,
    model: PartitionModel,
  ): void {
    if (this.#results === undefined) return;
    this.#findings.check(
      published.repeated === undefined,
      `G1 ${what}: twice ${published.repeated}`,
    );
    const finalOnly = this.#results === "final";
    const wholeFromMs = model.wholeFromMs ?? Infinity;
    const missing = published.missing(model.stateAt(offset), { finalOnly, wholeFromMs });
    this.#findings.check(missing === undefined, `G1 ${what}: ${missing}`);
  }

  /** Behind how much of the model a partition is: input offsets, or records of both inputs. */
  #place(partition: number): number {
    return this.#order?.taken.steps(partition) ?? this.#ledger(partition).committedOffset;
  }

  /** G1: each record of both inputs is taken once. */
  #noteOrder(process: string, partition: number): void {
    const { committedOffset: inputOffset, rekeyedOffset, others } = this.#ledger(partition);
    const now = { inputOffset, rekeyedOffset, others };
    const wrong = this.#order?.taken.committed(process, partition, now);
    if (wrong !== undefined) this.#findings.break(`G1 ${process} committed ${wrong}`);
  }

  /** G13: rules change in a commit of their own, and no other commit is made by others. */
  #noteRules(process: string, partition: number, offset: number): boolean {
    const model = this.#model(partition);
    const { changes } = this.#ledger(partition);
    const rules = this.#rules.get(process) as ModelRules;
    if (changes === model.changes) {
      const same = JSON.stringify(model.rules) === JSON.stringify(rules);
      this.#findings.check(
        same,
        `G13 ${process} commits ${partition} by rules that it has not noted`,
      );
      return false;
    }
    this.#findings.check(
      changes === model.changes + 1,
      `G13 ${changes} changes, after ${model.changes}`,
    );
    model.change(offset, rules);
    return true;
  }

  /** G2: a store holds exactly its part of the changelog, and never more than is committed. */
  applied(process: string, { partition }: TopicPartition, store: StoreView | undefined): void {
    if (this.#changelogIsGone) return;
    this.#findings.guard(() => {
      const ledger = this.#ledger(partition);
      ledger.read();
      const position = store?.checkpoint?.changelogPosition ?? 0;
      const what = `G2 store of ${partition} at ${process}, changelog position ${position}`;
      this.#findings.check(position <= ledger.endOffset, `${what}: ahead of ${ledger.endOffset}`);
      const difference = ledger.difference(piecesOf(store, this.#rows), position);
      this.#findings.check(difference === undefined, `${what}: ${difference}`);
    });
  }

  /** G2: an opened store is the fold of the input before its own position. */
  opened(process: string, { partition }: TopicPartition, store: StoreView | undefined): void {
    if (this.#changelogIsGone) return;
    this.#findings.guard(() => {
      const content = piecesOf(store, this.#rows);
      const { inputOffset = 0, rekeyedOffset = 0, others = [] } = content.get("meta") ?? {};
      const state = stateOf(content);
      const what = `G2 opened store of ${partition} at ${process}`;
      const committed = this.#ledger(partition).read();
      this.#findings.check(
        inputOffset <= committed,
        `${what}: ${inputOffset} is ahead of ${committed}`,
      );
      const order = this.#order;
      const offset = order === undefined
        ? inputOffset
        : order.taken.stepsAt(partition, { inputOffset, rekeyedOffset, others });
      this.#findings.check(offset !== undefined, `${what}: no commit stands at ${inputOffset}`);
      this.#compare(what, state, offset ?? 0, this.#model(partition));
    });
  }

  /**
   * G3: a row is one that the fold had at its write time. With two inputs the fold is what was
   * committed, as their order is, and a result must not be shown before; events have no such order.
   */
  written(row: CountingRow): void {
    if (this.#changelogIsGone) return;
    const key = rowKey(row);
    if (this.#order !== undefined && row.kind === "event") {
      const value = this.#order.valueOf(key);
      // By which revision of the job it was made is not known here.
      const text = rowText(row).replace("-", "");
      return this.#findings.check(text === value, `G3 row ${key}: ${rowText(row)}, not ${value}`);
    }
    const kind = row.kind === "event" ? "event" : "result";
    const expected = this.#models.flatMap((model) => [
      ...model.textsOf(key, row.versionUs, kind),
    ]);
    // A zombie that had not read as far as the lost tail reads what came after it, and commits nothing.
    if (this.#disaster.struck && this.#disaster.kind === "tail lost" && expected.length === 0) {
      return;
    }
    const text = rowText(row);
    this.#findings.check(
      expected.length === 1 && expected[0] === text,
      `G3 row ${key} at ${row.versionUs}: ${text}, not ${expected}`,
    );
  }

  /** A session ended: what was done to its topics may be the reason as well. */
  failed(process: string, place: TopicPartition, error: unknown): void {
    const code = error instanceof PipelineError ? error.code : undefined;
    if (code === "STORE_FOREIGN" && this.#formerRows !== undefined) return;
    if (!this.#disaster.isAnswer(error)) this.#findings.failed(process, place, error);
  }

  /** A process ended by itself: only what happened to its topics can be the reason. */
  refused(process: string, error: unknown): void {
    if (!this.#disaster.isAnswer(error)) this.#findings.refused(process, error);
  }

  /** What the auditor reads of it would be of the new one, so that it knows no rules any more. */
  get #changelogIsGone(): boolean {
    return this.#disaster.struck && this.#disaster.kind === "changelog recreated";
  }

  compacted({ partition }: TopicPartition): void {
    this.#ledger(partition).compacted = true;
  }

  stuck(why: string): void {
    this.#findings.break(`liveness: ${why}`);
  }

  /** Everything, once the input is used up. */
  ended(table: ReadonlyMap<string, CountingRow>): void {
    const rows = new Map<string, string>();
    for (const [partition, model] of this.#models.entries()) {
      const { read, aggregated, late, deadLetters, duplicates } = model.counts ?? noItems;
      this.#findings.check(
        read === aggregated + late + deadLetters + duplicates,
        "G7 the model's own counts",
      );
      for (const [key, { versionUs, text }] of model.rows) rows.set(key, `${versionUs} ${text}`);
      this.#findings.guard(() => {
        const ledger = this.#ledger(partition);
        const offset = ledger.read();
        const place = this.#place(partition);
        this.#compare(`G1 end state of ${partition}`, ledger.state(), place, model);
        this.#findings.check(offset === ledger.inputEnd, `G1 ${partition} ends at ${offset}`);
      });
    }
    for (const [key, row] of table) {
      // What an aborted commit made of an event may have a later write time, and the same bytes.
      const anyTime = this.#order !== undefined && row.kind === "event";
      const text = anyTime ? rowText(row) : `${row.versionUs} ${rowText(row)}`;
      const expected = anyTime ? rows.get(key)?.replace(/^\d+ /, "") : rows.get(key);
      rows.delete(key);
      if (expected === undefined && this.#formerRows?.get(key) === row) continue;
      if (row.kind === "event" && this.#isLeftOver(row)) continue;
      this.#findings.check(text === expected, `G3 end row ${key}: ${text}, not ${expected}`);
    }
    const wrong = this.#order?.wronglySentOn();
    this.#findings.check(wrong === undefined, `G1 sent on: ${wrong}`);
    this.#findings.check(rows.size === 0, `G3 rows that are missing: ${[...rows.keys()]}`);
  }

  #isLeftOver(row: CountingRow): boolean {
    const [key, text] = [rowKey(row), rowText(row)];
    // With two inputs the folds hold what was committed, and no lost work by other rules.
    const rules = new Set([...this.#rules.values()].map((rules) => JSON.stringify(rules)));
    if (rules.size > 1 && this.#order?.valueOf(key) === text.replace("-", "")) return true;
    return this.#models.some((model) => model.isLeftOver(key, row.versionUs, text));
  }

  #compare(
    what: string,
    state: ReadonlyMap<PieceName, string>,
    offset: number,
    model: PartitionModel,
  ): void {
    const expected = model.stateAt(offset);
    const mayLack = model.mayLack(offset, expected);
    for (const [name, text] of expected) {
      const is = state.get(name);
      const gone = is === undefined && mayLack.has(name);
      this.#findings.check(is === text || gone, `${what}: ${name} is ${is}, not ${text}`);
    }
    for (const name of state.keys()) {
      const [kind, key] = name.split(" ");
      const lost = key !== undefined && kind !== "key" && kind !== "stored" &&
        !state.has(`key ${key}`);
      this.#findings.check(!lost, `G8 ${what}: ${name} is there, its key is gone`);
    }
    // A store whose input held nothing but control records has a meta record without a fold.
    const spare = [...state.keys()].find((name) => !expected.has(name) && name !== "meta");
    this.#findings.check(spare === undefined, `${what}: ${spare} should not be there`);
  }

  #ledger(partition: number): PartitionLedger {
    return this.#ledgers[partition] as PartitionLedger;
  }

  #model(partition: number): PartitionModel {
    return this.#models[partition] as PartitionModel;
  }
}
