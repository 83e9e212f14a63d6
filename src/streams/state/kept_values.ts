import type { CachePart } from "./cache_budget.ts";

/** What a value takes beside its bytes and the text that names it, bytes. */
const entryBytes = 200;

/**
 * Values as the store has them, kept as they are likely to be asked for again: those that were
 * used last, in two generations. When the younger one is half of what there is room for, it becomes
 * the older one, and what was used in neither is let go.
 *
 * Owner: the key-value stores of a task.
 */
export class KeptValues {
  readonly #part: CachePart;
  #younger = new Map<string, Uint8Array | null>();
  #older = new Map<string, Uint8Array | null>();
  /** Of the younger generation. */
  #bytes = 0;

  constructor(part: CachePart) {
    this.#part = part;
  }

  /** A value, `null` for one that the store does not have; `undefined` where that is not known. */
  get(id: string): Uint8Array | null | undefined {
    const value = this.#younger.get(id);
    if (value !== undefined) return value;
    const older = this.#older.get(id);
    if (older !== undefined) this.set(id, older);
    return older;
  }

  /** Takes in what the store has, or gets. */
  set(id: string, value: Uint8Array | null): void {
    const before = this.#younger.get(id);
    if (before !== undefined) this.#bytes -= bytesOf(id, before);
    this.#younger.set(id, value);
    this.#bytes += bytesOf(id, value);
    if (this.#bytes <= this.#part.bytesMax / 2) return;
    this.#older = this.#younger;
    this.#younger = new Map();
    this.#bytes = 0;
  }
}

function bytesOf(id: string, value: Uint8Array | null): number {
  return entryBytes + 2 * id.length + (value?.length ?? 0);
}
