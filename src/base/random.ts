/** The only source of chance; injected everywhere, so that a run can be repeated. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
}

/** The machine's own randomness. */
export const systemRandom: Random = { next: () => Math.random() };

/**
 * A small generator whose whole sequence follows from one 32-bit seed.
 *
 * @see Mulberry32 by Tommy Ettinger (public domain); period 2^32, enough for markets and schedules.
 */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return {
    next() {
      state = (state + 0x6d2b79f5) >>> 0;
      let t = state;
      t = Math.imul(t ^ (t >>> 15), t | 1);
      t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
      return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    },
  };
}

/** 64 random bits in hexadecimal: enough that no two instances of an application draw the same. */
export function randomName(random: Random): string {
  const half = () => Math.floor(random.next() * 2 ** 32).toString(16).padStart(8, "0");
  return half() + half();
}
