import type { MainContext } from "../app/lifecycle.ts";
import { type BackoffPolicy, retrying } from "../base/backoff.ts";
import { problemOf } from "../base/errors.ts";

const startPolicy: BackoffPolicy = { baseMs: 500, maxMs: 5_000 };

/**
 * Waits at the start for a service that is not up yet, and says so; the order in which services
 * are started then does not matter.
 *
 * @param action What is tried, as in "waiting to <action>".
 */
export function patiently<T>(
  action: string,
  work: () => Promise<T>,
  { clock, random, signal, logger }: MainContext,
): Promise<T> {
  return retrying(work, {
    policy: startPolicy,
    clock,
    random,
    signal,
    onRetry: (error, attempt) =>
      logger.warn(`waiting to ${action}`, { attempt, ...problemOf(error) }),
  });
}
