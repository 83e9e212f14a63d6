import type { PlantedBug } from "./planted_bug.ts";

const several = "tests/unit/streams/several_inputs_test.ts";
const join = "tests/unit/streams/join_test.ts";

/** What a task with several inputs must not forget: see docs/adr/0025-several-inputs.md. */
export const severalInputsBugs: readonly PlantedBug[] = [
  {
    name: "the position of a further input not in the state",
    file: "src/streams/processing/positions.ts",
    find: "return { ...places, others };",
    replace: "return { ...places, others: others.map((other) => ({ ...other, offset: 0 })) };",
    guarantee: "G1",
    test: several,
  },
  {
    name: "the position of a further input not committed",
    file: "src/streams/commit/commit.ts",
    find: "others: changes.meta.others.map(",
    replace: "others: changes.meta.others.slice(1).map(",
    guarantee: "G1",
    test: several,
  },
  {
    name: "a group that disagrees about a further input not noticed",
    file: "src/streams/task/find_place.ts",
    find: "refuseOtherPosition(place, known.offset, position);",
    replace: "",
    guarantee: "G1",
    test: several,
  },
  {
    name: "another topic under the name of a further input",
    file: "src/streams/state/lineage.ts",
    find: "if (found.topicId !== other.topicId) {",
    replace: "if (found.topicId === undefined) {",
    guarantee: "G1",
    test: several,
  },
  {
    name: "partitions added to a further input alone",
    file: "src/streams/state/lineage.ts",
    find: "if (found.partitions !== other.partitions) throw partitionsChanged(other, found);",
    replace: "",
    guarantee: "G1",
    test: several,
  },
  {
    name: "an input that is behind not waited for",
    file: "src/streams/processing/time_order.ts",
    find: "lacking.some(({ ahead }) => ahead.behind)",
    replace: "lacking.length < 0",
    guarantee: "a value is joined with what its table had at its time",
    test: "tests/unit/streams/time_order_test.ts",
  },
  {
    name: "a value before the table's record of the same time",
    file: "src/streams/task/stream_task.ts",
    find: "Number(isTable(b)) - Number(isTable(a))",
    replace: "Number(isTable(a)) - Number(isTable(b))",
    guarantee: "a value is joined with what its table had at its time",
    test: join,
  },
  {
    name: "a table that is not in the changelog",
    file: "src/streams/commit/changes.ts",
    find: "    ...stores.entries(),\n",
    replace: "",
    guarantee: "G1",
    test: join,
  },
  {
    name: "a table that takes what is in the wrong partition",
    file: "src/streams/processing/table_reader.ts",
    find: "if (partitionForKey(key, this.#partitions) !== partition) return faults.keyMismatch;",
    replace: "",
    guarantee: "G7",
    test: join,
  },
  {
    name: "a table that takes what it cannot read",
    file: "src/streams/processing/table_reader.ts",
    find: "if (read instanceof Rejection) return read;",
    replace: "if (read instanceof Rejection && value === null) return read;",
    guarantee: "G7",
    test: join,
  },
  {
    name: "one sequence of a producer for all inputs",
    file: "src/streams/processing/positions.ts",
    find: "if (this.#others?.has(topic) !== true) return identity;",
    replace: "if (topic !== undefined) return identity;",
    guarantee: "G7",
    test: several,
  },
];
