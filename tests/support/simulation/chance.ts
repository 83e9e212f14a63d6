import { type Random, seededRandom } from "../../../src/base/random.ts";

/** Draws from one seed. */
export class Chance {
  readonly random: Random;

  constructor(seed: number) {
    this.random = seededRandom(seed);
  }

  /** Uniform in [0, below). */
  below(below: number): number {
    return this.random.next() * below;
  }

  /** A whole number in [from, to]. */
  whole(from: number, to: number): number {
    return from + Math.floor(this.below(to - from + 1));
  }

  /** True once in so many times. */
  oneIn(times: number): boolean {
    return this.below(times) < 1;
  }

  /** One of a list. */
  pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.below(list.length))] as T;
  }

  /** The list in another order. */
  shuffled<T>(list: readonly T[]): T[] {
    const mixed = [...list];
    for (let i = mixed.length - 1; i > 0; i--) {
      const j = this.whole(0, i);
      [mixed[i], mixed[j]] = [mixed[j] as T, mixed[i] as T];
    }
    return mixed;
  }
}
