import { Client, types } from "cassandra-driver";
import { endClient } from "../../../src/cassandra/internals.ts";

/** Rows that the plugin's driver asks for at once. */
const pageRows = 5_000;

/** Types that the plugin takes for the first column, which names a series. */
const seriesTypes = ["text", "varchar", "ascii", "uuid", "timeuuid", "int", "boolean", "timestamp"];

/** Types that the plugin can show. */
const shownTypes = [
  ...["text", "varchar", "ascii", "uuid", "timeuuid", "inet", "blob", "boolean", "timestamp"],
  ...["tinyint", "smallint", "int", "bigint", "float", "double"],
];

const numberTypes = ["tinyint", "smallint", "int", "bigint", "float", "double"];

/** Grafana's types of columns: of the frontend, and of the backend. */
const frameTypes: Readonly<Record<string, readonly [string, string]>> = {
  double: ["number", "float64"],
  bigint: ["number", "int64"],
  timestamp: ["time", "time.Time"],
  boolean: ["boolean", "bool"],
};

/** What a query of a panel did. */
export interface QueryOutcome {
  readonly rows: number;
  /** Columns that hold numbers, and those that hold times. */
  readonly numbers: readonly string[];
  readonly times: readonly string[];
  /** Partitions that were read, by the trace of the cluster. */
  readonly partitions: number;
  /** Reads that are not of one partition. */
  readonly scans: number;
  /** What the plugin would refuse or show wrongly. */
  readonly faults: readonly string[];
}

/** Sends statements as the plugin does, and looks at how Cassandra ran them. */
export class PluginLikeClient implements AsyncDisposable {
  readonly #client: Client;

  private constructor(client: Client) {
    this.#client = client;
  }

  /** Owner: the caller. */
  static async connect(
    { host, port, datacenter, keyspace }: {
      readonly host: string;
      readonly port: number;
      readonly datacenter: string;
      readonly keyspace: string;
    },
  ): Promise<PluginLikeClient> {
    const client = new Client({
      contactPoints: [host],
      protocolOptions: { port },
      localDataCenter: datacenter,
      keyspace,
    });
    await client.connect();
    return new PluginLikeClient(client);
  }

  /** Runs a statement with tracing. */
  async run(statement: string, values: readonly unknown[] = []): Promise<QueryOutcome> {
    const faults = /^SELECT /i.test(statement) ? [] : ["is no SELECT statement"];
    const result = await this.#client.execute(statement, [...values], {
      prepare: true,
      fetchSize: pageRows,
      traceQuery: true,
    });
    const columns = result.columns.map(({ name, type }) => ({ name, type: typeName(type.code) }));
    const activities = await this.#trace(result.info.traceId);
    const named = (wanted: readonly string[]) =>
      columns.filter(({ type }) => wanted.includes(type)).map(({ name }) => name);
    const numbers = named(numberTypes);
    return {
      rows: result.rowLength,
      numbers,
      times: named(["timestamp"]),
      partitions: activities.filter((text) => /single-partition query on/i.test(text)).length,
      scans: activities.filter((text) => /seq scan|range command/i.test(text)).length,
      faults: [
        ...faults,
        ...seriesTypes.includes(columns[0]?.type ?? "") ? [] : ["its first column names no series"],
        ...columns.filter(({ type }) => !shownTypes.includes(type))
          .map(({ name, type }) => `${name} is ${type}, which cannot be shown`),
        ...numbers.filter((name) => result.rows.some((row) => row[name] === null))
          .map((name) => `${name} has nulls, which would show as 0`),
      ],
    };
  }

  /**
   * The rows as the plugin hands them to the browser, a frame for each value of the first column:
   * `makeDataFrames` of its `pkg/plugin/plugin.go`, which shows a null as 0 or an empty text.
   */
  async frames(
    statement: string,
    { refId, alias = "" }: { readonly refId: string; readonly alias?: string },
  ): Promise<unknown[]> {
    const { rows, columns } = await this.#client.execute(statement, [], { prepare: true });
    const series = Map.groupBy(rows, (row) => String(row.values()[0]));
    return [...series].map(([name, [first, ...others]]) => ({
      schema: {
        name,
        refId,
        fields: columns.map((column) => fieldOf(column, alias, first)),
      },
      data: {
        values: columns.map(({ name, type }) =>
          [first, ...others].map((row) => plainValue(row?.[name], typeName(type.code)))
        ),
      },
    }));
  }

  /** First column of every row. */
  async values(statement: string): Promise<string[]> {
    const { rows } = await this.#client.execute(statement, [], { prepare: true });
    return rows.map((row) => String(row.values()[0]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await endClient(this.#client);
  }

  async #trace(id: types.Uuid): Promise<string[]> {
    const { promise, resolve, reject } = Promise.withResolvers<
      { events: readonly { activity: string }[] }
    >();
    this.#client.metadata.getTrace(
      id,
      (error, trace) => trace === undefined ? reject(error) : resolve(trace),
    );
    return (await promise).events.map(({ activity }) => activity);
  }
}

/** How the plugin describes a column; an alias names the numbers' columns. */
function fieldOf(
  { name, type }: { readonly name: string; readonly type: { readonly code: types.dataTypes } },
  alias: string,
  first: types.Row | undefined,
): unknown {
  const [kind, frame] = frameTypes[typeName(type.code)] ?? ["string", "string"];
  const displayNameFromDS = alias.replaceAll(
    /\{\{\s*(.+?)\s*\}\}/g,
    (_, column: string) => String(first?.[column] ?? ""),
  );
  const config = alias !== "" && kind === "number" ? { config: { displayNameFromDS } } : {};
  return { name, type: kind, typeInfo: { frame }, ...config };
}

function plainValue(value: unknown, type: string): unknown {
  const [kind] = frameTypes[type] ?? [];
  if (kind === "number" || kind === "time") return Number(value ?? 0);
  return value ?? "";
}

function typeName(code: types.dataTypes): string {
  const found = Object.entries(types.dataTypes).find(([, value]) => Number(value) === code);
  return found?.[0] ?? `type ${code}`;
}
