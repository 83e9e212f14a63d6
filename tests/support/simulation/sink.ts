import type { Sink } from "../../../src/streams/ports.ts";
import { type CountingRow, rowKey } from "../counting_topology.ts";
import type { Chance } from "./chance.ts";

/** A row of a drawn job, as text. */
export interface GraphRow {
  readonly kind: "graph";
  readonly id: string;
  readonly text: string;
  readonly versionUs: number;
}

export type SimulatedRow = CountingRow | GraphRow;

/** The row but for key and write time, in the model's words. */
export function rowText(row: CountingRow): string {
  if (row.kind === "event") return String(row.value);
  const text = `${row.count} ${row.sum} ${row.final}`;
  return row.kind === "session" ? `${text} ${row.endMs} ${row.withdrawn}` : text;
}

/** A table as Cassandra keeps it: the newest write time wins, rows of one write come in any order. */
export class SimulatedTable {
  readonly rows: Map<string, SimulatedRow> = new Map();
  readonly #seen: (row: SimulatedRow) => void;

  /** @param seen Told of every row that takes effect. */
  constructor(seen: (row: SimulatedRow) => void) {
    this.#seen = seen;
  }

  put(row: SimulatedRow): void {
    const key = row.kind === "graph" ? row.id : rowKey(row);
    const present = this.rows.get(key);
    if (present === undefined || row.versionUs >= present.versionUs) this.rows.set(key, row);
    this.#seen(row);
  }
}

/** The table as one process reaches it: a write may happen in parts, at different times. */
export function sinkOf(
  table: SimulatedTable,
  chance: Chance,
  wait: () => Promise<void>,
): Sink<SimulatedRow> {
  return {
    async write(rows) {
      const parts = chance.oneIn(4) ? chance.whole(2, 3) : 1;
      const mixed = parts > 1 ? chance.shuffled(rows) : rows;
      const size = Math.ceil(mixed.length / parts);
      for (let from = 0; from < mixed.length; from += size) {
        if (from > 0) await wait();
        for (const row of mixed.slice(from, from + size)) table.put(row);
      }
    },
  };
}
