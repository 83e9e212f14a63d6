/** How a state begins that is not the first one of its partition. */
export interface Generation {
  readonly inputOffset: number;
  readonly versionUs: number;
  /** How often the rules had changed before it. */
  readonly changes: number;
  /** Windows before it have no rows; that of the first record where it is not known. */
  readonly wholeFromMs: number | null;
}

/** How the first one begins. */
export const firstGeneration: Generation = {
  inputOffset: 0,
  versionUs: 0,
  changes: 0,
  wholeFromMs: 0,
};
