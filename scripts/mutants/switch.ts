/** Which mutant is switched on, and what was reached: what instrumented code shares with the runner. */
export const mutants: {
  /** Number of the one that is switched on; -1 for none. */
  active: number;
  /** A 1 for each that was reached. */
  reached: Uint8Array;
  /** Evaluations left until `onEndless` is called. */
  left: number;
  onEndless: () => void;
} = { active: -1, reached: new Uint8Array(1 << 16), left: Infinity, onEndless: () => {} };

/** True if the mutant is switched on. */
export function m(number: number): boolean {
  mutants.reached[number] = 1;
  if (--mutants.left < 0) mutants.onEndless();
  return mutants.active === number;
}
