import cassandra from "cassandra-driver";
import {
  resolutions,
  type Results,
  type ResultWindow,
  summarySizeMs,
  type TableChoice,
  type TradeCount,
  type TradeTable,
  windowColumns,
} from "./results.ts";

/** Where the results are. */
export interface CassandraAddress {
  /** `host:port`. */
  readonly contactPoint: string;
  readonly datacenter: string;
  readonly keyspace: string;
}

/** Rows asked for at once. */
const fetchSize = 5_000;

/** The results in a Cassandra keyspace. */
export async function cassandraResults(
  { contactPoint, datacenter, keyspace }: CassandraAddress,
  { summaryTable, tradeTable, tradesTables }: TableChoice,
): Promise<Results> {
  const client = new cassandra.Client({
    contactPoints: [contactPoint],
    localDataCenter: datacenter,
    keyspace,
    queryOptions: { prepare: true, fetchSize },
    ...login(Deno.env.get("CASSANDRA_USERNAME"), Deno.env.get("CASSANDRA_PASSWORD")),
  });
  await client.connect();
  return {
    windowTables: [
      { name: summaryTable, sizeMs: summarySizeMs, rows: rowsOf(client, summaryTable) },
      ...resolutions.map(([resolution, sizeMs]) => ({
        name: `candles ${resolution}`,
        sizeMs,
        rows: rowsOf(client, `candles WHERE resolution = '${resolution}' ALLOW FILTERING`),
      })),
    ],
    tradeTables: tradesTables.map((kind) =>
      kind === "recent"
        ? countTable(client, tradeTable, ["symbol"])
        : countTable(client, "trades_by_day", ["symbol", "trade_date"])
    ),
    [Symbol.asyncDispose]: () => client.shutdown(),
  };
}

/** How one logs in where one must. */
function login(username?: string, password?: string): Partial<cassandra.ClientOptions> {
  if (username === undefined || password === undefined) return {};
  return { authProvider: new cassandra.auth.PlainTextAuthProvider(username, password) };
}

function rowsOf(client: cassandra.Client, from: string): () => AsyncIterable<ResultWindow> {
  return async function* () {
    const cql = `SELECT ${windowColumns.join(", ")} FROM ${from}`;
    for await (const row of await client.execute(cql)) yield resultWindow(row);
  };
}

function resultWindow(row: cassandra.types.Row): ResultWindow {
  return {
    symbol: row["symbol"],
    window_start: Number(row["window_start"]),
    window_end: Number(row["window_end"]),
    open: row["open"],
    high: row["high"],
    low: row["low"],
    close: row["close"],
    volume: row["volume"],
    trade_count: Number(row["trade_count"]),
    price_volume_multiply: row["price_volume_multiply"],
    vwap: row["vwap"],
    final: row["final"],
  };
}

/** Counts partition by partition: one count over the whole table would run out of time. */
function countTable(
  client: cassandra.Client,
  name: string,
  partitionKey: readonly string[],
): TradeTable {
  const where = partitionKey.map((column) => `${column} = ?`).join(" AND ");
  return {
    name,
    byDay: partitionKey.includes("trade_date"),
    async counts() {
      const counts: TradeCount[] = [];
      const partitions = `SELECT DISTINCT ${partitionKey.join(", ")} FROM ${name}`;
      for await (const partition of await client.execute(partitions)) {
        const key = partitionKey.map((column) => partition[column]);
        const result = await client.execute(`SELECT trade_id FROM ${name} WHERE ${where}`, key);
        const [symbol, date] = key.map(String);
        const count = await rowCount(result);
        counts.push({ symbol: symbol ?? "", ...(date === undefined ? {} : { date }), count });
      }
      return counts;
    },
  };
}

async function rowCount(rows: AsyncIterable<unknown>): Promise<number> {
  let count = 0;
  for await (const _ of rows) count += 1;
  return count;
}
