/** A query of a panel, of either data source. */
export interface Query {
  readonly datasource: DataSource;
  /** Prometheus: the expression and the name of its lines. */
  readonly expr?: string;
  readonly legendFormat?: string;
  readonly editorMode?: "code";
  readonly instant?: boolean;
  readonly range?: boolean;
  /** Cassandra: the statement and the name of its lines. */
  readonly target?: string;
  readonly alias?: string;
  readonly queryType?: "query";
  readonly rawQuery?: true;
}

/** Names a data source of `grafana/provisioning/datasources`. */
export interface DataSource {
  readonly type: string;
  readonly uid: string;
}

const cassandraSource = { type: "hadesarchitect-cassandra-datasource", uid: "cassandra" };
const prometheusSource = { type: "prometheus", uid: "prometheus" };

/** Cassandra's plugin. */
export const cassandra = {
  source: cassandraSource as DataSource,
  /** @param alias Name of the series, with `{{ column }}`. It renames the number's column. */
  query(statement: string, alias?: string): Query {
    return {
      datasource: cassandraSource,
      queryType: "query",
      rawQuery: true,
      target: statement.trim(),
      ...alias === undefined ? {} : { alias },
    };
  },
} as const;

/** Prometheus. */
export const prometheus = {
  source: prometheusSource as DataSource,
  /** A line for each series that an expression gives. */
  range(expr: string, legendFormat: string): Query {
    return { datasource: prometheusSource, editorMode: "code", range: true, expr, legendFormat };
  },
  /** The value now, and none of a program that has ended. */
  instant(expr: string): Query {
    return { datasource: prometheusSource, editorMode: "code", instant: true, range: false, expr };
  },
} as const;
