import type { Measurement } from "../../counting_topology.ts";
import type { InputRecord } from "../input.ts";
import type { EarlyStep, Side } from "./graph.ts";
import { applied, isRejected, keyOfValue } from "./steps.ts";

/** A value, or what is left of one that was rejected and then went through another step. */
export type Early = Measurement | "rejected";

/** Why a value is rejected: it is none, or the job wants none with this rest. */
type Reason = "missing" | number;

export interface Values {
  readonly values: readonly Early[];
  /** Steps that reject when a value is processed, as nothing was made of them any more. */
  readonly pending: readonly Reason[];
}

/** What a record of a stream holds, step by step; `undefined` for one with nothing. */
export function readValues(
  { topic, events }: InputRecord,
  { inputs, merged, longest }: Side,
): Values | { readonly dead: string } | undefined {
  if (events === undefined) return { dead: "malformed" };
  if (events.length > longest) return { dead: "impossible-value" };
  const { steps = [] } = inputs.find((input) => input.topic === (topic ?? "input")) ?? {};
  const decoded = { values: events as readonly Measurement[], pending: ["missing" as const] };
  try {
    const own = withSteps(decoded, steps);
    const read = inputs.length > 1 ? withSteps(judged(own), merged) : own;
    if (read.values.length === 0) return undefined;
    const isLone = read.values.length === 1 && read.values[0] === "rejected";
    return isLone ? { dead: "impossible-value" } : read;
  } catch {
    return { dead: "processing-error" };
  }
}

function withSteps(start: Values, steps: readonly EarlyStep[]): Values {
  return steps.reduce((read: Values, step) => {
    if (step.op === "reject") return { ...read, pending: [...read.pending, step.on] };
    const values = judged(read).values.flatMap((value): readonly Early[] =>
      value === "rejected" ? [value] : applied(step, value)
    );
    return { values, pending: [] };
  }, start);
}

function judged({ values, pending }: Values): Values {
  return {
    values: values.map((value) => isFaulty(value, pending) ? "rejected" : value),
    pending: [],
  };
}

/** Whether a value ends as a dead letter when it is processed. */
export function isFaulty(value: Early, pending: Values["pending"]): boolean {
  if (value === "rejected") return true;
  return pending.some((why) => why === "missing" ? value.value === null : isRejected(value, why));
}

/** The keys of a record's values; `undefined` for what was rejected before it had one. */
export function keysOf({ values }: Values, by: Side["by"]): readonly (string | undefined)[] {
  return values.map((value) => {
    if (value === "rejected") return undefined;
    return by === "value" ? keyOfValue(value) : value.key;
  });
}
