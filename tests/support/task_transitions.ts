import { type Logger, silentLogger } from "../../src/base/logger.ts";

/**
 * Collects, as `from --> to`, the changes of state that tasks report to their logger. One for each
 * process: in two of them a task of the same name may live at once.
 */
export function transitionLogger(found: Set<string>): Logger {
  const states = new Map<unknown, string>();
  const turn = (task: unknown, state: string) => {
    const before = states.get(task) ?? "created";
    if (before !== state) found.add(`${before} --> ${state}`);
    // The next task of that name is a new one.
    if (state === "closed") states.delete(task);
    else states.set(task, state);
  };
  return {
    ...silentLogger,
    debug(message, { task, state } = {}) {
      if (message === "task changed state") turn(task, String(state));
    },
    info(message, { task } = {}) {
      if (message === "task is running") turn(task, "running");
    },
    error(message, { task } = {}) {
      if (message === "task failed") turn(task, "failed");
    },
  };
}
