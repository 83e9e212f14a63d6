import type { WorldKind } from "../../tests/support/simulation/world.ts";

/** A bug that is put in on purpose: if nothing notices it, the tests are worth nothing. */
export interface PlantedBug {
  readonly name: string;
  /** Path from the root. */
  readonly file: string;
  /** Text that stands exactly once in the file. */
  readonly find: string;
  readonly replace: string;
  /** The promise that it breaks. */
  readonly guarantee: string;
  /** A test that notices it, where the simulation has no such part; else the simulation must. */
  readonly test?: string;
  /** Where the simulation notices it: that of a counting job without it. */
  readonly kind?: WorldKind;
}
