import { leadUs } from "./write_times.ts";

/** By which settings and code a state was made. See docs/adr/0018-settings-and-code-may-change.md. */
export interface Rules {
  /** All that decides what the same input makes; empty before the first start. */
  readonly text: string;
  /** How often they have changed. */
  readonly changes: number;
  /** By how much the write times of what comes next jump ahead, microseconds. */
  readonly leadUs: number;
}

/** The rules of a state that has none yet. */
export const noRules: Rules = { text: "", changes: 0, leadUs: 0 };

/**
 * The state as it continues under these rules, `meta` itself where they are its own.
 *
 * What an owner made by the former rules and did not commit may be in the sink: from the same
 * input these rules make other rows. So the change has to be committed before the first record is
 * processed, and the write times of what follows lie beyond all that it can have used.
 */
export function underRules<M extends { readonly rules: Rules }>(meta: M, text: string): M {
  const { rules } = meta;
  if (rules.text === text) return meta;
  const addedUs = rules.text === "" ? 0 : leadUs;
  return { ...meta, rules: { text, changes: rules.changes + 1, leadUs: rules.leadUs + addedUs } };
}
