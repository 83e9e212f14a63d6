import type { Clock } from "../../src/base/clock.ts";

const INTERVAL_MS = 15_000;

/** Tells a waiting user what is going on. */
export interface Narrator {
  readonly clock: Clock;
  readonly say: (line: string) => void;
}

/** Runs something slow, with a sign of life every few seconds. */
export async function withProgress<T>(
  title: string,
  { clock, say }: Narrator,
  action: () => Promise<T>,
): Promise<T> {
  const startMs = clock.monotonicMs();
  const timer = setInterval(() => {
    say(`${title} after ${Math.round((clock.monotonicMs() - startMs) / 1000)} s`);
  }, INTERVAL_MS);
  try {
    return await action();
  } finally {
    clearInterval(timer);
  }
}
