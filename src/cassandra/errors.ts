import { errors, types } from "cassandra-driver";
import { type ErrorCode, PipelineError } from "../base/errors.ts";
import { certificateFault, certificateProblem, errorCodeOf } from "../base/tls_fault.ts";

/** Answers after which the same statement may succeed. */
const transientCodes: ReadonlySet<number> = new Set([
  types.responseErrorCodes.serverError,
  types.responseErrorCodes.unavailableException,
  types.responseErrorCodes.overloaded,
  types.responseErrorCodes.isBootstrapping,
  types.responseErrorCodes.truncateError,
  types.responseErrorCodes.writeTimeout,
  types.responseErrorCodes.readTimeout,
  types.responseErrorCodes.readFailure,
  types.responseErrorCodes.writeFailure,
  types.responseErrorCodes.unprepared,
]);

/** Answers by which a node says that it got too much at once. */
const overloadCodes: ReadonlySet<number> = new Set([
  types.responseErrorCodes.overloaded,
  types.responseErrorCodes.writeTimeout,
]);

/** True when a node answered, but could not do it in time: less at once may come through. */
export function isOverload(cause: unknown): boolean {
  return cause instanceof errors.ResponseError && overloadCodes.has(cause.code);
}

const checks = {
  authority: "check CASSANDRA_CA_FILE",
  host: "check CASSANDRA_HOST and the addresses that the nodes broadcast",
};

/** How many hosts a message names. */
const hostsNamedMax = 3;

/**
 * Turns an error of the driver into one the engine can judge.
 *
 * Silence, timeouts and overload pass: `SINK_UNAVAILABLE`. What the cluster or the driver refuses
 * stays refused: `SINK_REJECTED`.
 *
 * @param action What could not be done, as in "read rows from Cassandra".
 */
export function cassandraError(action: string, cause: unknown): PipelineError {
  if (cause instanceof PipelineError) return cause;
  const text = `Cannot ${action}: ${stateOf(cause)}${remedyFor(cause)}`;
  return new PipelineError(codeOf(cause), text, { cause });
}

/** The same for writing rows: a table or column that is missing is waited for. */
export function sinkError(action: string, cause: unknown): PipelineError {
  const error = cassandraError(action, cause);
  const isMissing = cause instanceof errors.ResponseError && isMissingSchema(cause);
  if (!isMissing) return error;
  return new PipelineError(error.code, error.message, { cause, remedy: "provision" });
}

/** True where no host could prepare a statement again, for which the driver keeps no cause. */
export function isUnprepared(cause: unknown): boolean {
  return cause instanceof errors.NoHostAvailableError &&
    hostErrors(cause).some(([, error]) =>
      error instanceof errors.ResponseError && error.code === types.responseErrorCodes.unprepared
    );
}

function codeOf(cause: unknown): ErrorCode {
  if (cause instanceof errors.NoHostAvailableError) {
    return hostErrors(cause).some(([, error]) => isRefusal(error))
      ? "SINK_REJECTED"
      : "SINK_UNAVAILABLE";
  }
  if (cause instanceof errors.ResponseError) {
    return transientCodes.has(cause.code) ? "SINK_UNAVAILABLE" : "SINK_REJECTED";
  }
  const passes = cause instanceof errors.OperationTimedOutError ||
    cause instanceof errors.BusyConnectionError || isSocketError(cause);
  return passes ? "SINK_UNAVAILABLE" : "SINK_REJECTED";
}

/** A host that answers with a refusal will not change its mind because another is silent. */
function isRefusal(error: unknown): boolean {
  if (error instanceof errors.ResponseError) return !transientCodes.has(error.code);
  if (tlsRefusal(error) !== undefined) return true;
  return error instanceof errors.AuthenticationError || error instanceof errors.ArgumentError;
}

/** What to check where TLS is what keeps us out. */
function tlsRefusal(error: unknown): string | undefined {
  const fault = certificateFault(error);
  if (fault !== undefined) return `its certificate ${certificateProblem(fault, checks)}`;
  const plain = errorCodeOf(error) === "ERR_SSL_WRONG_VERSION_NUMBER";
  return plain ? "it does not speak TLS; check CASSANDRA_TLS" : undefined;
}

/** The driver marks errors of a broken connection, whose outcome is unknown, with this flag. */
function isSocketError(error: unknown): boolean {
  return error instanceof Error && "isSocketError" in error && error.isSocketError === true;
}

function hostErrors(error: errors.NoHostAvailableError): [string, unknown][] {
  const inner: Readonly<Record<string, unknown>> = error.innerErrors ?? {};
  return Object.entries(inner);
}

function stateOf(cause: unknown): string {
  if (!(cause instanceof errors.NoHostAvailableError)) return firstLine(cause);
  const hosts = hostErrors(cause);
  if (hosts.length === 0) return "no host is up";
  const named = hosts.slice(0, hostsNamedMax).map(([host, e]) => `${host} ${firstLine(e)}`);
  const more = hosts.length > hostsNamedMax ? `, and ${hosts.length - hostsNamedMax} more` : "";
  return `no host answers (${named.join(", ")}${more})`;
}

function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split("\n", 1)[0] ?? message;
}

function remedyFor(cause: unknown): string {
  if (cause instanceof errors.ResponseError && isMissingSchema(cause)) {
    return '; run, with the same settings, "deno task provision"';
  }
  const all = cause instanceof errors.NoHostAvailableError
    ? hostErrors(cause).map(([, error]) => error)
    : [cause];
  const refused = all.some((error) => error instanceof errors.AuthenticationError);
  if (refused) return "; check CASSANDRA_USERNAME and CASSANDRA_PASSWORD";
  const refusal = all.map(tlsRefusal).find((text) => text !== undefined);
  return refusal === undefined ? "" : `; ${refusal}`;
}

/** Cassandra has no code of its own for a missing keyspace, table or column. */
function isMissingSchema({ code, message }: errors.ResponseError): boolean {
  return code === types.responseErrorCodes.invalid &&
    /unconfigured table|does not exist|undefined column|unknown identifier/i.test(message);
}
