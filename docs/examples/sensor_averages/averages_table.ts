import { DatabaseSync, type StatementSync } from "node:sqlite";
import { inTransaction } from "../../../src/sqlite/database.ts";
import { sqliteError } from "../../../src/sqlite/errors.ts";
import type { Sink } from "../../../src/streams/mod.ts";
import type { AverageRow } from "./job.ts";

const table = `
CREATE TABLE IF NOT EXISTS averages (
  sensor TEXT NOT NULL,
  size_ms INTEGER NOT NULL,
  window_start INTEGER NOT NULL,
  mean_celsius REAL NOT NULL,
  readings INTEGER NOT NULL,
  final INTEGER NOT NULL,
  version_us INTEGER NOT NULL,
  PRIMARY KEY (sensor, size_ms, window_start)
) WITHOUT ROWID`;

const upsert = `
INSERT INTO averages VALUES (:sensor, :sizeMs, :startMs, :meanCelsius, :readings, :final, :versionUs)
ON CONFLICT DO UPDATE SET
  mean_celsius = excluded.mean_celsius,
  readings = excluded.readings,
  final = excluded.final,
  version_us = excluded.version_us
WHERE excluded.version_us > version_us`;

/**
 * Averages in a SQLite file. Owner: the opener.
 *
 * Guarantee: one `write` is all or nothing, may be repeated, and takes no row back to an older one.
 */
export class AveragesTable implements Sink<AverageRow>, Disposable {
  readonly #path: string;
  readonly #database: DatabaseSync;
  readonly #upsert: StatementSync;

  /** @param path File, created if need be; `:memory:` keeps nothing. */
  constructor(path: string) {
    this.#path = path;
    this.#database = new DatabaseSync(path);
    this.#database.exec(table);
    this.#upsert = this.#database.prepare(upsert);
  }

  write(rows: readonly AverageRow[]): Promise<void> {
    try {
      inTransaction(this.#database, () => {
        for (const { final, ...row } of rows) this.#upsert.run({ ...row, final: final ? 1 : 0 });
      });
      return Promise.resolve();
    } catch (error) {
      return Promise.reject(sqliteError(`write ${rows.length} rows`, this.#path, error));
    }
  }

  /** The averages of windows of one length, by sensor and time. */
  averages(sizeMs: number): AverageRow[] {
    const found = this.#database.prepare(
      "SELECT * FROM averages WHERE size_ms = ? ORDER BY sensor, window_start",
    );
    return found.all(sizeMs).map((row) => ({
      sensor: String(row["sensor"]),
      sizeMs,
      startMs: Number(row["window_start"]),
      meanCelsius: Number(row["mean_celsius"]),
      readings: Number(row["readings"]),
      final: row["final"] === 1,
      versionUs: Number(row["version_us"]),
    }));
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }
}
