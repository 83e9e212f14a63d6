import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Clock } from "../base/clock.ts";

/** How often expired rows are looked for, ms. */
const sweepIntervalMs = 60_000;

/**
 * Rows deleted per table and sweep: about 25 ms, in which nothing else runs. A sweep that meets
 * this bound is followed by the next one with the next write, so expiry keeps up with writing.
 */
const sweepRowsMax = 5_000;

const expiring = [
  { table: "trades", key: "symbol, trade_timestamp, trade_id" },
  { table: "running_averages_15_sec", key: "symbol, window_start" },
];

/** What an expiry needs. */
export interface ExpiryOptions {
  /** Lifetime of a row after its receive time, seconds; 0 is without expiry. */
  readonly ttlSeconds: number;
  readonly clock: Clock;
}

/** Deletes rows that have outlived their time, a bounded number at a time. */
export class Expiry {
  readonly #options: ExpiryOptions;
  readonly #deletions: readonly StatementSync[];
  #nextSweepMs = -Infinity;

  constructor(database: DatabaseSync, options: ExpiryOptions) {
    this.#options = options;
    this.#deletions = expiring.map(({ table, key }) =>
      database.prepare(
        `DELETE FROM ${table} WHERE (${key}) IN
          (SELECT ${key} FROM ${table} WHERE ingest_timestamp < ? LIMIT ${sweepRowsMax})`,
      )
    );
  }

  /** Sweeps if it is time to; part of the caller's transaction. */
  sweepWhenDue(): void {
    const { ttlSeconds, clock } = this.#options;
    if (ttlSeconds === 0 || clock.monotonicMs() < this.#nextSweepMs) return;
    const oldestMs = clock.nowMs() - ttlSeconds * 1_000;
    const counts = this.#deletions.map((deletion) => Number(deletion.run(oldestMs).changes));
    if (Math.max(...counts) < sweepRowsMax) {
      this.#nextSweepMs = clock.monotonicMs() + sweepIntervalMs;
    }
  }
}
