import type { Client } from "cassandra-driver";
import type { Clock } from "../base/clock.ts";
import { PipelineError } from "../base/errors.ts";
import { cassandraError } from "./errors.ts";
import { inspectTables } from "./inspect.ts";
import {
  checksumOf,
  type MigrationFile,
  migrationFiles,
  type Placeholders,
  renderStatement,
  schemaMigrationsTemplate,
} from "./migration_files.ts";

/** What migrating needs to know. */
export interface MigrateOptions extends Placeholders {
  readonly clock: Clock;
  /** The numbered files; others than the program's own in tests only. */
  readonly files?: readonly MigrationFile[];
}

/** What became of one file. */
export interface MigrationOutcome {
  readonly file: string;
  /** Keyspace or table that the file makes. */
  readonly target: string;
  readonly outcome: "applied" | "already there";
}

/** What a migration did. */
export interface MigrationReport {
  readonly keyspace: string;
  readonly outcomes: readonly MigrationOutcome[];
}

/**
 * Brings keyspace and tables up to date; safe to repeat, and to run from several places at once.
 *
 * Each file is applied once per target, in order, and noted with its checksum. A note is believed
 * only while its table is there: one that was dropped is made again.
 *
 * @throws {PipelineError} `SINK_REJECTED` when a table cannot hold our rows, an applied file was
 *   edited, or the cluster refuses; `SINK_UNAVAILABLE` when it does not answer.
 */
export async function migrate(client: Client, options: MigrateOptions): Promise<MigrationReport> {
  try {
    await inspectTables(client, options.names);
    const outcomes = await applyAll(client, options);
    return { keyspace: options.names.keyspace, outcomes };
  } catch (error) {
    throw cassandraError(`provision keyspace "${options.names.keyspace}" in Cassandra`, error);
  }
}

/** The keyspace comes first, as what was applied is noted inside it. */
async function applyAll(client: Client, options: MigrateOptions): Promise<MigrationOutcome[]> {
  const files = options.files ?? migrationFiles;
  const keyspaceFiles = files.filter(({ target }) => target === "keyspace");
  for (const { template } of keyspaceFiles) await runStatement(client, template, options);
  await runStatement(client, schemaMigrationsTemplate, options);
  const noted = await appliedChecksums(client, options);
  for (const file of files) assertUnedited(file, noted.get(keyOf(file, options)));
  // After the notes were read: another instance makes a table before its note.
  const missing = await inspectTables(client, options.names);
  const outcomes: MigrationOutcome[] = [];
  for (const file of files) {
    const wasNoted = noted.has(keyOf(file, options));
    const isThere = isApplied(file, wasNoted, missing);
    outcomes.push(await apply(client, file, { ...options, isThere, wasNoted }));
  }
  return outcomes;
}

/** A note says what was done once; whether it still stands, only the table does. */
export function isApplied(
  { target }: Pick<MigrationFile, "target">,
  noted: boolean,
  missing: readonly string[],
): boolean {
  return noted && !missing.includes(target);
}

async function apply(
  client: Client,
  file: MigrationFile,
  options: MigrateOptions & { readonly isThere: boolean; readonly wasNoted: boolean },
): Promise<MigrationOutcome> {
  const outcome = { file: file.name, target: options.names[file.target] };
  if (options.isThere) return { ...outcome, outcome: "already there" };
  await runStatement(client, file.template, options);
  const first = await note(client, file, options);
  return { ...outcome, outcome: first || options.wasNoted ? "applied" : "already there" };
}

/** Notes an applied file; false when someone else did so at the same time. */
async function note(
  client: Client,
  file: MigrationFile,
  { names, clock }: MigrateOptions,
): Promise<boolean> {
  const checksum = checksumOf(file.template);
  const result = await client.execute(
    `INSERT INTO ${names.keyspace}.schema_migrations (file, target, checksum, applied_at)
      VALUES (?, ?, ?, ?) IF NOT EXISTS`,
    [file.name, names[file.target], checksum, clock.nowMs()],
  );
  if (result.wasApplied()) return true;
  assertUnedited(file, String(result.first()["checksum"]));
  return false;
}

async function appliedChecksums(
  client: Client,
  { names }: MigrateOptions,
): Promise<Map<string, string>> {
  const result = await client.execute(
    `SELECT file, target, checksum FROM ${names.keyspace}.schema_migrations`,
  );
  const rows = await Array.fromAsync(result);
  return new Map(rows.map((row) => [`${row["file"]} ${row["target"]}`, String(row["checksum"])]));
}

function keyOf(file: MigrationFile, { names }: MigrateOptions): string {
  return `${file.name} ${names[file.target]}`;
}

function assertUnedited(file: MigrationFile, applied: string | undefined): void {
  if (applied === undefined || applied === checksumOf(file.template)) return;
  throw new PipelineError(
    "SINK_REJECTED",
    `Cannot apply "cql/${file.name}" as a file must stay as it was applied: its text has changed ` +
      "since; restore it and put the change into a new numbered file",
    { context: { file: file.name } },
  );
}

/** Definitions are not prepared: the cluster would keep them. */
async function runStatement(
  client: Client,
  template: string,
  options: MigrateOptions,
): Promise<void> {
  await client.execute(renderStatement(template, options), [], { prepare: false });
}
