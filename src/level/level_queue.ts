import type { ReadLimits, StoredItem, StoredQueue } from "../base/stored_queue.ts";
import { isSealed, sealedPart, sealValue } from "./checked_value.ts";
import {
  closeDatabase,
  type Database,
  openDatabase,
  type Operation,
  synced,
  writeBatch,
} from "./database.ts";
import { storeErrorOf } from "./database_errors.ts";
import { offsetBytes, offsetOf } from "./log_keys.ts";

/** Bytes that one step of a walk through the queue may fetch. */
const walkBytes = 1 << 20;

/**
 * A stored queue in a LevelDB folder: key = place, big-endian; value = checksum and bytes.
 *
 * An append waits for the disk, so that what was appended outlives a power failure.
 */
export class LevelQueue implements StoredQueue {
  readonly #db: Database;
  #nextPosition = 0;
  #count = 0;
  #bytes = 0;

  private constructor(db: Database) {
    this.#db = db;
  }

  /**
   * Opens or creates the folder's queue, and reads it once to know how much it holds.
   *
   * @throws {PipelineError} `STORE_LOCKED`, `STORE_CORRUPT` or `STORE_UNAVAILABLE`.
   */
  static async open(folder: string): Promise<LevelQueue> {
    const queue = new LevelQueue(await openDatabase(folder));
    try {
      await queue.#measure();
      return queue;
    } catch (error) {
      await queue[Symbol.asyncDispose]();
      throw error;
    }
  }

  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#bytes;
  }

  async append(values: readonly Uint8Array[]): Promise<void> {
    const first = this.#nextPosition;
    const operations = values.map((value, index): Operation => {
      const key = offsetBytes(first + index);
      return { type: "put", key, value: sealValue(key, value) };
    });
    await this.#guarded(() => writeBatch(this.#db, operations, synced));
    this.#nextPosition += values.length;
    this.#count += values.length;
    for (const value of values) this.#bytes += value.length;
  }

  async read(after: number, { items, bytes }: ReadLimits): Promise<StoredItem[]> {
    const found: StoredItem[] = [];
    let room = bytes;
    for await (const item of this.#walk(after, items, Math.min(bytes, walkBytes))) {
      room -= item.value.length;
      if (found.length > 0 && room < 0) break;
      found.push(item);
    }
    return found;
  }

  async remove(items: readonly StoredItem[]): Promise<void> {
    const keyed = items.map((item) => ({ key: offsetBytes(item.position), item }));
    const present = keyed.filter(({ key }) => this.#db.getSync(key) !== undefined);
    const operations = present.map(({ key }): Operation => ({ type: "del", key }));
    await this.#guarded(() => writeBatch(this.#db, operations));
    this.#count -= present.length;
    for (const { item } of present) this.#bytes -= item.value.length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await closeDatabase(this.#db);
  }

  async #measure(): Promise<void> {
    for await (const { position, value } of this.#walk(-1, Infinity, walkBytes)) {
      this.#nextPosition = position + 1;
      this.#count += 1;
      this.#bytes += value.length;
    }
  }

  async *#walk(
    after: number,
    limit: number,
    highWaterMarkBytes: number,
  ): AsyncGenerator<StoredItem> {
    const range = { gte: offsetBytes(after + 1), limit, highWaterMarkBytes };
    try {
      for await (const [key, sealed] of this.#db.iterator(range)) {
        yield {
          position: offsetOf(key),
          value: sealedPart(sealed),
          damaged: !isSealed(key, sealed),
        };
      }
    } catch (error) {
      throw storeErrorOf(this.#db.location, error);
    }
  }

  async #guarded(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      throw storeErrorOf(this.#db.location, error);
    }
  }
}
