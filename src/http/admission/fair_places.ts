/** Which places one address may hold, and how many there are. */
export interface PlaceLimits {
  readonly total: number;
  /** Of one address; as many as there are without it. */
  readonly perAddress?: number;
}

/**
 * A bounded number of places that no address can keep from the others: where none is free, the
 * address with the most gives up its oldest.
 *
 * An address is a client's IPv4 address or the first half of its IPv6 address: the rest of one is
 * the client's to choose.
 *
 * @see nginx's limit_conn, which counts per address as well; differs: a full house still takes
 *   those who hold less than others.
 */
export class FairPlaces<T> {
  readonly #limits: PlaceLimits;
  /** What each holder weighs, oldest first, by address. */
  readonly #held = new Map<string, Map<T, number>>();
  readonly #weights = new Map<string, number>();
  #weight = 0;

  constructor(limits: PlaceLimits) {
    this.#limits = limits;
  }

  /** What is held in all. */
  get weight(): number {
    return this.#weight;
  }

  /** All who hold one. */
  get holders(): T[] {
    return [...this.#held.values()].flatMap((held) => [...held.keys()]);
  }

  /**
   * Takes a place for one who gets it in any case: the oldest holders of the address with the most
   * leave for it, those of its own included.
   *
   * @returns Those who leave.
   */
  take(address: string, holder: T, weight = 1): T[] {
    const leaving: T[] = [];
    const { total, perAddress = total } = this.#limits;
    const own = networkOf(address);
    while (this.#weightOf(own) > 0 && this.#weightOf(own) + weight > perAddress) {
      leaving.push(...this.#dropOldest(own));
    }
    while (this.#weight > 0 && this.#weight + weight > total) {
      leaving.push(...this.#dropOldest(this.#heaviest()));
    }
    this.#put(own, holder, weight);
    return leaving;
  }

  /**
   * Takes a place without one of the same address losing its own; `undefined` where there is none.
   *
   * @returns Those who leave.
   */
  ask(address: string, holder: T): T[] | undefined {
    const { total, perAddress = total } = this.#limits;
    const own = networkOf(address);
    if (this.#weightOf(own) >= perAddress) return undefined;
    const heaviest = this.#heaviest();
    const isFull = this.#weight >= total;
    if (isFull && this.#weightOf(heaviest) <= this.#weightOf(own) + 1) return undefined;
    const leaving = isFull ? this.#dropOldest(heaviest) : [];
    this.#put(own, holder, 1);
    return leaving;
  }

  /** Gives a place back; one that was given up already is passed over. */
  leave(address: string, holder: T): void {
    this.#remove(networkOf(address), holder);
  }

  #weightOf(network: string): number {
    return this.#weights.get(network) ?? 0;
  }

  #heaviest(): string {
    let [heaviest, most] = ["", 0];
    for (const [network, weight] of this.#weights) {
      if (weight > most) [heaviest, most] = [network, weight];
    }
    return heaviest;
  }

  #dropOldest(network: string): T[] {
    const [oldest] = this.#held.get(network)?.keys() ?? [];
    if (oldest === undefined) return [];
    this.#remove(network, oldest);
    return [oldest];
  }

  #put(network: string, holder: T, weight: number): void {
    const held = this.#held.get(network) ?? new Map<T, number>();
    this.#held.set(network, held.set(holder, weight));
    this.#add(network, weight);
  }

  #remove(network: string, holder: T): void {
    const held = this.#held.get(network);
    const weight = held?.get(holder);
    if (held === undefined || weight === undefined) return;
    held.delete(holder);
    if (held.size === 0) this.#held.delete(network);
    this.#add(network, -weight);
  }

  #add(network: string, weight: number): void {
    this.#weight += weight;
    const sum = this.#weightOf(network) + weight;
    if (sum === 0) this.#weights.delete(network);
    else this.#weights.set(network, sum);
  }
}

/**
 * Whose an address is: itself for IPv4, its /64 for IPv6.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * assert.equal(networkOf("::ffff:192.0.2.1"), "192.0.2.1");
 * assert.equal(networkOf("2001:db8::1"), networkOf("2001:db8::ffff:2"));
 * assert.notEqual(networkOf("2001:db8:0:1::1"), networkOf("2001:db8:0:2::1"));
 * ```
 */
export function networkOf(address: string): string {
  const bare = bareAddress(address);
  if (!bare.includes(":")) return bare;
  const [head = "", tail] = bare.split("::");
  const first = head === "" ? [] : head.split(":");
  const last = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : 8 - first.length - last.length;
  return [...first, ...Array.from({ length: zeros }, () => "0"), ...last].slice(0, 4).join(":");
}

/** An address as a person writes it: IPv4 in IPv6 as IPv4, no zone, no brackets. */
export function bareAddress(address: string): string {
  return address.replace(/^\[|\]$|%.*$/g, "").replace(/^::ffff:(?=\d+\.)/i, "");
}
