/**
 * For tests of topologies: run them in process, with time and failures under the test's control.
 *
 * `TopologyTestDriver` is the place to begin; the adapters in memory beneath it can be used alone.
 */
export * from "./gated_ports.ts";
export * from "./memory_log.ts";
export * from "./memory_stores.ts";
export * from "./memory_writer.ts";
export * from "./planned_failures.ts";
export * from "./recording_sink.ts";
export * from "./simulated_clock.ts";
export * from "./topology_test_driver.ts";
