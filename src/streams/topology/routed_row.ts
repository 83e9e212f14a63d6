import type { Sink } from "../ports.ts";

/** A row of a job with several sinks, and the one that it is for. */
class RoutedRow<R> {
  readonly row: R;
  readonly sink: Sink<R> | undefined;

  constructor(row: R, sink: Sink<R> | undefined) {
    this.row = row;
    this.sink = sink;
  }
}

/** A row for a sink. The job, its handlers and those who listen to it see the row alone. */
export function routed<R>(row: R, sink: Sink<R> | undefined): R {
  return new RoutedRow(row, sink) as R;
}

/** Gives each row to its sink, all at once; waits for all before it fails with one. */
export const routingSink: Sink<unknown> = {
  async write(rows) {
    const bySink = Map.groupBy(rows as readonly RoutedRow<unknown>[], ({ sink }) => sink);
    const written = await Promise.allSettled(
      [...bySink].map(([sink, of]) => sink?.write(of.map(({ row }) => row))),
    );
    for (const outcome of written) if (outcome.status === "rejected") throw outcome.reason;
  },
};

/** Rows as the job made them, whatever sinks they are for. */
export function plainRows<R>(rows: readonly R[]): readonly R[] {
  return rows[0] instanceof RoutedRow ? rows.map(plainRow) : rows;
}

/** A row as the job made it. */
export function plainRow<R>(row: R): R {
  return row instanceof RoutedRow ? row.row : row;
}
