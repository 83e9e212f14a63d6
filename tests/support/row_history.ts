import { rawClient } from "./cassandra_keyspace.ts";

/** A window's row as it was seen. */
interface SeenRow {
  /** Microseconds. */
  readonly writeTime: bigint;
  readonly tradeCount: number;
  /** Everything that was read, for comparing. */
  readonly text: string;
}

/** Pause between two looks at the table, ms. */
const lookMs = 100;

/**
 * Looks at every row of the windows' table again and again, and notes each step back: an older
 * write time, fewer trades, or other values under the same write time.
 *
 * Owner: the test; disposing ends it.
 */
export class RowHistory implements AsyncDisposable {
  readonly violations: string[] = [];
  readonly #table: string;
  readonly #rows = new Map<string, SeenRow>();
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;
  #looks = 0;
  #changes = 0;

  constructor(keyspace: string) {
    this.#table = `${keyspace}.running_averages_15_sec`;
    this.#done = this.#watch();
  }

  /** How often it looked, and how many changes of rows it saw. */
  get seen(): { readonly looks: number; readonly rows: number; readonly changes: number } {
    return { looks: this.#looks, rows: this.#rows.size, changes: this.#changes };
  }

  /** Ends it; rejects if the table could not be read. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #watch(): Promise<void> {
    await using raw = await rawClient();
    const query = "SELECT symbol, window_start, trade_count, open, close, volume, " +
      `WRITETIME(trade_count) AS write_time FROM ${this.#table}`;
    while (!this.#stop.signal.aborted) {
      const { rows } = await raw.client.execute(query, [], { fetchSize: 100_000 });
      for (const row of rows) this.#see(row);
      this.#looks += 1;
      await new Promise((resolve) => setTimeout(resolve, lookMs));
    }
  }

  #see(row: { readonly [column: string]: unknown }): void {
    const id = `${row["symbol"]} ${Number(row["window_start"])}`;
    const writeTime = BigInt(String(row["write_time"]));
    const seen = { writeTime, tradeCount: Number(row["trade_count"]), text: JSON.stringify(row) };
    const before = this.#rows.get(id);
    if (before !== undefined) this.#compare(id, before, seen);
    if (before?.text !== seen.text) this.#changes += 1;
    this.#rows.set(id, seen);
  }

  #compare(id: string, before: SeenRow, after: SeenRow): void {
    const note = (what: string) => this.violations.push(`${id}: ${what}`);
    if (after.writeTime < before.writeTime) note(`${after.writeTime} after ${before.writeTime}`);
    if (after.tradeCount < before.tradeCount) {
      note(`${after.tradeCount} trades after ${before.tradeCount}`);
    }
    if (after.writeTime === before.writeTime && after.text !== before.text) {
      note(`${after.text} after ${before.text} with the same write time`);
    }
  }
}
