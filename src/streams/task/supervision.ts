import { type BackoffPolicy, fullJitterMs } from "../../base/backoff.ts";
import type { Clock } from "../../base/clock.ts";
import { type Disposition, dispositionOf, isAborted } from "../../base/errors.ts";
import type { Random } from "../../base/random.ts";
import type { TaskControl } from "./task_control.ts";

/** What supervising a task needs. */
export interface SupervisionOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly control: TaskControl;
  readonly destroyStore: () => Promise<void>;
  /** Called for every failure, before it is handled. */
  readonly onFailure: (error: unknown, disposition: Disposition) => void;
}

/** Delays after failures: short at first, as most are a broker that restarts. */
const restartPolicy: BackoffPolicy = { baseMs: 250, maxMs: 10_000 };

/** Delays after another owner took the partition: usually the group is about to report it. */
const rejoinPolicy: BackoffPolicy = { baseMs: 2_000, maxMs: 10_000 };

/**
 * Restarts a task after every failure as its disposition says: from the last commit, with a rebuilt
 * store, or not at all until it is closed. Ends when the task is closed, or when `live` resolves.
 */
export async function superviseTask(
  live: () => Promise<void>,
  options: SupervisionOptions,
): Promise<void> {
  const { clock, control } = options;
  for (let attempt = 0; !control.closing; attempt++) {
    const startedMs = clock.monotonicMs();
    try {
      return await live();
    } catch (error) {
      if (isAborted(error)) return;
      if (clock.monotonicMs() - startedMs > restartPolicy.maxMs) attempt = 0;
      await recover(error, attempt, options);
    }
  }
}

/** Returns at once when the task is being closed. */
async function recover(
  error: unknown,
  attempt: number,
  options: SupervisionOptions,
): Promise<void> {
  const disposition = dispositionOf(error);
  options.onFailure(error, disposition);
  if (options.control.closing) return;
  try {
    await remedy(disposition, attempt, options);
  } catch (failure) {
    if (isAborted(failure)) return;
    options.onFailure(failure, "stop");
    await options.control.untilClosed();
  }
}

async function remedy(
  disposition: Disposition,
  attempt: number,
  { clock, random, control, destroyStore }: SupervisionOptions,
): Promise<void> {
  const backOff = (policy: BackoffPolicy) =>
    clock.sleep(fullJitterMs(policy, attempt, random), control.signal);
  switch (disposition) {
    case "stop":
    case "skip":
      return await control.untilClosed();
    case "rebuild":
      await destroyStore();
      return await backOff(restartPolicy);
    case "rejoin":
      return await backOff(rejoinPolicy);
    case "retry":
    case "reconcile":
      return await backOff(restartPolicy);
  }
}
