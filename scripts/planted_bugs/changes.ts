import type { PlantedBug } from "./planted_bug.ts";

/** What another start makes of settings, of keys that have expired, and of an input that was cut. */
export const changeBugs: readonly PlantedBug[] = [
  {
    name: "finality computed again from today's grace",
    file: "src/streams/processing/processor.ts",
    find: "const firstOpenMs = Math.max(firstMs, closedToMs);",
    replace: "const firstOpenMs = Math.max(firstMs, firstOpenStart(streamTimeMs, windows));",
    guarantee: "G13",
  },
  {
    name: "windows closed again as a longer grace has it",
    file: "src/streams/processing/processor.ts",
    find: "if (timeMs < closingTimeMs(state.closedToMs, windows)) return;",
    replace: "",
    guarantee: "G13",
  },
  {
    name: "a window purged that a change of settings left open",
    file: "src/streams/state/changes.ts",
    find: "Math.min(outlivedMs, kept.neededFromMs));",
    replace: "Math.min(outlivedMs, Infinity));",
    guarantee: "G13",
    test: "tests/unit/streams/changed_rules_test.ts",
  },
  {
    name: "write times that a change of rules does not move",
    file: "src/streams/state/rules.ts",
    find: "leadUs: rules.leadUs + addedUs",
    replace: "leadUs: rules.leadUs + 0 * addedUs",
    guarantee: "G13",
  },
  {
    name: "a change of rules not committed before the first record",
    file: "src/streams/task/task_session.ts",
    find: "if (meta.rules === found.rules) return;",
    replace: "if (meta !== undefined) return;",
    guarantee: "G13",
  },
  {
    name: "rows of windows that may lack what was cut off the input",
    file: "src/streams/state/changes.ts",
    find: "const wholeFromMs = meta.wholeFromMs ?? Infinity;",
    replace: "const wholeFromMs = meta.inputOffset < 0 ? Infinity : 0;",
    guarantee: "G13",
    test: "tests/unit/streams/cut_input_test.ts",
  },
  {
    name: "everything that a shorter retention drops deleted in one commit",
    file: "src/streams/state/changes.ts",
    find: "limit: purge.rowsLeft + 1 };",
    replace: "limit: Infinity };",
    guarantee: "G8",
    test: "tests/unit/streams/changed_rules_test.ts",
  },
  {
    name: "a key that returns taken for a new one",
    file: "src/streams/processing/processor.ts",
    find: "const closedToMs = expired ? expiredToMs : owner.state.closedToMs;",
    replace: "const closedToMs = expired ? 0 : owner.state.closedToMs;",
    guarantee: "G1",
  },
  {
    name: "a key that returns with what it left behind",
    file: "src/streams/processing/processor.ts",
    find: "if (expired) this.#cache.renew(owner, expiredToMs);",
    replace: "",
    guarantee: "G1",
  },
  {
    name: "the horizon not in the state",
    file: "src/streams/processing/processor.ts",
    find: "horizon: this.#horizon.state,",
    replace: "horizon: { timeMs: 0, expiredToMs: 0, events: 0, leastMs: 0 },",
    guarantee: "G2",
  },
  {
    name: "a key deleted before its windows",
    file: "src/streams/state/sweep.ts",
    find: "if (!done) return entries;",
    replace: `if (!done) {
          entries.push({ key: row.key, value: null });
          return entries;
        }`,
    guarantee: "G8",
    test: "tests/unit/streams/expiry_test.ts",
  },
  {
    name: "a key deleted that has events in this commit",
    file: "src/streams/state/sweep.ts",
    find: "if (!cache.isDirty(key)) {",
    replace: "if (!cache.isDirty(`${key} of another name`)) {",
    guarantee: "G1",
  },
  {
    name: "expired keys never deleted",
    file: "src/streams/state/sweep.ts",
    find: "if (horizon.expiredToMs <= this.#sweptToMs) return [];",
    replace: "return [];",
    guarantee: "G8",
    test: "tests/unit/streams/expiry_test.ts",
  },
  {
    name: "keys that expire by the word of one event",
    file: "src/streams/state/horizon.ts",
    find: "if (this.#events >= this.#agreeingEvents) this.#consider();",
    replace: "this.#consider();",
    guarantee: "G1",
  },
];
