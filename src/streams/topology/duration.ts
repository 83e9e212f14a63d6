import { assert } from "../../base/assert.ts";

/** A length of time: whole milliseconds, or a number with its unit, as in `"15s"`. */
export type Duration = number | `${number}${"ms" | "s" | "m" | "h" | "d"}`;

const unitsMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/**
 * A duration in milliseconds.
 *
 * @throws {InvariantError} If it is not a number with one of the units.
 */
export function durationMs(duration: Duration): number {
  if (typeof duration === "number") return duration;
  const [, digits, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(duration) ?? [];
  assert(digits !== undefined, `a duration must be like 15s or 1.5h: ${duration}`);
  return Number(digits) * unitsMs[unit as keyof typeof unitsMs];
}
