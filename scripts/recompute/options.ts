import { parseArgs } from "node:util";
import type { Policy } from "./policy.ts";
import type { TableChoice } from "./results.ts";

/** How the script is called. */
export const helpText =
  `Recomputes all windows and candles of a recording and compares a run's results with them.

deno run -A scripts/recompute_windows.ts --frames FILE [options] where the results are

  --frames FILE          frames as JSON lines, .gz or not; repeat it for several files, in order
  --grace-ms MS          grace of the run, 60000 by default
  --policy NAME          condition policy of the run: all by default, or consolidated

Where the results are, one of:
  --sqlite FILE          the file of an embedded run
  --cassandra HOST:PORT  a cluster; see the three below. It logs in with CASSANDRA_USERNAME and
                         CASSANDRA_PASSWORD of the environment
  --results FILE         15-second windows as JSON lines, .gz or not, by the tables' column names

  --keyspace NAME        market by default
  --datacenter NAME      datacenter1 by default
  --summary-table NAME   running_averages_15_sec by default
  --trade-table NAME     trades by default
  --trades-tables LIST   which trades tables the run wrote: recent,history by default, or ""

Counts, open, high, low, close and whole volumes must be equal; sums within 1e-9 of their size.
Ends with 1 if anything differs.
`;

/** A call of the script. */
export interface RecomputeOptions {
  readonly frames: readonly string[];
  readonly graceMs: number;
  readonly policy: Policy;
  readonly place:
    | { readonly kind: "sqlite" | "results"; readonly path: string }
    | { readonly kind: "cassandra"; readonly contactPoint: string };
  readonly keyspace: string;
  readonly datacenter: string;
  readonly tables: TableChoice;
}

/** What a call means, or what is wrong with it. */
export function readOptions(args: readonly string[]): RecomputeOptions | string {
  try {
    return optionsOf(valuesOf(args));
  } catch (error) {
    if (error instanceof TypeError) return error.message;
    throw error;
  }
}

type Values = ReturnType<typeof valuesOf>;

function valuesOf(args: readonly string[]) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      frames: { type: "string", multiple: true, default: [] },
      "grace-ms": { type: "string", default: "60000" },
      policy: { type: "string", default: "all" },
      sqlite: { type: "string" },
      cassandra: { type: "string" },
      results: { type: "string" },
      keyspace: { type: "string", default: "market" },
      datacenter: { type: "string", default: "datacenter1" },
      "summary-table": { type: "string", default: "running_averages_15_sec" },
      "trade-table": { type: "string", default: "trades" },
      "trades-tables": { type: "string", default: "recent,history" },
    },
  });
  return values;
}

function optionsOf(values: Values): RecomputeOptions | string {
  const graceMs = Number(values["grace-ms"]);
  const { policy } = values;
  const place = placeOf(values);
  const tradesTables = tradesTablesOf(values["trades-tables"]);
  if (values.frames.length === 0) return "--frames must name a file";
  if (!Number.isSafeInteger(graceMs) || graceMs < 0) return "--grace-ms must be an integer >= 0";
  if (policy !== "all" && policy !== "consolidated") return "--policy must be all or consolidated";
  if (place === undefined) return "one of --sqlite, --cassandra, --results must be given";
  if (tradesTables === undefined) return '--trades-tables must be of "recent,history"';
  return {
    frames: values.frames,
    graceMs,
    policy,
    place,
    keyspace: values.keyspace,
    datacenter: values.datacenter,
    tables: {
      summaryTable: values["summary-table"],
      tradeTable: values["trade-table"],
      tradesTables,
    },
  };
}

function placeOf(
  { sqlite, cassandra, results }: Values,
): RecomputeOptions["place"] | undefined {
  const places: RecomputeOptions["place"][] = [];
  if (sqlite !== undefined) places.push({ kind: "sqlite", path: sqlite });
  if (results !== undefined) places.push({ kind: "results", path: results });
  if (cassandra !== undefined) places.push({ kind: "cassandra", contactPoint: cassandra });
  return places.length === 1 ? places[0] : undefined;
}

function tradesTablesOf(list: string): TableChoice["tradesTables"] | undefined {
  const names = list.split(",").map((name) => name.trim()).filter((name) => name !== "");
  const known = names.filter((name) => name === "recent" || name === "history");
  return known.length === names.length ? known : undefined;
}
