import {
  type ErrorCode,
  type ErrorContext,
  PipelineError,
  type Remedy,
} from "../../base/errors.ts";

/** An error as it goes from one thread to another: a clone of it would lose its class and code. */
export interface PackedError {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  /** Of a `PipelineError`. */
  readonly code: ErrorCode | undefined;
  readonly context: ErrorContext;
  readonly remedy: Remedy | undefined;
  readonly cause: PackedError | undefined;
}

/** Causes that go along at most. */
const causesMax = 5;

/** What can be cloned of whatever was thrown. */
export function packError(thrown: unknown, causes: number = causesMax): PackedError {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const { name, message, stack, cause } = error;
  const known = error instanceof PipelineError ? error : undefined;
  return {
    name,
    message,
    stack,
    code: known?.code,
    context: { ...known?.context },
    remedy: known?.remedy,
    cause: cause === undefined || causes === 0 ? undefined : packError(cause, causes - 1),
  };
}

/** The error again: `dispositionOf` and `describeError` say of it what they said there. */
export function unpackError(packed: PackedError): Error {
  const { name, message, stack, code, context, remedy } = packed;
  const cause = packed.cause === undefined ? undefined : unpackError(packed.cause);
  const error = code === undefined
    ? Object.assign(new Error(message, cause && { cause }), { name })
    : new PipelineError(code, message, { context, ...cause && { cause }, ...remedy && { remedy } });
  if (stack !== undefined) error.stack = stack;
  return error;
}
