import { faultKind, faultType } from "../wire/errors.ts";

/** What a member does after an error of the group protocol. */
export type GroupReaction =
  /** Ask again. */
  | "again"
  /** Rejoin under the same id. */
  | "rejoin"
  /** The group continued without us: give everything up, join as a new member. */
  | "fresh"
  /** Give up permanently. */
  | "stop";

/** Decides by the error alone. Total. */
export function reactionTo(error: unknown): GroupReaction {
  switch (faultKind(error)) {
    case "connection":
    case "transient":
      return "again";
    case "rebalance":
      return "rejoin";
    case "membership":
    case "fenced":
      return "fresh";
    case "other":
      return stopping.has(faultType(error)) ? "stop" : "again";
    default:
      return "stop";
  }
}

/** Answers that no repetition changes. */
const stopping: ReadonlySet<string | undefined> = new Set([
  "INCONSISTENT_GROUP_PROTOCOL",
  "INVALID_GROUP_ID",
  "INVALID_SESSION_TIMEOUT",
]);
