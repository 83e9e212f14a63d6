import type { PlantedBug } from "./planted_bug.ts";

const test = "tests/unit/streams/move_state_test.ts";

/** What must not be forgotten when a state gets more partitions. */
export const movedStateBugs: readonly PlantedBug[] = [
  {
    name: "a key that stays where it was",
    file: "src/streams/moving/move_state.ts",
    find: "if (target === source) continue;",
    replace: "if (target === source || owner.at(-1) === 0x37) continue;",
    guarantee: "G11",
    test,
  },
  {
    name: "write times of a moved key that begin again",
    file: "src/streams/moving/move_state.ts",
    find: "versionUs: most(writeTimeUs),",
    replace: "versionUs: 0,",
    guarantee: "G3",
    test,
  },
  {
    name: "copies of a move that was cut short taken for state",
    file: "src/streams/moving/move_state.ts",
    find: "if (owner === undefined || !isAt(owner, former, source.input)) continue;",
    replace: "if (owner === undefined) continue;",
    guarantee: "G11",
    test,
  },
  {
    name: "results that were not shown lost by a move",
    file: "src/streams/moving/moved_partition.ts",
    find: "const shownTo = this.#metadata?.shownTo ?? 0;",
    replace: "const shownTo = this.#metadata?.changelogPosition ?? 0;",
    guarantee: "G1",
    test,
  },
  {
    name: "one greatest sequence for all former partitions",
    file: "src/streams/state/producers.ts",
    find: "partitionForKey(key, partitions) === partition &&",
    replace: "partitions > partition &&",
    guarantee: "G1",
    test,
  },
];
