/**
 * For tests of topologies: run them in process, with time and failures under the test's control.
 *
 * `TopologyTestDriver` is the place to begin; the adapters in memory beneath it can be used alone.
 *
 * @module
 */
export type { Operation } from "./gated_ports.ts";
export { MemoryLog } from "./memory_log.ts";
export { MemoryStores } from "./memory_stores.ts";
export type { PlannedFailure } from "./planned_failures.ts";
export { RecordingSink } from "./recording_sink.ts";
export { SimulatedClock } from "./simulated_clock.ts";
export {
  type TestDriverOptions,
  type TestInput,
  TopologyTestDriver,
} from "./topology_test_driver.ts";
