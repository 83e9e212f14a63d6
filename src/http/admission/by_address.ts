import { networkOf } from "./fair_places.ts";

/** What waits, by the address that wants it; the addresses take turns. */
export class ByAddress<T> {
  /** The one whose turn is next first; none is empty. */
  readonly #waiting = new Map<string, T[]>();
  #count = 0;

  /** How much waits in all. */
  get count(): number {
    return this.#count;
  }

  /** How much of an address waits. */
  countOf(address: string): number {
    return this.#waiting.get(networkOf(address))?.length ?? 0;
  }

  /** Adds one behind those of its address, or before them. */
  add(address: string, item: T, place: "first" | "last" = "last"): void {
    const network = networkOf(address);
    const own = this.#waiting.get(network) ?? [];
    if (place === "first") own.unshift(item);
    else own.push(item);
    this.#waiting.set(network, own);
    this.#count++;
  }

  /** Takes the next one out. */
  next(): T | undefined {
    const [next] = this.#waiting;
    if (next === undefined) return undefined;
    const [network, own] = next;
    const item = own.shift();
    this.#waiting.delete(network);
    if (own.length > 0) this.#waiting.set(network, own);
    this.#count--;
    return item;
  }
}
