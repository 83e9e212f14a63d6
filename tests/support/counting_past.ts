import { describeError } from "../../src/base/errors.ts";
import { CountingWorld } from "./counting_run.ts";
import { measurements } from "./measurements.ts";

/** Looks at the task before it counts as one that does neither. */
const looksMax = 2_000;

/** A world whose only task has state: windows of 10 s. */
export async function worldWithPast(): Promise<CountingWorld> {
  const world = new CountingWorld({ partitions: 1 });
  await world.feed(measurements(5, 20), 2_000_000);
  await world.runToEnd();
  return world;
}

/**
 * Runs the job until it has ended, or its first task runs or has failed; gives the reason, if there
 * is one.
 */
export async function failure(world: CountingWorld): Promise<string> {
  const stop = new AbortController();
  const app = world.app();
  let refusal: string | undefined;
  const running = app.run(stop.signal).catch((error) => refusal = describeError(error));
  const isSettled = () =>
    refusal !== undefined || ["running", "failed"].includes(app.tasks[0]?.state ?? "");
  for (let look = 0; look < looksMax && !isSettled(); look++) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const problem = app.tasks[0]?.problem ?? "";
  stop.abort();
  await running;
  return refusal ?? problem;
}
