import { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import type { Client } from "cassandra-driver";
import { PipelineError } from "../../src/base/errors.ts";
import { cassandraError } from "../../src/cassandra/errors.ts";
import type { OldRow } from "./old_row.ts";
import { oldColumns, type TradesTable } from "./trades_table.ts";

/** Rows asked for at once. */
const fetchSize = 5_000;

/**
 * Writes every row of the old table into a new file, in the order of its partitions.
 *
 * @returns How many.
 * @throws {PipelineError} `SINK_REJECTED` for a table of today's form, `CONFIG_INVALID` if the file
 *   exists or cannot be made.
 */
export async function saveRows(client: Client, table: TradesTable, file: string): Promise<number> {
  if (table.form === "new") {
    throw new PipelineError(
      "SINK_REJECTED",
      `Cannot save "${table.name}" as it must be the old table: it has trade_id, the form of ` +
        "today, and needs no carrying over",
    );
  }
  const sink = await newFile(file);
  let count = 0;
  async function* lines() {
    for await (const row of rowsOf(client, table)) {
      count += 1;
      yield `${JSON.stringify(row)}\n`;
    }
  }
  await pipeline(Readable.from(lines()), createGzip(), Writable.fromWeb(sink.writable));
  return count;
}

async function newFile(path: string): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path, { write: true, createNew: true });
  } catch (cause) {
    const present = cause instanceof Deno.errors.AlreadyExists ? "it exists" : "it cannot be made";
    throw new PipelineError(
      "CONFIG_INVALID",
      `Cannot save to "${path}" as a new file: ${present}`,
      {
        cause,
      },
    );
  }
}

async function* rowsOf(client: Client, { name }: TradesTable): AsyncGenerator<OldRow> {
  const cql = `SELECT ${oldColumns.join(", ")}, writetime(price) AS write_time FROM ${name}`;
  try {
    for await (const row of await client.execute(cql, [], { fetchSize })) {
      yield {
        symbol: row["symbol"],
        trade_timestamp: Number(row["trade_timestamp"]),
        price: row["price"],
        volume: row["volume"],
        trade_conditions: row["trade_conditions"],
        ingest_timestamp: Number(row["ingest_timestamp"]),
        write_time: Number(row["write_time"]),
      };
    }
  } catch (error) {
    throw cassandraError(`read the rows of "${name}"`, error);
  }
}
