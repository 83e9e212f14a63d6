import type { PlantedBug } from "./planted_bug.ts";

/** What state and tables must answer together. */
export const historyBugs: readonly PlantedBug[] = [
  {
    name: "history that ends where the state does",
    file: "src/http/view/joined_candles.ts",
    find: "if (newest.length === limit || seamMs <= fromMs)",
    replace: "if (newest.length > 0)",
    guarantee: "history",
    test: "tests/unit/http/view/joined_candles_test.ts",
  },
  {
    name: "candles of the state answered again from the tables",
    file: "src/http/view/joined_candles.ts",
    find: "const seamMs = newest.at(-1)?.startMs ?? toMs;",
    replace: "const seamMs = newest.at(0)?.startMs ?? toMs;",
    guarantee: "history",
    test: "tests/unit/http/view/joined_candles_test.ts",
  },
];
