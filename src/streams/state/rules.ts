/** By which settings and code a state was made. See docs/adr/0018-settings-and-code-may-change.md. */
export interface Rules {
  /** All that decides what the same input makes; empty before the first start. */
  readonly text: string;
  /** How often they have changed, the first ones included; moves the write times that follow. */
  readonly changes: number;
}

/** The rules of a state that has none yet. */
export const noRules: Rules = { text: "", changes: 0 };

/**
 * The state as it continues under these rules, `meta` itself where they are its own.
 *
 * What an owner made by the former rules and did not commit may be in the sink: from the same
 * input these rules may make other rows. So the change has to be committed before the first record
 * is processed.
 */
export function underRules<M extends { readonly rules: Rules }>(meta: M, text: string): M {
  const { rules } = meta;
  return rules.text === text ? meta : { ...meta, rules: { text, changes: rules.changes + 1 } };
}
