/** Units from the longest, ms. */
const units = [
  ["days", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000],
  ["s", 1_000],
] as const;

/** A duration for people, in the longest unit of which there are about two: `90 s`, `2 min`. */
export function durationText(ms: number): string {
  const [name, size] = units.find(([, size]) => ms >= 1.95 * size) ?? ["s", 1_000];
  return `${Math.round(ms / size)} ${name}`;
}
