import { PipelineError } from "../base/errors.ts";

/** An error of SQLite: its result codes, of which extended ones keep the low byte, and its words. */
interface Fault {
  readonly codes: readonly number[];
  readonly text: RegExp;
}

/** Another connection holds a lock. */
const lock: Fault = { codes: [5, 6], text: /is locked/ };

/** The disk is full, gone or broken. */
const disk: Fault = { codes: [10, 13], text: /disk (is full|I\/O error)/ };

const damage: Fault = { codes: [11, 26], text: /is malformed|not a database/ };

/**
 * Turns an error of node:sqlite into one the engine can judge.
 *
 * A lock passes, and a disk has room again once a person has freed some, so both are
 * `SINK_UNAVAILABLE`; a damaged or foreign file and a missing permission are `SINK_REJECTED`.
 *
 * @param action What could not be done, as in "write rows".
 */
export function sqliteError(action: string, path: string, cause: unknown): PipelineError {
  const [ofDisk, damaged] = [is(disk, cause), is(damage, cause)];
  const code = ofDisk || is(lock, cause) ? "SINK_UNAVAILABLE" : "SINK_REJECTED";
  const advice = ofDisk
    ? ": check that the disk has room"
    : damaged
    ? ": move the damaged file away"
    : "";
  const state = cause instanceof Error ? cause.message : String(cause);
  return new PipelineError(code, `Cannot ${action} in SQLite file "${path}"${advice}: ${state}`, {
    cause,
    context: { path },
    ...damaged ? { remedy: "reset" } : {},
  });
}

/** `exec` reports no `errcode`, only the text. */
function is({ codes, text }: Fault, cause: unknown): boolean {
  if (!(cause instanceof Error)) return false;
  const code = "errcode" in cause && typeof cause.errcode === "number"
    ? cause.errcode & 0xff
    : undefined;
  return code === undefined ? text.test(cause.message) : codes.includes(code);
}
