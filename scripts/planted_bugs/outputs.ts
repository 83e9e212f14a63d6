import type { PlantedBug } from "./planted_bug.ts";

/** What a job writes, and what it keeps without windows. */
export const outputBugs: readonly PlantedBug[] = [
  {
    name: "results for a topic left out of the transaction",
    file: "src/streams/commit/commit.ts",
    find: "...changes.published,",
    replace: "",
    guarantee: "G1",
  },
  {
    name: "windows that may still change among the final ones",
    file: "src/streams/commit/changes.ts",
    find: "if (!isWritten(output, result)) continue;",
    replace: "",
    guarantee: "G1",
    test: "tests/unit/streams/job_test.ts",
  },
  {
    name: "rows for one sink of several alone",
    file: "src/streams/commit/changed_results.ts",
    find: "for (const output of rows) if (isWritten(output, result))",
    replace: "for (const output of rows.slice(0, 1)) if (isWritten(output, result))",
    guarantee: "G3",
    test: "tests/unit/streams/job_test.ts",
  },
  {
    name: "a row that all sinks of a job get",
    file: "src/streams/topology/routed_row.ts",
    find: "sink?.write(of.map(({ row }) => row))",
    replace: "sink?.write(rows.map((row) => plainRow(row)))",
    guarantee: "G3",
    test: "tests/unit/streams/job_test.ts",
  },
  {
    name: "a row without windows that ends",
    file: "src/streams/topology/windows.ts",
    find: "tumbling(Number.MAX_SAFE_INTEGER);",
    replace: "tumbling(10_000_000);",
    guarantee: "G1",
  },
  {
    name: "no rows without windows of an input that was cut",
    file: "src/streams/state/cut_input.ts",
    find: "if (isUnlimited(windows)) return 0;",
    replace: "",
    guarantee: "G1",
  },
  {
    name: "a rejected value among the others",
    file: "src/streams/topology/keyed_source.ts",
    find: "event instanceof Rejection ? event : fault?.(event)",
    replace: "fault?.(event)",
    guarantee: "G7",
    test: "tests/unit/streams/job_test.ts",
  },
  {
    name: "records that another job still has to read are deleted",
    file: "src/level/embedded_commit_log.ts",
    find: "Math.min(processedTo, ...others)",
    replace: "processedTo",
    guarantee: "G6",
    test: "tests/integration/examples_test.ts",
  },
];
