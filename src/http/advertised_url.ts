const everyInterface: ReadonlySet<string> = new Set(["0.0.0.0", "::", "[::]"]);

/**
 * What an instance tells the others of where it answers.
 *
 * @param configured HTTP_ADVERTISED_URL.
 * @param host HTTP_HOST.
 * @param url Where a browser on this machine finds it.
 * @returns `undefined` where it listens everywhere and nobody said by which name: a client would be
 *   sent to its own machine.
 */
export function advertisedUrl(
  configured: string | undefined,
  host: string,
  url: string,
): string | undefined {
  if (configured !== undefined) return configured;
  return everyInterface.has(host) ? undefined : url;
}
