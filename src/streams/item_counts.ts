/**
 * What became of the items read: each is in exactly one of the four that follow.
 *
 * An item is one event of a readable record, or one unreadable record.
 */
export interface ItemCounts {
  /** Items read: the sum of the four that follow. */
  readonly read: number;
  /** Those that changed a window. */
  readonly aggregated: number;
  /** Those whose windows were closed. */
  readonly late: number;
  /** Those that could not be read or are not possible. */
  readonly deadLetters: number;
  /** Those that their producer had sent before. */
  readonly duplicates: number;
  /** Events sent on to the partition of their key, where they are read: not among those read here. */
  readonly rekeyed: number;
}
