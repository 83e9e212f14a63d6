import type { LogRecord } from "../record.ts";
import type { DeadLetterCause } from "../side_output.ts";

/** What becomes of something that cannot be handled; nothing is ever dropped without a trace. */
export type Verdict = "dead-letter" | "stop";

/**
 * Where a job decides about what goes wrong; named as in Kafka Streams.
 *
 * A sink that does not answer is not asked about: it is tried again for as long as it takes.
 */
export interface ErrorHandlers {
  /**
   * A record cannot be read.
   *
   * @see Kafka Streams DeserializationExceptionHandler; differs: by default it continues, with the
   *   record kept as a dead letter
   */
  readonly onDeserializationError: (
    record: LogRecord,
    cause: DeadLetterCause,
    detail: string,
  ) => Verdict;
  /**
   * The job's own code threw on a record or one of its events, which has changed no window.
   *
   * @see Kafka Streams ProcessingExceptionHandler (KIP-1033)
   */
  readonly onProcessingError: (error: unknown, record: LogRecord) => Verdict;
  /**
   * The sink refuses a row, and will refuse it again. A row that is left out is missing from the
   * results until the next change of its window: the handler is where it can be kept.
   *
   * @see Kafka Streams ProductionExceptionHandler
   */
  readonly onProductionError: (error: unknown, row: unknown) => "leave-out" | "stop";
}

/** Continues after what cannot be read, stops at what should not happen. */
export const defaultHandlers: ErrorHandlers = {
  onDeserializationError: () => "dead-letter",
  onProcessingError: () => "stop",
  onProductionError: () => "stop",
};
