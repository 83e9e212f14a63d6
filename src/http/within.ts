import type { Clock } from "../base/clock.ts";

/** Asks for a URL; resolves when there is an answer. */
export type Ask = (
  url: string,
  signal: AbortSignal,
  headers?: Readonly<Record<string, string>>,
) => Promise<Response>;

/**
 * Asks over the network. Follows no redirect: it would lead away from the group.
 *
 * @param client Knows the authorities that count; without it those of the runtime.
 */
export function askByFetch(client?: Deno.HttpClient): Ask {
  const way = client === undefined ? {} : { client };
  return (url, signal, headers = {}) => fetch(url, { ...way, signal, headers, redirect: "manual" });
}

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
