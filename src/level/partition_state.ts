import type { LogBounds } from "../streams/ports.ts";
import type { Offset, TopicPartition } from "../streams/record.ts";
import { textOf } from "../streams/text.ts";
import { openValue } from "./checked_value.ts";
import type { Database } from "./database.ts";
import { storeErrorOf } from "./database_errors.ts";
import { logKey, partitionBytes } from "./log_keys.ts";
import { RowDigest, type RowSum } from "./row_digest.ts";

/** What becomes of a topic's old records. */
export interface EmbeddedTopic {
  /** A legal topic name. */
  readonly name: string;
  /** As many as a new topic gets; one that is there keeps its own number. */
  readonly partitions: number;
  /**
   * - `compact`: the latest record of each key stays
   * - `consumed`: records go once all `readers` have processed them, but for the last `keepRecords`
   * - `bounded`: the last `keepRecords` stay
   */
  readonly cleanup: "compact" | "consumed" | "bounded";
  /** Records per partition; see `cleanup`. */
  readonly keepRecords: number;
  /** Groups that read it; without it the one that does. */
  readonly readers?: readonly string[];
}

/** A partition as it stands, and who waits for it to grow. */
export interface PartitionState {
  readonly topic: EmbeddedTopic;
  readonly place: TopicPartition;
  readonly placeBytes: Uint8Array;
  bounds: LogBounds;
  /** What the offsets of its records add up to; what a compacted topic holds is compared with it. */
  live: RowSum;
  readonly waiting: Set<() => void>;
}

/** A partition as the database has it. */
export function partitionState(
  db: Database,
  topic: EmbeddedTopic,
  place: TopicPartition,
): PartitionState {
  const placeBytes = partitionBytes(place);
  const stored = readValue(db, logKey("e", placeBytes));
  const { live = new RowDigest().sum, ...bounds }: LogBounds & { readonly live?: RowSum } =
    stored === undefined ? { startOffset: 0, endOffset: 0 } : JSON.parse(textOf(stored));
  return { topic, place, placeBytes, bounds, live, waiting: new Set() };
}

/** A small value, checked. */
export function readValue(db: Database, key: Uint8Array): Uint8Array | undefined {
  try {
    const sealed = db.getSync(key);
    return sealed === undefined ? undefined : openValue(key, sealed);
  } catch (error) {
    throw storeErrorOf(db.location, error);
  }
}

/** An offset as a checksum, which `RowDigest` adds up. */
export function folded(offset: Offset): number {
  return (offset ^ Math.floor(offset / 2 ** 32)) >>> 0;
}
