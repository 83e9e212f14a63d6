import { type BackoffPolicy, fullJitterMs } from "../../base/backoff.ts";
import type { Clock } from "../../base/clock.ts";
import { type Disposition, dispositionOf, isAborted } from "../../base/errors.ts";
import type { Random } from "../../base/random.ts";
import type { TaskControl } from "./task_control.ts";

/** What a task that goes on after failures works with. */
export interface PerseveranceParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly control: TaskControl;
  readonly destroyStore: () => Promise<void>;
  /** Told of every failure, before anything is done about it. */
  readonly onFailure: (error: unknown, disposition: Disposition) => void;
}

/** Waits after failures: quick at first, as most are a broker on its way back. */
const restartPolicy: BackoffPolicy = { baseMs: 250, maxMs: 10_000 };

/** Waits after somebody else went on with the partition: mostly, the group is about to tell us. */
const rejoinPolicy: BackoffPolicy = { baseMs: 2_000, maxMs: 10_000 };

/**
 * Lives again after every failure, by its disposition: at once from the last commit, with a store
 * rebuilt, or not until the task is closed. Ends when it is, or when `live` ends by itself.
 */
export async function persevere(
  live: () => Promise<void>,
  parts: PerseveranceParts,
): Promise<void> {
  const { clock, control } = parts;
  for (let attempt = 0; !control.closing; attempt++) {
    const startedMs = clock.monotonicMs();
    try {
      return await live();
    } catch (error) {
      if (isAborted(error)) return;
      if (clock.monotonicMs() - startedMs > restartPolicy.maxMs) attempt = 0;
      if (!await recover(error, attempt, parts)) return;
    }
  }
}

/** @returns False when the task is being closed. */
async function recover(
  error: unknown,
  attempt: number,
  parts: PerseveranceParts,
): Promise<boolean> {
  const disposition = dispositionOf(error);
  parts.onFailure(error, disposition);
  if (parts.control.closing) return false;
  try {
    await remedy(disposition, attempt, parts);
    return true;
  } catch (failure) {
    if (isAborted(failure)) return false;
    parts.onFailure(failure, "stop");
    return await parts.control.untilClosed().catch(() => false);
  }
}

async function remedy(
  disposition: Disposition,
  attempt: number,
  { clock, random, control, destroyStore }: PerseveranceParts,
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
