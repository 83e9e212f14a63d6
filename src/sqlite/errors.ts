import { PipelineError } from "../base/errors.ts";

/** SQLite's result codes for a lock that another connection holds; extended codes keep them low. */
const busy = 5;
const locked = 6;

/**
 * Turns an error of node:sqlite into one the engine can judge.
 *
 * A lock passes, so it is `SINK_UNAVAILABLE`; a full disk, a damaged or foreign file and a missing
 * permission need a person first, so they are `SINK_REJECTED`.
 *
 * @param action What could not be done, as in "write rows".
 */
export function sqliteError(action: string, path: string, cause: unknown): PipelineError {
  const code = isLock(cause) ? "SINK_UNAVAILABLE" : "SINK_REJECTED";
  const state = cause instanceof Error ? cause.message : String(cause);
  return new PipelineError(code, `Cannot ${action} in SQLite file "${path}": ${state}`, {
    cause,
    context: { path },
  });
}

/** `exec` reports no `errcode`, only the text. */
function isLock(cause: unknown): boolean {
  if (!(cause instanceof Error)) return false;
  const code = "errcode" in cause && typeof cause.errcode === "number" ? cause.errcode & 0xff : 0;
  return code === busy || code === locked || cause.message.includes("is locked");
}
