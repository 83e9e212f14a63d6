import type { PlantedBug } from "./planted_bug.ts";

/** What must not be believed where a log lost its end, or a table was dropped. */
export const lostTailBugs: readonly PlantedBug[] = [
  {
    name: "a store ahead of its log taken for the rest of it",
    file: "src/streams/task/restore.ts",
    find: "if (startOffset === 0 && from <= endOffset) return from;",
    replace: "if (startOffset === 0) return from;",
    guarantee: "G2",
    test: "tests/unit/streams/restore_test.ts",
  },
  {
    name: "write times that do not move on when input is gone",
    file: "src/streams/state/reissue.ts",
    find: "return { ...meta, versionUs: versionUs - addedUs(meta.rules) };",
    replace: "return meta;",
    guarantee: "G3",
    test: "tests/integration/power_cut_test.ts",
  },
  {
    name: "windows that stay as input has made them that is gone",
    file: "src/streams/state/reissue.ts",
    find: "[...owner.windows, ...owner.closedParts]",
    replace: "owner.closedParts",
    guarantee: "G3",
    test: "tests/unit/streams/reissue_test.ts",
  },
  {
    name: "a note believed whose table was dropped",
    file: "src/cassandra/migrate.ts",
    find: "return noted && !missing.includes(target);",
    replace: "return noted;",
    guarantee: "G13",
    test: "tests/unit/cassandra/migrate_test.ts",
  },
  {
    name: "a changelog of the embedded log not compared with its digest",
    file: "src/level/log_database.ts",
    find: "if (digest === live.digest) return;",
    replace: "if (rows >= 0) return;",
    guarantee: "G5",
    test: "tests/integration/embedded_damage_test.ts",
  },
  {
    name: "a row that the disk lost taken for absent",
    file: "src/level/state_store.ts",
    find: 'return this.#applying && expected !== "absent" ? "unknown" : expected;',
    replace: 'return expected !== "absent" ? "unknown" : expected;',
    guarantee: "G5",
    test: "tests/integration/level_store_test.ts",
  },
];
