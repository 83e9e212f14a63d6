import type { Measurement } from "../../counting_topology.ts";
import type { PlainStep } from "./graph.ts";

/** What the job itself does to values: the code that is given to the engine, and the fold's. */
export function applied(step: PlainStep, measured: Measurement): readonly Measurement[] {
  const { value } = measured;
  switch (step.op) {
    case "add":
      return [{ ...measured, value: value + step.by }];
    case "copies":
      return Array.from({ length: rest(value, 3) }, (_, i) => ({ ...measured, value: value + i }));
    case "keep":
      return rest(value, step.unless) === 0 ? [] : [measured];
    case "fail":
      if (rest(value, step.on) === 1) throw new Error(`fails on ${value}`);
      return [measured];
  }
}

export function isRejected({ value }: Measurement, on: number): boolean {
  return rest(value, on) === 2;
}

/** Where a value goes whose stream branches: first to a topic; some nowhere. */
export function wayOf({ value }: Measurement, on: number): "aside" | "ahead" | undefined {
  if (rest(value, on) === 1) return "aside";
  return rest(value, on) === 2 && rest(value, 2) === 0 ? undefined : "ahead";
}

/** The key that a value makes. */
export function keyOfValue({ value }: Measurement): string {
  return `v${rest(value, 4)}`;
}

/** What two tables make of what they have. */
export function joinedNumber(
  { throws }: { readonly throws: boolean },
  one: number | undefined,
  other: number | undefined,
): number {
  if (throws && one === other) throw new Error("both are the same");
  return (one ?? 11) * 3 + (other ?? 17);
}

/** What a value becomes with what a table has. */
export function withPartner(measured: Measurement, partner: number | undefined): Measurement {
  return { ...measured, value: measured.value + (partner ?? 50) };
}

/** What the job's code makes of a value behind its key; its second version makes another one. */
export function revised(measured: Measurement, revision: string): Measurement {
  return revision === "1" ? measured : { ...measured, value: measured.value + 100_000 };
}

/** What a change of tables becomes. */
export function changed(value: number | null, key: string): Measurement {
  return { key, timeMs: 0, value: value ?? -1 };
}

/** What two streams make of a pair, or of a value that has no partner. */
export function paired(left: Measurement | undefined, right: Measurement | undefined): Measurement {
  const { key, timeMs } = left ?? right as Measurement;
  return { key, timeMs, value: (left?.value ?? -1) * 1_000 + (right?.value ?? -1) };
}

/** What a numbering processor makes of a value. */
export function numbered(measured: Measurement, number: number): Measurement {
  return { ...measured, value: measured.value + 1_000 * number };
}

/** After so many values it begins again. */
export const numberMax = 3;

/** What a reminding processor makes of what it comes back to. */
export function reminded(measured: Measurement): Measurement {
  return { ...measured, value: measured.value + 5_000 };
}

/** On what a table's fold throws. */
export function isLastStraw({ value }: Measurement): boolean {
  return rest(value, 11) === 3;
}

/** Never negative. */
export function rest(value: number, by: number): number {
  return ((value % by) + by) % by;
}
