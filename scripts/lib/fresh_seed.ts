/** A seed that no run had before, as far as chance allows: a whole number, 31 bits. */
export function freshSeed(): number {
  return Math.floor(Math.random() * 2 ** 31);
}
