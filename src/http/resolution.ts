/** Names of the window lengths that can be asked for, with their length in ms. */
export const resolutions: ReadonlyMap<string, number> = new Map([["15s", 15_000]]);

/** What is answered when nobody says. */
export const defaultResolution = "15s";

/** The name of a window length, or `undefined` for one that is not offered. */
export function resolutionName(sizeMs: number): string | undefined {
  for (const [name, ms] of resolutions) if (ms === sizeMs) return name;
  return undefined;
}
