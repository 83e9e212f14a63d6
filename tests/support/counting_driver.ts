import { type TestDriverOptions, TopologyTestDriver } from "../../src/streams/testing/mod.ts";
import {
  type CountingRow,
  countingTopology,
  type Measurement,
  measurementRecord,
  type Total,
} from "./counting_topology.ts";

/** The counting job in a test driver. */
export type CountingDriver = TopologyTestDriver<Measurement, Total, CountingRow>;

/** When such a driver's clock begins, epoch ms. */
export const startMs = 2_000_000;

/** Starts the counting job. */
export async function startDriver(options: TestDriverOptions = {}): Promise<CountingDriver> {
  return await TopologyTestDriver.start(countingTopology(), { startMs, ...options });
}

/** Pipes one record for each value, all of now and of one key. */
export async function feed(driver: CountingDriver, ...values: readonly number[]): Promise<void> {
  const timeMs = driver.clock.nowMs();
  await driver.pipe(
    ...values.map((value) => measurementRecord([{ key: "k", timeMs, value }], timeMs)),
  );
}

/** The committed sum of that key's last window. */
export async function sumOf(driver: CountingDriver): Promise<number | undefined> {
  return (await driver.windows("k")).at(-1)?.value.sum;
}
