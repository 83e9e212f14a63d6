import { TopologyTestDriver } from "../../src/streams/testing/mod.ts";
import type { Topology } from "../../src/streams/topology/topology.ts";

/** What each read takes, ms. */
export const readMs = 50;

/** A test driver that reads slowly, and when its commits began. */
export interface SlowReads<E, A, R> {
  readonly driver: TopologyTestDriver<E, A, R>;
  /** Since the start, ms. */
  readonly beganMs: readonly number[];
}

/** Starts a job that reads a record at a time, for `readMs` each, and is to commit every 100 ms. */
export async function startSlowReads<E, A, R>(
  job: Topology<E, A, R>,
  startMs: number,
): Promise<SlowReads<E, A, R>> {
  const world: { driver?: TopologyTestDriver<E, A, R> } = {};
  const prepare = async () => await world.driver?.clock.sleep(readMs);
  const topology = { ...job, source: { ...job.source, prepare } };
  const driver = await TopologyTestDriver.start(topology, { startMs, commitIntervalMs: 100 });
  world.driver = driver;
  driver.log.readRecordsMax = 1;
  const beganMs: number[] = [];
  driver.log.hook = (step) => {
    if (step === "before-end") beganMs.push(driver.clock.nowMs() - startMs);
  };
  return { driver, beganMs };
}
