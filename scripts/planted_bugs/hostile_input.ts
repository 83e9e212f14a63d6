import type { PlantedBug } from "./planted_bug.ts";

/** What one bad input must not do. */
export const hostileInputBugs: readonly PlantedBug[] = [
  {
    name: "a window changed by an event on which the job threw",
    file: "src/streams/processing/processor.ts",
    find: "if (this.#continues) this.#rehearse(event, owner, { firstMs: firstOpenMs, lastMs });",
    replace: "",
    guarantee: "G12",
    test: "tests/unit/streams/processor_test.ts",
  },
];
