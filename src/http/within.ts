import type { Clock } from "../base/clock.ts";

/** Asks for a URL; resolves when there is an answer. */
export type Ask = (url: string, signal: AbortSignal) => Promise<Response>;

/** Asks over the network. */
export const askByFetch: Ask = (url, signal) => fetch(url, { signal });

/**
 * Does what must be done within a time: its signal fires when that is over. It fires for no other
 * reason, and not after the work is done.
 *
 * @param ms > 0.
 */
export async function within<T>(
  clock: Clock,
  ms: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const given = new AbortController();
  const patience = new AbortController();
  const late = clock.sleep(ms, patience.signal).then(() => given.abort());
  try {
    return await work(given.signal);
  } finally {
    patience.abort();
    await late.catch(() => {});
  }
}
