/** An item of a stored queue, as it was found. */
export interface StoredItem {
  /** Its place; items stand in the order of their places. */
  readonly position: number;
  /** What was appended; what is left of it where it is damaged. */
  readonly value: Uint8Array;
  /** True when the value is not what was appended. */
  readonly damaged: boolean;
}

/** How much is read at once; the first item is read whatever its size. */
export interface ReadLimits {
  readonly items: number;
  readonly bytes: number;
}

/**
 * Bytes in the order in which they were appended, until they are removed. Owner: one writer and one
 * reader in one process.
 */
export interface StoredQueue extends AsyncDisposable {
  /** Items that were not removed. */
  readonly count: number;
  /** Their bytes. */
  readonly bytes: number;
  /**
   * Appends all or nothing; what was appended is there after the end of the process.
   *
   * @throws {PipelineError} `STORE_UNAVAILABLE` when the disk takes nothing.
   */
  append(values: readonly Uint8Array[]): Promise<void>;
  /** The first items behind a place, -1 for the beginning. */
  read(after: number, limits: ReadLimits): Promise<StoredItem[]>;
  /** Forgets items that `read` gave; those that are gone already are passed over. */
  remove(items: readonly StoredItem[]): Promise<void>;
}
