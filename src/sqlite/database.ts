import { DatabaseSync } from "node:sqlite";
import { PipelineError } from "../base/errors.ts";
import { sqliteError } from "./errors.ts";
import { applicationId, schemaSteps } from "./schema.ts";

/**
 * How long a statement waits for another process's lock, ms. Short, as the whole program waits
 * with it; the engine tries again.
 */
const lockWaitMs = 250;

/**
 * Opens a results file, creates it if need be, and brings its tables up to date.
 *
 * WAL lets other programs read while this one writes. `synchronous = NORMAL` syncs at checkpoints
 * only: a crash of the program loses nothing, a power cut at most the last moments.
 *
 * @param path File, or `:memory:`.
 * @param sync Syncs at every transaction: a power cut loses none.
 * @throws {PipelineError} `SINK_REJECTED` for a foreign, newer or unreadable file.
 */
export function openDatabase(path: string, sync = false): DatabaseSync {
  const database = open(path);
  try {
    assertOurs(database, path);
    const synchronous = sync ? "FULL" : "NORMAL";
    database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}`);
    inTransaction(database, () => upgrade(database));
    return database;
  } catch (error) {
    database.close();
    throw error instanceof PipelineError ? error : sqliteError("prepare tables", path, error);
  }
}

function open(path: string): DatabaseSync {
  try {
    return new DatabaseSync(path, { timeout: lockWaitMs });
  } catch (error) {
    throw sqliteError("open results", path, error);
  }
}

/** Looks before anything is written, so that a file which is not ours stays as it is. */
function assertOurs(database: DatabaseSync, path: string): void {
  const version = pragma(database, "user_version");
  const empty = database.prepare("SELECT 1 FROM sqlite_schema LIMIT 1").get() === undefined;
  const ours = pragma(database, "application_id") === applicationId;
  if (!ours && (!empty || version !== 0)) throw foreignFile(path);
  if (version > schemaSteps.length) throw newerFile(path, version);
}

/** Inside a transaction, as two processes may open a new file at once. */
function upgrade(database: DatabaseSync): void {
  const version = pragma(database, "user_version");
  for (const step of schemaSteps.slice(version)) database.exec(step);
  database.exec(`PRAGMA application_id = ${applicationId}`);
  database.exec(`PRAGMA user_version = ${Math.max(version, schemaSteps.length)}`);
}

function foreignFile(path: string): PipelineError {
  return new PipelineError(
    "SINK_REJECTED",
    `Cannot use "${path}" as the results file must be this program's own: ` +
      "it is a database of another program; move it away or name another file",
    { context: { path } },
  );
}

function newerFile(path: string, version: number): PipelineError {
  return new PipelineError(
    "SINK_REJECTED",
    `Cannot use "${path}" as its version must be at most ${schemaSteps.length}: it is ${version}, ` +
      "written by a newer release; run that release or name another file",
    { context: { path, version } },
  );
}

function pragma(database: DatabaseSync, name: "user_version" | "application_id"): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name] ?? 0);
}

/** Runs `work` whole or not at all. */
export function inTransaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec("BEGIN IMMEDIATE");
  try {
    const result = work();
    database.exec("COMMIT");
    return result;
  } catch (error) {
    rollBack(database);
    throw error;
  }
}

/** SQLite has rolled back by itself after some errors, such as a full disk. */
function rollBack(database: DatabaseSync): void {
  if (database.isTransaction) database.exec("ROLLBACK");
}
