/** By what the input is read; may change between two starts of a program. */
export interface ModelRules {
  readonly graceMs: number;
  readonly retentionMs: number;
  readonly rollUpRetentionMs: number;
  readonly maxFutureMs: number;
  /** Events in a row that make a time the partition's. */
  readonly agreeingEvents: number;
  /** Of the job's code: the second one counts odd values for nothing, and negates their rows. */
  readonly revision: string;
}

/** The rules that hold from an input offset on. */
export interface RulesFrom {
  readonly offset: number;
  readonly rules: ModelRules;
}
