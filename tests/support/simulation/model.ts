import type { ItemCounts } from "../../../src/streams/item_counts.ts";
import { Fold } from "./fold.ts";
import type { ModelWindows } from "./model_windows.ts";
import type { RowVersion } from "./fold_texts.ts";
import type { PieceName } from "./history.ts";
import type { ModelRules, RulesFrom } from "./model_rules.ts";
import { firstGeneration, type Generation } from "./generation.ts";
import type { InputRecord } from "./input.ts";

const noTimes = { timeMs: 0, expiredToMs: 0 };

/**
 * One partition of the job as it has to be: a fold of its input by the rules that its owners said
 * they work by. Folds by rules that were changed since are kept: a process that does not know yet
 * may still write their rows.
 */
export class PartitionModel {
  readonly #partition: number;
  readonly #windows: ModelWindows;
  readonly #generation: Generation;
  readonly #records: { readonly offset: number; readonly record: InputRecord }[] = [];
  #changes: readonly RulesFrom[] = [];
  readonly #former: Fold[] = [];
  #fold: Fold | undefined;

  constructor(
    partition: number,
    windows: ModelWindows,
    generation: Generation = firstGeneration,
  ) {
    this.#partition = partition;
    this.#generation = generation;
    this.#windows = windows;
  }

  /** Adds the next record of the partition. */
  add(offset: number, record: InputRecord): void {
    this.#records.push({ offset, record });
    for (const fold of this.#former) fold.add(offset, record);
    this.#fold?.add(offset, record);
  }

  /** From this input offset on, the input is read by other rules. */
  change(offset: number, rules: ModelRules): void {
    if (this.#fold !== undefined) this.#former.push(this.#fold);
    this.#changes = [...this.#changes, { offset, rules }];
    this.#fold = new Fold(this.#partition, this.#windows, this.#generation, this.#changes);
    for (const { offset, record } of this.#records) this.#fold.add(offset, record);
  }

  /** How often the rules were changed. */
  get changes(): number {
    return this.#generation.changes + this.#changes.length;
  }

  /** The rules that hold at the end; `undefined` before any have been said. */
  get rules(): ModelRules | undefined {
    return this.#changes.at(-1)?.rules;
  }

  get counts(): Readonly<ItemCounts> | undefined {
    return this.#fold?.counts;
  }

  get wholeFromMs(): number | null {
    return this.#fold?.wholeFromMs ?? null;
  }

  get late(): Fold["late"] {
    return this.#fold?.late ?? [];
  }

  get deadLetters(): Fold["deadLetters"] {
    return this.#fold?.deadLetters ?? [];
  }

  get remarks(): readonly { readonly offset: number; readonly text: string }[] {
    return (this.#fold?.combined ?? this.#fold?.remarks)?.made ?? [];
  }

  /** The state behind all records with smaller offsets. */
  stateAt(inputOffset: number): Map<PieceName, string> {
    return this.#fold?.stateAt(inputOffset) ?? new Map();
  }

  /**
   * Pieces of that state that may be gone: what expired keys leave behind, and closed windows that
   * have outlived any retention the rules had.
   */
  mayLack(inputOffset: number, state: ReadonlyMap<PieceName, string>): Set<PieceName> {
    const { timeMs, expiredToMs } = this.#fold?.horizonAt(inputOffset) ?? noTimes;
    const least = (of: (rules: ModelRules) => number) =>
      Math.min(...this.#changes.map(({ rules }) => of(rules)));
    const lacking = new Set<PieceName>();
    if (this.#windows.unwindowed) return lacking;
    for (const [name] of state) {
      const [kind = "", key, start] = name.split(" ");
      const [streamTimeMs = 0, closedToMs = 0] = (state.get(`key ${key}`) ?? "").split(" ").map(
        Number,
      );
      if (kind === "meta" || kind === "stored") continue;
      const keptMs = kind === "window"
        ? least(({ retentionMs }) => retentionMs)
        : least(({ rollUpRetentionMs }) => rollUpRetentionMs);
      const outlivedMs = Math.min(timeMs - keptMs, openFromMs(kind, closedToMs));
      if (streamTimeMs < expiredToMs || Number(start) < outlivedMs) lacking.add(name);
    }
    return lacking;
  }

  /**
   * The rows by a key and a write time: more than one is a contradiction. Those of events are written
   * before they are committed, so that any fold may have made them.
   */
  textsOf(key: string, versionUs: number, kind: "event" | "result"): ReadonlySet<string> {
    const former = kind === "event" ? this.#former : [];
    const folds = this.#fold === undefined ? [] : [this.#fold, ...former];
    const versions = folds.flatMap(({ rows }) => rows.get(key)?.get(versionUs) ?? []);
    return new Set(versions.map(({ text }) => text));
  }

  /** The newest row of each key. */
  get rows(): Map<string, RowVersion & { readonly versionUs: number }> {
    const rows = new Map<string, RowVersion & { readonly versionUs: number }>();
    for (const [key, versions] of this.#fold?.rows ?? []) {
      const versionUs = Math.max(...versions.keys());
      rows.set(key, { versionUs, ...versions.get(versionUs) as RowVersion });
    }
    return rows;
  }

  /**
   * Whether the row of an event may be left over from work by former rules that was lost: nothing
   * has been made of the event since these rules ended.
   */
  isLeftOver(key: string, versionUs: number, text: string): boolean {
    const newest = this.rows.get(key)?.offset ?? -1;
    return this.#former.some(({ rows }, index) =>
      rows.get(key)?.get(versionUs)?.text === text &&
      newest < (this.#changes[index + 1]?.offset ?? Infinity)
    );
  }
}

/** Where the windows of a length begin that are open. */
function openFromMs(kind: string, closedToMs: number): number {
  const [, lengthMs] = kind.split("/");
  return lengthMs === undefined ? closedToMs : closedToMs - closedToMs % Number(lengthMs);
}
