import { isAborted, PipelineError } from "../base/errors.ts";

/** What the program answers to the shell. */
export const exitCodes = {
  /** Done, or shut down as asked. */
  ok: 0,
  /** The world is not as it must be; the message says what to do. */
  failed: 1,
  /** A setting is wrong or missing. */
  config: 2,
  /** A bug of ours. @see sysexits.h: EX_SOFTWARE */
  bug: 70,
} as const;

/** The exit code of a program that ended with this error. */
export function exitCodeOf(error: unknown): number {
  if (isAborted(error)) return exitCodes.ok;
  if (!(error instanceof PipelineError)) return exitCodes.bug;
  return error.code === "CONFIG_INVALID" ? exitCodes.config : exitCodes.failed;
}

/** 128 + the signal's number, as shells report a death by signal. */
export function exitCodeOfSignal(signal: "SIGINT" | "SIGTERM" | "SIGBREAK"): number {
  return { SIGINT: 130, SIGTERM: 143, SIGBREAK: 149 }[signal];
}
