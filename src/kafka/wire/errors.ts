import { refusalOfSocket, refusalOfType } from "./access.ts";
import { VersionFault } from "./versions.ts";
import { type ErrorCode, type ErrorContext, PipelineError } from "../../base/errors.ts";

/** An error code in a broker's answer that we decoded ourselves. */
export class ProtocolFault extends Error {
  override readonly name = "ProtocolFault";
  /** The protocol's name of the error, as kafkajs writes it. */
  readonly type: string;

  constructor(errorCode: number, what: string) {
    const type = protocolErrorName(errorCode);
    super(`${what} was answered with ${type}`);
    this.type = type;
  }
}

/** What an error of Kafka means for the one who asked. */
export type FaultKind =
  /** The broker could not be reached, or did not answer: the request may have been executed. */
  | "connection"
  /** The broker said: not now, or not here. The request was not executed. */
  | "transient"
  /** A newer producer with our transactional id exists, or the coordinator aborted ours. */
  | "fenced"
  /** The broker's memory of our sequence numbers and ours differ. */
  | "sequence"
  /** The member is not in the group, or the group continued without it. */
  | "membership"
  /** The group is about to change. */
  | "rebalance"
  /** Settings of the topic or the broker forbid it; will not go away by itself. */
  | "unsuitable"
  /** We and the broker know no common version of a request; will not go away by itself. */
  | "unspoken"
  /** Access denied; will not go away by itself. */
  | "denied"
  /** Another answer of the broker. */
  | "other"
  /** Not from Kafka: a bug of ours. */
  | "bug";

const kinds: Readonly<Record<string, FaultKind>> = {
  ...kindOf("connection", ["REQUEST_TIMED_OUT", "NETWORK_EXCEPTION"]),
  ...kindOf("transient", [
    "CORRUPT_MESSAGE",
    "UNKNOWN_TOPIC_OR_PARTITION",
    "LEADER_NOT_AVAILABLE",
    "NOT_LEADER_FOR_PARTITION",
    "BROKER_NOT_AVAILABLE",
    "REPLICA_NOT_AVAILABLE",
    "GROUP_LOAD_IN_PROGRESS",
    "GROUP_COORDINATOR_NOT_AVAILABLE",
    "NOT_COORDINATOR_FOR_GROUP",
    "NOT_ENOUGH_REPLICAS",
    "NOT_ENOUGH_REPLICAS_AFTER_APPEND",
    "NOT_CONTROLLER",
    "CONCURRENT_TRANSACTIONS",
    "KAFKA_STORAGE_ERROR",
    "FENCED_LEADER_EPOCH",
    "UNKNOWN_LEADER_EPOCH",
    "OFFSET_NOT_AVAILABLE",
    "UNSTABLE_OFFSET_COMMIT",
    "UNKNOWN_TOPIC_ID",
    "INCONSISTENT_TOPIC_ID",
    "THROTTLING_QUOTA_EXCEEDED",
  ]),
  ...kindOf("fenced", [
    "INVALID_PRODUCER_EPOCH",
    "PRODUCER_FENCED",
    "INVALID_PRODUCER_ID_MAPPING",
    "TRANSACTION_COORDINATOR_FENCED",
  ]),
  ...kindOf("sequence", ["OUT_OF_ORDER_SEQUENCE_NUMBER", "UNKNOWN_PRODUCER_ID"]),
  ...kindOf("membership", ["UNKNOWN_MEMBER_ID", "ILLEGAL_GENERATION", "FENCED_INSTANCE_ID"]),
  ...kindOf("rebalance", ["REBALANCE_IN_PROGRESS"]),
  ...kindOf("unsuitable", [
    "MESSAGE_TOO_LARGE",
    "RECORD_LIST_TOO_LARGE",
    "INVALID_TOPIC_EXCEPTION",
    "INVALID_RECORD",
    "INVALID_TIMESTAMP",
    "INVALID_CONFIG",
    "INVALID_PARTITIONS",
    "INVALID_REPLICATION_FACTOR",
    "INVALID_TRANSACTION_TIMEOUT",
    "OFFSET_METADATA_TOO_LARGE",
    "POLICY_VIOLATION",
    "UNSUPPORTED_COMPRESSION_TYPE",
  ]),
  ...kindOf("unspoken", ["UNSUPPORTED_VERSION"]),
  ...kindOf("denied", [
    "TOPIC_AUTHORIZATION_FAILED",
    "GROUP_AUTHORIZATION_FAILED",
    "CLUSTER_AUTHORIZATION_FAILED",
    "TRANSACTIONAL_ID_AUTHORIZATION_FAILED",
    "SASL_AUTHENTICATION_FAILED",
    "UNSUPPORTED_SASL_MECHANISM",
    "ILLEGAL_SASL_STATE",
  ]),
};

const kindsByClass: Readonly<Record<string, FaultKind>> = {
  ...kindOf("connection", [
    "KafkaJSConnectionError",
    "KafkaJSConnectionClosedError",
    "KafkaJSRequestTimeoutError",
    "KafkaJSLockTimeout",
  ]),
  KafkaJSSASLAuthenticationError: "denied",
  KafkaJSServerDoesNotSupportApiKey: "unspoken",
};

function kindOf(kind: FaultKind, names: readonly string[]): Record<string, FaultKind> {
  return Object.fromEntries(names.map((name) => [name, kind]));
}

/** Names of the codes that we meet in answers decoded by ourselves. */
const namesByCode: Readonly<Record<number, string>> = {
  1: "OFFSET_OUT_OF_RANGE",
  2: "CORRUPT_MESSAGE",
  3: "UNKNOWN_TOPIC_OR_PARTITION",
  5: "LEADER_NOT_AVAILABLE",
  6: "NOT_LEADER_FOR_PARTITION",
  7: "REQUEST_TIMED_OUT",
  8: "BROKER_NOT_AVAILABLE",
  9: "REPLICA_NOT_AVAILABLE",
  10: "MESSAGE_TOO_LARGE",
  13: "NETWORK_EXCEPTION",
  14: "GROUP_LOAD_IN_PROGRESS",
  15: "GROUP_COORDINATOR_NOT_AVAILABLE",
  16: "NOT_COORDINATOR_FOR_GROUP",
  17: "INVALID_TOPIC_EXCEPTION",
  18: "RECORD_LIST_TOO_LARGE",
  19: "NOT_ENOUGH_REPLICAS",
  20: "NOT_ENOUGH_REPLICAS_AFTER_APPEND",
  22: "ILLEGAL_GENERATION",
  23: "INCONSISTENT_GROUP_PROTOCOL",
  24: "INVALID_GROUP_ID",
  25: "UNKNOWN_MEMBER_ID",
  26: "INVALID_SESSION_TIMEOUT",
  27: "REBALANCE_IN_PROGRESS",
  29: "TOPIC_AUTHORIZATION_FAILED",
  30: "GROUP_AUTHORIZATION_FAILED",
  31: "CLUSTER_AUTHORIZATION_FAILED",
  32: "INVALID_TIMESTAMP",
  35: "UNSUPPORTED_VERSION",
  45: "OUT_OF_ORDER_SEQUENCE_NUMBER",
  46: "DUPLICATE_SEQUENCE_NUMBER",
  47: "INVALID_PRODUCER_EPOCH",
  48: "INVALID_TXN_STATE",
  49: "INVALID_PRODUCER_ID_MAPPING",
  51: "CONCURRENT_TRANSACTIONS",
  56: "KAFKA_STORAGE_ERROR",
  59: "UNKNOWN_PRODUCER_ID",
  74: "FENCED_LEADER_EPOCH",
  75: "UNKNOWN_LEADER_EPOCH",
  76: "UNSUPPORTED_COMPRESSION_TYPE",
  78: "OFFSET_NOT_AVAILABLE",
  81: "GROUP_MAX_SIZE_REACHED",
  82: "FENCED_INSTANCE_ID",
  87: "INVALID_RECORD",
  88: "UNSTABLE_OFFSET_COMMIT",
  89: "THROTTLING_QUOTA_EXCEEDED",
  90: "PRODUCER_FENCED",
  100: "UNKNOWN_TOPIC_ID",
  103: "INCONSISTENT_TOPIC_ID",
  120: "TRANSACTION_ABORTABLE",
};

function protocolErrorName(errorCode: number): string {
  return namesByCode[errorCode] ?? `KAFKA_ERROR_${errorCode}`;
}

/** Deepest cause that is looked at. */
const chainDepthMax = 6;

/** The first error on the cause chain that says what happened, by protocol type or class. */
function* errorChain(error: unknown): Generator<Error> {
  let current: unknown = error;
  for (let depth = 0; depth < chainDepthMax && current instanceof Error; depth++) {
    yield current;
    current = current.cause;
  }
}

/** The protocol's name of the error behind `error`, if a broker answered one. */
export function faultType(error: unknown): string | undefined {
  for (const link of errorChain(error)) {
    const { type } = link as { readonly type?: unknown };
    if (typeof type !== "string") continue;
    const unknownCode = /Unknown error code (\d+)/.exec(link.message)?.[1];
    return unknownCode === undefined ? type : protocolErrorName(Number(unknownCode));
  }
  return undefined;
}

/**
 * Sorts an error by what it means. Total.
 *
 * The outer error of kafkajs is often a `KafkaJSNumberOfRetriesExceeded` that claims not to be
 * retriable; the truth is on the cause chain.
 */
export function faultKind(error: unknown): FaultKind {
  const type = faultType(error);
  if (type !== undefined) return kinds[type] ?? "other";
  if (socketRefusal(error) !== undefined) return "denied";
  for (const link of errorChain(error)) {
    const kind = kindsByClass[link.name];
    if (kind !== undefined) return kind;
  }
  for (const link of errorChain(error)) {
    if (link.name.startsWith("KafkaJS")) return "other";
  }
  return "bug";
}

/** What a socket says of a listener that will not let us in, however often we come. */
function socketRefusal(error: unknown): string | undefined {
  for (const link of errorChain(error)) {
    const refusal = refusalOfSocket(link);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

/** What is the matter, in the broker's words or with what to check. */
function presentState(error: unknown): string {
  if (error instanceof VersionFault) return error.message;
  const type = faultType(error);
  const refusal = type === undefined ? socketRefusal(error) : refusalOfType(type);
  return refusal ?? type ?? (error as Error).message;
}

/** True when the same request may succeed later. */
export function isPassing(error: unknown): boolean {
  const kind = faultKind(error);
  return kind === "connection" || kind === "transient";
}

/**
 * Wraps an error of Kafka for the rest of the program; the only place where that happens.
 *
 * A `PipelineError` passes unchanged, and so does a bug. Callers have retried what passes by
 * itself before they wrap: a topic that is still unknown then does not exist.
 *
 * @param action What could not be done, as in "Cannot <action>".
 */
export function toPipelineError(error: unknown, action: string, context?: ErrorContext): unknown {
  if (error instanceof PipelineError) return error;
  const kind = faultKind(error);
  if (kind === "bug") return error;
  const type = faultType(error);
  const [code, reason] = type === "UNKNOWN_TOPIC_OR_PARTITION"
    ? ["TOPIC_UNSUITABLE" as const, "the topic and partition must exist"]
    : [codeOf(kind), reasonOf(kind)];
  return new PipelineError(code, `Cannot ${action} as ${reason}: ${presentState(error)}`, {
    cause: error,
    ...(type === "UNKNOWN_TOPIC_OR_PARTITION" ? { remedy: "provision" as const } : {}),
    ...(context === undefined ? {} : { context }),
  });
}

/**
 * As `toPipelineError`, for a reader that keeps trying: a topic that a broker does not know may be
 * one that the broker has not heard of yet.
 */
export function toReadError(error: unknown, action: string): unknown {
  const isUnknown = faultType(error) === "UNKNOWN_TOPIC_OR_PARTITION";
  if (!isUnknown || error instanceof PipelineError) return toPipelineError(error, action);
  return new PipelineError(
    "LOG_UNAVAILABLE",
    `Cannot ${action} as the broker must know the topic and partition: ${presentState(error)}`,
    { cause: error, remedy: "provision" },
  );
}

function codeOf(kind: FaultKind): ErrorCode {
  switch (kind) {
    case "fenced":
      return "LOG_FENCED";
    case "unsuitable":
      return "TOPIC_UNSUITABLE";
    case "unspoken":
      return "BROKER_UNSUITABLE";
    case "denied":
      return "CONFIG_INVALID";
    default:
      return "LOG_UNAVAILABLE";
  }
}

function reasonOf(kind: FaultKind): string {
  switch (kind) {
    case "connection":
      return "Kafka must answer in time";
    case "fenced":
      return "a newer owner must not exist";
    case "unsuitable":
      return "the topic's and broker's settings must allow it";
    case "unspoken":
      return "the broker must be of a release that this program supports";
    case "denied":
      return "Kafka must grant access";
    default:
      return "Kafka must accept it";
  }
}
