import type { PlantedBug } from "./planted_bug.ts";

/** Topics, and states, that are taken for others of the same name. */
export const lineageBugs: readonly PlantedBug[] = [
  {
    name: "ids of topics not compared",
    file: "src/streams/state/lineage.ts",
    find: 'if (wanted !== found && wanted !== "" && found !== "") {',
    replace: "if (wanted.length < 0) {",
    guarantee: "G11",
  },
  {
    name: "partitions not compared",
    file: "src/streams/state/lineage.ts",
    find: "if (own.partitions !== present.partitions) throw partitionsChanged(own, present);",
    replace: "if (own.partitions < 0) throw partitionsChanged(own, present);",
    guarantee: "G11",
  },
  {
    name: "a position without its leader epoch",
    file: "src/streams/task/inputs.ts",
    find: "leaderEpoch: knownEpoch(meta.inputEpoch),",
    replace: "",
    guarantee: "G11",
  },
  {
    name: "an input read by its name alone",
    file: "src/streams/task/inputs.ts",
    find: "topicId: lineage.topicId,",
    replace: "",
    guarantee: "G11",
  },
  {
    name: "no look at the topics while running",
    file: "src/streams/task/lineage_watch.ts",
    find: "if (isLineageFault(error)) this.#broken.abort(error);",
    replace: "",
    guarantee: "G11",
  },
  {
    name: "a state of another topic taken up",
    file: "src/streams/task/lineage_watch.ts",
    find: "else if (lineage.changelogId === present.changelogId) {",
    replace: "else if (lineage.changelogId === topic) {",
    guarantee: "G11",
    test: "tests/unit/streams/lineage_test.ts",
  },
  {
    name: "a store of another life of the state taken up",
    file: "src/level/state_store.ts",
    find: "        changelogId,\n",
    replace: '        changelogId: "always the same",\n',
    guarantee: "G11",
    test: "tests/integration/level_store_test.ts",
  },
  {
    name: "a position at the log's start taken for a past",
    file: "src/streams/task/find_place.ts",
    find: "return committed.offset > startOffset || parseCommitMetadata",
    replace: "return committed.offset >= startOffset || parseCommitMetadata",
    guarantee: "G6",
    test: "tests/unit/streams/gaps_test.ts",
  },
];
