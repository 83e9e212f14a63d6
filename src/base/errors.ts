/** Stable between releases; messages are not. `docs/OPERATING.md` says what to do about each. */
export type ErrorCode =
  | "CONFIG_INVALID"
  | "FEED_UNAVAILABLE"
  | "LOG_UNAVAILABLE"
  | "REGISTRY_UNAVAILABLE"
  | "SINK_UNAVAILABLE"
  | "COMMIT_UNKNOWN"
  | "FEED_REFUSED"
  | "REGISTRY_REFUSED"
  | "SINK_REJECTED"
  | "RECORD_MALFORMED"
  | "SCHEMA_UNKNOWN"
  | "RECORD_REFUSED"
  | "LOG_FENCED"
  | "SPOOL_FULL"
  | "STORE_LOCKED"
  | "STORE_CORRUPT"
  | "STORE_FOREIGN"
  | "STORE_UNAVAILABLE"
  | "STATE_UNREADABLE"
  | "INPUT_TRUNCATED"
  | "CHANGELOG_TRUNCATED"
  | "TOPIC_UNSUITABLE"
  | "TOPIC_REPLACED"
  | "PARTITIONS_CHANGED"
  | "BROKER_UNSUITABLE"
  | "SERVICES_UNAVAILABLE"
  | "ABORTED";

/** Facts about a failure for a log line: names and numbers, never payloads or secrets. */
export type ErrorContext = Readonly<Record<string, string | number | boolean | undefined>>;

/**
 * What an operator can do about an error that stops, by kind.
 *
 * - `reset`: compute everything again from what the input still holds
 * - `group-position`: set the group's position to that of the state, or `reset`
 * - `provision`: make the topics that are missing
 * - `other-topic`: read the topic that the state is of, or begin another application; or `reset`
 * - `repartition`: move the state to as many partitions as the input has
 * - `add-partitions`: give a topic that is only written as many partitions as the input has
 */
export type Remedy =
  | "reset"
  | "group-position"
  | "provision"
  | "other-topic"
  | "repartition"
  | "add-partitions";

/**
 * The same in words. Only the program that prints an error knows the commands that fit it, so an
 * error names the kind, and the program has the words. Each completes "…; ": a clause without a
 * full stop.
 */
export type Remedies = Readonly<Record<Remedy, string>>;

/** A fault of the world around the program; `code` decides what the caller does next. */
export class PipelineError extends Error {
  /** Tells it from errors of other classes in logs. */
  override readonly name = "PipelineError";
  /** What kind of fault it is. */
  readonly code: ErrorCode;
  /** Names and numbers of the failure, for a log line. */
  readonly context: ErrorContext;
  /** What an operator can do about it, by kind; `undefined` where nothing is known to help. */
  readonly remedy: Remedy | undefined;

  /** The message says what could not be done, what must be, and what is. */
  constructor(
    code: ErrorCode,
    message: string,
    options: {
      readonly cause?: unknown;
      readonly context?: ErrorContext;
      readonly remedy?: Remedy;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.context = options.context ?? {};
    this.remedy = options.remedy;
  }
}

/** What a caller does about an error. */
export type Disposition = "retry" | "reconcile" | "skip" | "rejoin" | "rebuild" | "stop";

/**
 * Decides what happens after an error: the only place where that policy lives.
 *
 * Total: whatever is not a `PipelineError` is a bug or unknown, and stops.
 */
export function dispositionOf(error: unknown): Disposition {
  if (!(error instanceof PipelineError)) return "stop";
  // What is missing can be created while the program waits.
  const isMissing = error.code === "SINK_REJECTED" && error.remedy === "provision";
  return isMissing ? "retry" : dispositionOfCode(error.code);
}

function dispositionOfCode(code: ErrorCode): Disposition {
  switch (code) {
    case "FEED_UNAVAILABLE":
    case "LOG_UNAVAILABLE":
    case "REGISTRY_UNAVAILABLE":
    case "SINK_UNAVAILABLE":
    case "STORE_LOCKED":
      return "retry";
    case "COMMIT_UNKNOWN":
      return "reconcile";
    case "RECORD_MALFORMED":
    case "SCHEMA_UNKNOWN":
      return "skip";
    case "LOG_FENCED":
      return "rejoin";
    case "STORE_CORRUPT":
    case "STORE_FOREIGN":
      return "rebuild";
    case "CONFIG_INVALID":
    case "FEED_REFUSED":
    case "REGISTRY_REFUSED":
    case "SINK_REJECTED":
    case "RECORD_REFUSED":
    case "SPOOL_FULL":
    case "STORE_UNAVAILABLE":
    case "STATE_UNREADABLE":
    case "INPUT_TRUNCATED":
    case "CHANGELOG_TRUNCATED":
    case "TOPIC_UNSUITABLE":
    case "TOPIC_REPLACED":
    case "PARTITIONS_CHANGED":
    case "BROKER_UNSUITABLE":
    case "SERVICES_UNAVAILABLE":
    case "ABORTED":
      return "stop";
  }
}

/** True for a failure of this machine: elsewhere the same work may succeed. */
export function isOfThisMachine(error: unknown): boolean {
  return error instanceof PipelineError && error.code === "STORE_UNAVAILABLE";
}

/** True for the error that a shutdown raises, which is not a failure. */
export function isAborted(error: unknown): boolean {
  return error instanceof PipelineError && error.code === "ABORTED";
}

/** Throws `ABORTED` when the signal has fired. */
export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) {
    throw new PipelineError("ABORTED", "Cannot continue as the program is shutting down");
  }
}

/**
 * One line that names an error and the causes behind it, for people; at its end, what to do about
 * it, where the program has words for that.
 */
export function describeError(error: unknown, remedies?: Remedies): string {
  const parts: string[] = [];
  let remedy: Remedy | undefined;
  let e: unknown = error;
  for (let depth = 0; e !== undefined && depth < 5; depth++) {
    const message = e instanceof Error ? e.message || e.name : String(e);
    // Messages of other people's errors may hold whole stacks, and our own may span lines.
    const line = e === error ? message : message.split("\n", 1)[0] ?? message;
    // An adapter may have taken the words of the cause into its own already.
    if (!parts.at(-1)?.endsWith(`: ${line}`)) parts.push(line);
    if (e instanceof PipelineError) remedy ??= e.remedy;
    e = e instanceof Error ? e.cause : undefined;
  }
  const text = parts.join(": ");
  const words = remedy === undefined ? undefined : remedies?.[remedy];
  return words === undefined || text.includes(words) ? text : `${text}; ${words}`;
}

/** What a line of the log says of an error; operators look the code up in `docs/OPERATING.md`. */
export interface Problem {
  readonly problem: string;
  readonly code: ErrorCode | undefined;
}

/** The fields of a log line that names an error. */
export function problemOf(error: unknown, remedies?: Remedies): Problem {
  const code = error instanceof PipelineError ? error.code : undefined;
  return { problem: describeError(error, remedies), code };
}
