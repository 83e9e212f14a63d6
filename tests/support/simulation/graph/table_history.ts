import type { GraphTable, KeyState, StateRow } from "./graph_table.ts";

/** What a query has asked for, and got. */
export interface Answer {
  readonly key: string;
  /** Lengths of which it wants rows. */
  readonly lengthsMs: readonly number[];
  readonly rows: readonly Omit<StateRow, "final">[];
  /** Of more than that the newest of a length. */
  readonly limit: number;
  /** Only those that are open must be there. */
  readonly open: boolean;
  /** How long a closed row of a length is kept at least. */
  readonly retentionMs: (lengthMs: number) => number;
}

const nothing: KeyState = { lengths: new Map(), renewals: 0 };

/** What the commits of a partition have made of each key of its table. */
export class TableHistory {
  readonly #table: GraphTable;
  /** Behind the last record of each commit in the changelog. */
  readonly #positions: number[] = [];
  readonly #states = new Map<string, { readonly commit: number; readonly state: KeyState }[]>();

  constructor(table: GraphTable) {
    this.#table = table;
  }

  /** @param position Behind its last record in the changelog. */
  commit(position: number): void {
    for (const key of this.#table.changedKeys) {
      const states = this.#states.get(key) ?? [];
      this.#states.set(key, states);
      states.push({ commit: this.#positions.length, state: this.#table.stateOf(key) });
    }
    this.#positions.push(position);
  }

  /**
   * What an answer should have been, unless it is what a commit has made that a store had.
   *
   * @param from Position of the store in the changelog before it was asked, and `to` behind that.
   */
  wrong(answer: Answer, from: number, to: number): string | undefined {
    const [first, last] = [this.#commitAt(from), this.#commitAt(to)];
    const states = this.#states.get(answer.key) ?? [];
    const at = states.findLastIndex(({ commit }) => commit <= first);
    const possible = [
      states[at]?.state ?? nothing,
      ...states.slice(at + 1).filter(({ commit }) => commit <= last).map(({ state }) => state),
    ];
    if (possible.some((state) => this.#fits(answer, state))) return undefined;
    return possible.map(({ lengths }) => JSON.stringify([...lengths])).join(" or ");
  }

  /** The last commit that a store has; -1 for none. */
  #commitAt(position: number): number {
    return this.#positions.findLastIndex((end) => end <= position);
  }

  #fits(answer: Answer, state: KeyState): boolean {
    const of = answer.lengthsMs.map((lengthMs) => ({
      lengthMs,
      rows: state.lengths.get(lengthMs) ?? [],
    }));
    const all = of.flatMap(({ rows }) => rows);
    const isThere = (texts: readonly Omit<StateRow, "final">[], row: Omit<StateRow, "final">) =>
      texts.some(({ startMs, text }) => startMs === row.startMs && text === row.text);
    if (!answer.rows.every((row) => isThere(all, row))) return false;
    if (this.#table.isOver(answer.key, state)) return true;
    const full = answer.rows.length === answer.limit;
    const fromMs = full ? Math.min(...answer.rows.map(({ startMs }) => startMs)) : -Infinity;
    const needed = of.flatMap(({ lengthMs, rows }) =>
      rows.filter(({ final, startMs }) => {
        if (startMs < fromMs) return false;
        if (!final) return true;
        return !answer.open && startMs + answer.retentionMs(lengthMs) > this.#table.latestMs;
      })
    );
    return needed.every((row) => isThere(answer.rows, row));
  }
}
