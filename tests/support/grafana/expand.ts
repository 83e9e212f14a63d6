/** What a panel shows: epoch ms. */
export interface TimeRange {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Values that were chosen for the variables of a dashboard. */
export type Chosen = Readonly<Record<string, readonly string[]>>;

const variable = /\$\{(\w+)(?::(\w+))?\}|\$(\w+)/g;

/** Names of the variables in a text, with their formats. */
export function variablesIn(text: string): { name: string; format: string | undefined }[] {
  return [...text.matchAll(variable)]
    .map(([, braced, format, plain]) => ({ name: braced ?? plain ?? "", format }));
}

/**
 * Replaces variables as Grafana's browser does.
 *
 * @throws {Error} For a variable without a value: Grafana would send it as it stands.
 */
export function expandVariables(text: string, chosen: Chosen): string {
  return text.replace(variable, (whole, braced, format, plain) => {
    const values = chosen[braced ?? plain];
    if (values === undefined || values.length === 0) throw new Error(`no value for ${whole}`);
    return formatted(values, format);
  });
}

/** The statement that reaches Cassandra: the browser's replacements, then those of the plugin. */
export function expandStatement(text: string, chosen: Chosen, range: TimeRange): string {
  const { fromMs, toMs } = range;
  return expandVariables(text, {
    ...chosen,
    __timeFrom: [String(fromMs)],
    __timeTo: [String(toMs)],
    __unixEpochFrom: [String(Math.floor(fromMs / 1000))],
    __unixEpochTo: [String(Math.floor(toMs / 1000))],
  });
}

/** The expression that reaches Prometheus, for a range of an hour and scrapes of every 5 s. */
export function expandExpression(expr: string): string {
  return expandVariables(expr, { __rate_interval: ["20s"], __interval: ["15s"] });
}

/** Settings of the plugin's query form, by the names it saves them under. */
export interface ConfiguratorSettings {
  readonly keyspace: string;
  readonly table: string;
  readonly columnTime: string;
  readonly columnValue: string;
  readonly columnId: string;
  readonly valueId: string;
  readonly filtering?: boolean;
  readonly instant?: boolean;
}

/** What the plugin makes of its query form: a statement and the values bound to it. */
export function configuratorQuery(
  settings: ConfiguratorSettings,
  { fromMs, toMs }: TimeRange,
): { statement: string; values: [string[], Date, Date] } {
  const { keyspace, table, columnTime, columnValue, columnId, valueId } = settings;
  const statement = `SELECT ${columnId}, ${columnValue}, ${columnTime} FROM ${keyspace}.${table} ` +
    `WHERE ${columnId} IN ? AND ${columnTime} >= ? AND ${columnTime} <= ?` +
    (settings.instant ? " PER PARTITION LIMIT 1" : "") +
    (settings.filtering ? " ALLOW FILTERING" : "");
  const ids = valueId.split(",").map((id) => id.trim());
  return { statement, values: [ids, new Date(fromMs), new Date(toMs)] };
}

function formatted(values: readonly string[], format: string | undefined): string {
  switch (format) {
    case "sqlstring":
      return values.map((value) => `'${value.replaceAll("'", "''")}'`).join(",");
    case undefined:
      return values.length === 1 ? String(values[0]) : `{${values.join(",")}}`;
    default:
      throw new Error(`no such format here: ${format}`);
  }
}
