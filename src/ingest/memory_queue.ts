import type { ReadLimits, StoredItem, StoredQueue } from "../base/stored_queue.ts";

/** A queue that ends with the process: for sources that can be asked again. */
export class MemoryQueue implements StoredQueue {
  readonly #items = new Map<number, StoredItem>();
  #nextPosition = 0;
  #bytes = 0;

  get count(): number {
    return this.#items.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  append(values: readonly Uint8Array[]): Promise<void> {
    for (const value of values) {
      const position = this.#nextPosition++;
      this.#items.set(position, { position, value, damaged: false });
      this.#bytes += value.length;
    }
    return Promise.resolve();
  }

  read(after: number, { items, bytes }: ReadLimits): Promise<StoredItem[]> {
    const found: StoredItem[] = [];
    let room = bytes;
    for (let position = after + 1; position < this.#nextPosition; position++) {
      const item = this.#items.get(position);
      if (item === undefined) continue;
      room -= item.value.length;
      if (found.length >= items || (found.length > 0 && room < 0)) break;
      found.push(item);
    }
    return Promise.resolve(found);
  }

  remove(items: readonly StoredItem[]): Promise<void> {
    for (const { position, value } of items) {
      if (this.#items.delete(position)) this.#bytes -= value.length;
    }
    return Promise.resolve();
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
