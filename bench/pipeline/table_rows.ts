import type { Client } from "cassandra-driver";

const tables = ["trades", "trades_by_day", "running_averages_15_sec", "candles"];

/** Rows of each table as text, read page by page: one count over a whole table may time out. */
export async function tableRows(client: Client, keyspace: string): Promise<string> {
  const sums: string[] = [];
  for (const table of tables) {
    const keys = await client.execute(`SELECT symbol FROM ${keyspace}.${table}`);
    let rows = 0;
    for await (const _key of keys) rows += 1;
    sums.push(`${table} ${rows}`);
  }
  return sums.join(", ");
}
