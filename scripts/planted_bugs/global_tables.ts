import type { PlantedBug } from "./planted_bug.ts";

const file = "src/streams/task/global_tables.ts";
const test = "tests/unit/streams/global_table_test.ts";

/** Tables that every instance has whole. */
export const globalTableBugs: readonly PlantedBug[] = [
  {
    name: "tasks that do not wait for global tables",
    file: "src/streams/task/task_session.ts",
    find: "await ports.globals?.ready(signal);",
    replace: "",
    guarantee: "a start joins with all that the table has",
    test,
  },
  {
    name: "a global table that is taken for read before its end",
    file,
    find: "if (position >= endOffset) onEnd();",
    replace: "onEnd();",
    guarantee: "a start joins with all that the table has",
    test,
  },
  {
    name: "a global table of one partition",
    file,
    find: "{ length: about.partitions },",
    replace: "{ length: 1 },",
    guarantee: "a global table is whole",
    test,
  },
  {
    name: "a deletion in a global table overlooked",
    file,
    find: "this.byKey.delete(key);",
    replace: "",
    guarantee: "the newest value of a key counts",
    test,
  },
  {
    name: "a global table without a bound",
    file,
    find: "if (values.bytes <= bytesMax) return;",
    replace: "if (values.bytes >= 0) return;",
    guarantee: "G8",
    test,
  },
  {
    name: "what is replaced in a global table counted on",
    file,
    find: "if (before !== undefined) this.bytes -= sizeOf(key, before);",
    replace: "",
    guarantee: "G8",
    test,
  },
  {
    name: "added partitions of a global table overlooked",
    file,
    find: "if (id !== about.id || partitions !== about.partitions) return;",
    replace: "if (id !== about.id) return;",
    guarantee: "a global table is whole",
    test,
  },
  {
    name: "a global table that was made again not read again",
    file,
    find: "if (!isStale(error)) throw error;",
    replace: "throw error;",
    guarantee: "G6",
    test,
  },
  {
    name: "a global table held to the partitions of the input",
    file: "src/streams/topology/check_topics.ts",
    find: ' || topic.role === "global"',
    replace: "",
    guarantee: "a global table has any number of partitions",
    test,
  },
];
