import type { Clock } from "../../base/clock.ts";
import { problemOf } from "../../base/errors.ts";
import type { Logger } from "../../base/logger.ts";
import type { StateStores } from "../ports.ts";
import { partitionName } from "../record.ts";

/** What a cleanup works with. */
export interface StoreCleanupOptions {
  readonly stores: StateStores;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly topic: string;
  /** How long a store is kept that is not needed, ms. */
  readonly delayMs: number;
  /** Called with each partition whose store is deleted. */
  readonly onDeleted: (partition: number) => void;
}

/**
 * Deletes the stores of partitions that have moved away, once they were not needed for a while: a
 * partition that returns before finds its state, and one that stays away does not fill the disk.
 *
 * Owner: the task manager. Ordering: nothing is deleted between `pause` and `watch`, so that no store
 * is opened while it is deleted.
 *
 * @see Kafka Streams `state.cleanup.delay.ms`, whose default is ten minutes, too.
 */
export class StoreCleanup {
  readonly #parts: StoreCleanupOptions;
  /** When each store was found not to be needed, on the monotonic clock. */
  readonly #since = new Map<number, number>();
  #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(parts: StoreCleanupOptions) {
    this.#parts = parts;
  }

  /** Resolves when nothing is being deleted, and nothing will be until `watch`. */
  async pause(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  /** From now on counts the time of every store that is here and not needed. */
  watch(isNeeded: (partition: number) => boolean): void {
    this.#stop = new AbortController();
    this.#running = this.#run(isNeeded, this.#stop.signal);
  }

  async #run(isNeeded: (partition: number) => boolean, signal: AbortSignal): Promise<void> {
    const { clock, logger, topic } = this.#parts;
    try {
      await this.#look(isNeeded);
      while (this.#since.size > 0) {
        const dueMs = Math.min(...this.#since.values()) + this.#parts.delayMs;
        await clock.sleep(Math.max(0, dueMs - clock.monotonicMs()), signal);
        for (const [partition, sinceMs] of this.#since) {
          if (signal.aborted) return;
          if (sinceMs + this.#parts.delayMs <= clock.monotonicMs()) await this.#delete(partition);
        }
      }
    } catch (error) {
      if (signal.aborted) return;
      logger.warn("could not look for stores that are not needed", {
        topic,
        ...problemOf(error),
      });
    }
  }

  async #look(isNeeded: (partition: number) => boolean): Promise<void> {
    const { stores, clock, topic } = this.#parts;
    const found = new Set(await stores.partitions(topic));
    for (const partition of this.#since.keys()) {
      if (!found.has(partition) || isNeeded(partition)) this.#since.delete(partition);
    }
    for (const partition of found) {
      if (isNeeded(partition) || this.#since.has(partition)) continue;
      this.#since.set(partition, clock.monotonicMs());
    }
  }

  async #delete(partition: number): Promise<void> {
    const { stores, logger, topic, onDeleted } = this.#parts;
    const place = { topic, partition };
    this.#since.delete(partition);
    try {
      await stores.destroy(place);
      onDeleted(partition);
      logger.info("deleted the store of a partition that moved away", {
        task: partitionName(place),
      });
    } catch (error) {
      logger.warn("could not delete the store of a partition that moved away", {
        task: partitionName(place),
        ...problemOf(error),
      });
    }
  }
}
