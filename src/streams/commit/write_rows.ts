import { type BackoffPolicy, retrying, unlessAborted } from "../../base/backoff.ts";
import type { Clock } from "../../base/clock.ts";
import { PipelineError } from "../../base/errors.ts";
import type { Random } from "../../base/random.ts";
import type { ErrorHandlers } from "../topology/handlers.ts";
import type { Sink } from "../ports.ts";

/** How rows are written. */
export interface WriteRowsOptions<R> {
  readonly sink: Sink<R>;
  readonly policy: BackoffPolicy;
  readonly clock: Clock;
  readonly random: Random;
  readonly signal: AbortSignal;
  readonly onProductionError: ErrorHandlers["onProductionError"];
  /** Told of every failed try, and of every row that is left out. */
  readonly onProblem: (error: unknown) => void;
}

/**
 * Writes rows to a sink: retries while it is unavailable, and asks the job about each row that one
 * refuses. The refused rows among many are found by halving, as a repeated row changes nothing.
 *
 * @param rows One at least.
 *
 * @throws {PipelineError} `SINK_REJECTED` if the job says to stop; `ABORTED`.
 */
export async function writeRows<R>(
  rows: readonly R[],
  options: WriteRowsOptions<R>,
): Promise<void> {
  try {
    const write = () => unlessAborted(options.sink.write(rows), options.signal, "the sink");
    await retrying(write, { ...options, onRetry: options.onProblem });
  } catch (error) {
    if (!(error instanceof PipelineError && error.code === "SINK_REJECTED")) throw error;
    if (rows.length === 1) return judge(rows[0] as R, error, options);
    const half = Math.ceil(rows.length / 2);
    await writeRows(rows.slice(0, half), options);
    await writeRows(rows.slice(half), options);
  }
}

function judge<R>(row: R, error: PipelineError, options: WriteRowsOptions<R>): void {
  if (options.onProductionError(error, row) === "stop") throw error;
  options.onProblem(error);
}
