import type { PlantedBug } from "./planted_bug.ts";

const test = "tests/unit/streams/table_join_test.ts";
const changes = "src/streams/topology/table_changes.ts";
const tables = "src/streams/topology/topic_table.ts";

/** What must not be forgotten where tables are joined with each other. */
export const tableJoinBugs: readonly PlantedBug[] = [
  {
    name: "results of a join that stay when they are none any more",
    file: changes,
    find: "return had ? [null] : [];",
    replace: "return had ? [] : [];",
    guarantee: "G1",
  },
  {
    name: "deletions of keys that never had a result",
    file: changes,
    find: "return had ? [null] : [];",
    replace: "return had ? [null] : [null];",
    guarantee: "G1",
  },
  {
    name: "a joined table that keeps what its topic deletes",
    file: changes,
    find: "else store.delete();",
    replace: "",
    guarantee: "G1",
  },
  {
    name: "an inner join of what one table has",
    file: tables,
    find: "has: (left, right) => left && right,",
    replace: "has: (left, right) => left || right,",
    guarantee: "G1",
  },
  {
    name: "a left join of what its right table has",
    file: tables,
    find: "has: (left) => left,",
    replace: "has: (left, right = false) => left || right,",
    guarantee: "G1",
  },
  {
    name: "an outer join of what both tables have",
    file: tables,
    find: "has: (left, right) => left || right, make }),",
    replace: "has: (left, right) => left && right, make }),",
    guarantee: "G1",
  },
  {
    name: "deletions of a table written as values",
    file: "src/streams/topology/job.ts",
    find: "value: latest && value === null ? null : codec.encode(value),",
    replace: "value: codec.encode(value),",
    guarantee: "G1",
  },
  {
    name: "a change of a table made for each output of it",
    file: changes,
    find: "once(steps));",
    replace: "steps);",
    guarantee: "a change is made once",
    test,
  },
  {
    name: "joined tables that keep a change on which the job threw",
    file: changes,
    find: "globals: [], processors }",
    replace: "globals: [], processors: processors.slice(1) }",
    guarantee: "G1",
    test,
  },
  {
    name: "joined tables that take what is in the wrong partition",
    file: "src/streams/processing/reading.ts",
    find: "source.ofTables.includes(record.topic) &&",
    replace: "source.ofTables.includes(record.topic) && partitions < 0 &&",
    guarantee: "G7",
    test,
  },
  {
    name: "joined tables that take what they cannot read",
    file: changes,
    find: 'if (read instanceof Rejection) return { kind: "dead", ...read };',
    replace: "",
    guarantee: "G7",
  },
  {
    name: "changes of a table that go by the age of their records",
    file: "src/streams/topology/job_topics.ts",
    find: 'role: latest === true ? "latest-results" as const : "results" as const,',
    replace: 'role: "results" as const,',
    guarantee: "the topic of a table has its newest value of each key",
    test,
  },
];
