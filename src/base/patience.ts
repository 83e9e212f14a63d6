import { type BackoffPolicy, retrying, type RetryOptions } from "./backoff.ts";
import { describeError } from "./errors.ts";
import type { Logger } from "./logger.ts";
import { OutageLog } from "./outage_log.ts";

const startPolicy: BackoffPolicy = { baseMs: 500, maxMs: 5_000 };

/** What `patiently` needs from its surroundings. */
export interface PatienceOptions extends Pick<RetryOptions, "clock" | "random" | "signal"> {
  readonly logger: Logger;
  /** Told what is waited for and why, after each try that failed. */
  readonly onWait?: (problem: string) => void;
}

/**
 * Waits at the start for a service that is not up yet, and says so; the order in which services
 * are started then does not matter.
 *
 * @param action What is tried, as in "waiting to <action>".
 * @throws As `retrying`.
 */
export async function patiently<T>(
  action: string,
  work: () => Promise<T>,
  options: PatienceOptions,
): Promise<T> {
  const outage = new OutageLog(
    { lasting: `waiting to ${action}`, over: `waited to ${action}` },
    options,
  );
  const onRetry = (error: unknown) => {
    outage.failed(error);
    options.onWait?.(`is waiting to ${action}: ${describeError(error)}`);
  };
  const result = await retrying(work, { ...options, policy: startPolicy, onRetry });
  outage.over();
  return result;
}
