import { parseArgs } from "node:util";

/** What can be done with the old rows. */
export const commands = ["save", "load"] as const;

/** What was asked for. */
export interface CarryOverOptions {
  readonly command: typeof commands[number];
  /** JSON lines, gzip. */
  readonly file: string;
}

/** What `--help` prints. */
export const usage = `Carries the rows of the Python and Spark pipeline's trades table over.

Usage: deno task carry-over save|load FILE

  save    writes the rows of the old table into a new file, as JSON lines in gzip
  load    writes the rows of the file into the current tables. A row whose symbol and millisecond
          already have a trade there is left out, as process has read it from the topic: let
          process reach the end of the topic first. Reports how many rows may mix two trades of
          one millisecond. Into a table of the old form, all rows are written. Can be repeated

docs/MIGRATION.md says when to use it. The old table is CASSANDRA_TRADE_TABLE in CASSANDRA_KEYSPACE.
The settings are those of process: CASSANDRA_…, TRADES_TABLES, TRADES_TTL; a file .env is read.

Exit codes: 0 done, 1 something prevents it, 2 wrong arguments or settings.`;

/**
 * Reads the command line.
 *
 * @throws {TypeError} With what is wrong.
 */
export function parseCarryOverOptions(args: readonly string[]): CarryOverOptions {
  const { positionals } = parseArgs({ args: [...args], allowPositionals: true, options: {} });
  const [name, file, ...more] = positionals;
  const command = commands.find((known) => known === name);
  if (command === undefined) {
    throw new TypeError(`command must be one of ${commands.join(", ")}: received "${name ?? ""}"`);
  }
  if (file === undefined || more.length > 0) {
    throw new TypeError(`${command} takes one file: received ${positionals.length - 1}`);
  }
  return { command, file };
}
