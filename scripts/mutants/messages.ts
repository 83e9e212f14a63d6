/** What the runner and its processes say to each other. */

/** The file whose tests are seeds of the simulation. */
export const simulationFile = "simulation";

/** Begins each line that is a message. */
export const messageMark = "\u0001";

/** Exit code of a process that gave its verdict about an endless mutant. */
export const endlessCode = 3;

/** What a test does when no mutant is switched on. */
export interface TestRecord {
  readonly id: string;
  /** Processor time: on a loaded machine, the clock says nothing of what a test costs. */
  readonly ms: number;
  /** Time by the clock. */
  readonly waitMs: number;
  /** Evaluations of branches. */
  readonly evaluations: number;
  readonly reached: readonly number[];
}

/** A mutant and the tests that reach it, in their order. */
export interface Trial {
  readonly mutant: number;
  readonly tests: readonly Omit<TestRecord, "reached">[];
}

/** What a process is started for. */
export interface Order {
  readonly files: readonly string[];
  readonly seeds: number;
  /** Mutants to try; without them, the tests are measured. */
  readonly trials?: readonly Trial[];
  /** The mutant that is on already while files are loaded. */
  readonly loading?: number;
}

/** What a process says, a line each. */
export type Message =
  | { readonly kind: "measured"; readonly record: TestRecord }
  | { readonly kind: "broken"; readonly id: string; readonly error: string }
  | { readonly kind: "loaded"; readonly reached: readonly number[] }
  | { readonly kind: "passed" }
  | { readonly kind: "noticed"; readonly mutant: number; readonly by: string; readonly how: string }
  /** Whether the mutant was noticed must be found out in a new process. */
  | { readonly kind: "again"; readonly mutant: number }
  | { readonly kind: "survived"; readonly mutant: number };
