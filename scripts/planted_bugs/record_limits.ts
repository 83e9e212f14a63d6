import type { PlantedBug } from "./planted_bug.ts";

/** What must not be forgotten of records that a log does not take as they are. */
export const recordLimitBugs: readonly PlantedBug[] = [
  {
    name: "a batch given up that is too large",
    file: "src/kafka/write/refusals.ts",
    find: "if (records.length > 1) {",
    replace: "if (records.length > 1_000_000) {",
    guarantee: "G12",
    test: "tests/unit/kafka/refusals_test.ts",
  },
  {
    name: "a time lost that a broker does not take",
    file: "src/kafka/wire/stamps.ts",
    find: "headers: { ...record.headers, [stampHeader]: stamp },",
    replace: "headers: { ...record.headers, stamp },",
    guarantee: "G12",
    test: "tests/unit/kafka/refusals_test.ts",
  },
  {
    name: "a record dropped that its topic does not take",
    file: "src/ingest/record_sender.ts",
    find: "if (refused.length > 0) await this.#append(refused);",
    replace: "",
    guarantee: "G7",
    test: "tests/unit/ingest/ingest_test.ts",
  },
];
