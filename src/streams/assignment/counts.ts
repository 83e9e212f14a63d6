/** How many there are of each thing; 0 of what was never counted. */
export class Counts<T> {
  readonly #counts = new Map<T, number>();

  of(thing: T): number {
    return this.#counts.get(thing) ?? 0;
  }

  /** @param change Added to the count; negative takes away. */
  add(thing: T, change: number): void {
    this.#counts.set(thing, this.of(thing) + change);
  }
}
