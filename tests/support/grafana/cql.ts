import { expectedShapes, type TableShape } from "../../../src/cassandra/table_shapes.ts";
import { variablesIn } from "./expand.ts";

const tables: Readonly<Record<string, TableShape>> = {
  trades: expectedShapes.trades,
  trades_by_day: expectedShapes.tradesByDay,
  running_averages_15_sec: expectedShapes.runningAverages,
  candles: expectedShapes.candles,
};

/** What there is to say against a statement of a panel, as lines; none when it is bounded. */
export function statementFaults(statement: string): string[] {
  const [, columns = "", table = "", where = ""] =
    /^SELECT (.+?) FROM (\w+) WHERE (.+)$/.exec(statement) ?? [];
  const shape = tables[table];
  if (shape === undefined) return [`reads no table of ours: ${statement}`];
  const [clustering = ""] = shape.clusteringKey;
  const rules: Record<string, boolean> = {
    "must begin with the series' name": columns.startsWith(`${shape.partitionKey[0]}, `),
    "must not filter": !/ALLOW FILTERING/i.test(where),
    "must begin at the range's start": where.includes(`${clustering} >= $__timeFrom`),
    "must end at the range's end": where.includes(`${clustering} <= $__timeTo`),
    "must be one line without a semicolon": !/[\n;]/.test(statement),
    "must quote what it puts in": variablesIn(statement).every(({ name, format }) =>
      name.startsWith("__") ? format === undefined : format === "sqlstring"
    ),
  };
  return [
    ...Object.keys(rules).filter((rule) => !rules[rule]),
    ...shape.partitionKey.filter((column) => !restricts(where, column))
      .map((column) => `must say which ${column}`),
  ].map((rule) => `${rule}: ${statement}`);
}

/** What there is to say against a statement that finds a variable's values. */
export function variableFaults(statement: string): string[] {
  const [, column, table = ""] = /^SELECT DISTINCT (\w+) FROM (\w+)$/.exec(statement) ?? [];
  const key = tables[table]?.partitionKey ?? [];
  return key.length === 1 && key[0] === column ? [] : [`must list partitions: ${statement}`];
}

function restricts(where: string, column: string): boolean {
  return new RegExp(`\\b${column} (= |IN \\()`).test(where);
}
