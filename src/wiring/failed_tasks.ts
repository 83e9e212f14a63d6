import type { Clock } from "../base/clock.ts";
import type { Logger } from "../base/logger.ts";
import { sleepUnlessAborted } from "../feed/pacer.ts";
import type { LiveView } from "../http/ports.ts";
import { partitionName } from "../streams/record.ts";

/** How often it is said that a task does not work, ms. */
const remindEveryMs = 60_000;

/**
 * Names tasks that do not work, until the signal fires: one that has stopped has said so once, and
 * what it should read still comes in.
 */
export async function remindOfFailedTasks(
  view: Pick<LiveView, "tasks">,
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
  signal: AbortSignal,
): Promise<void> {
  while (await sleepUnlessAborted(clock, remindEveryMs, signal)) {
    for (const { topic, partition, state, problem, code } of view.tasks()) {
      if (state !== "failed") continue;
      const task = partitionName({ topic, partition });
      logger.error("A task has stopped: its trades wait in the log", { task, code, problem });
    }
  }
}
