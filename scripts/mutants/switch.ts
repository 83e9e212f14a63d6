/** Which mutant is switched on, and what was reached: what instrumented code shares with the runner. */
export const mutants: {
  /** Number of the one that is switched on; -1 for none. */
  active: number;
  /** A 1 for each that was evaluated where it differs from the original. */
  reached: Uint8Array;
  /** Evaluations left until `onEndless` is called. */
  left: number;
  onEndless: () => void;
} = { active: -1, reached: new Uint8Array(1 << 16), left: Infinity, onEndless: () => {} };

/** True if the mutant is switched on. */
export function isOn(number: number): boolean {
  if (--mutants.left < 0) mutants.onEndless();
  return mutants.active === number;
}

/** The same of a mutant that does something else wherever it is evaluated. */
export function m(number: number): boolean {
  reach(number);
  return isOn(number);
}

/** Notes that the mutant does something else here. */
export function reach(number: number): void {
  mutants.reached[number] = 1;
}

/** The value of the original; reaches the mutant if it gives another one. */
export function compare<T>(number: number, value: T, mutant: () => T): T {
  if (mutants.reached[number] !== 1 && !gives(value, mutant)) reach(number);
  return value;
}

function gives<T>(value: T, mutant: () => T): boolean {
  try {
    return mutant() === value;
  } catch {
    return false;
  }
}
