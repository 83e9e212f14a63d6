import type { PlantedBug } from "./planted_bug.ts";

const test = "tests/unit/streams/process_test.ts";
const join = "tests/unit/streams/stream_join_test.ts";
const windows = "src/streams/topology/stream_join.ts";
const waiting = "src/streams/topology/waiting_values.ts";
const stores = "src/streams/state/key_values.ts";

/** What a processor stores and schedules, what streams become, and how they are joined. */
export const processorBugs: readonly PlantedBug[] = [
  {
    name: "records of a stream in the next transaction as well",
    file: "src/streams/processing/processor.ts",
    find: "this.#emitting?.handOver();",
    replace: "",
    guarantee: "G1",
  },
  {
    name: "what was scheduled forgotten at a restart",
    file: stores,
    find: "values.#timers.add(new Due(name, key, atMs));",
    replace: "",
    guarantee: "G1",
  },
  {
    name: "a partition's time that a restart forgets",
    file: "src/streams/processing/processor.ts",
    find: "emittingOf(topology, stores, meta.timeMs)",
    replace: "emittingOf(topology, stores, undefined)",
    guarantee: "G1",
  },
  {
    name: "stores that keep what an event did on which the job threw",
    file: stores,
    find: "for (const { id, bytes } of formers.reverse()) this.#change(id, bytes);",
    replace: "",
    guarantee: "G1",
  },
  {
    name: "records kept of an event on which the job threw",
    file: "src/streams/processing/emitting.ts",
    find: "this.#waiting.cutTo(this.#before);",
    replace: "",
    guarantee: "G1",
  },
  {
    name: "a call that was made still scheduled",
    file: stores,
    find: "this.#set(id, null);\n      return due;",
    replace: "return due;",
    guarantee: "G1",
  },
  {
    name: "a call for what an event scheduled on which the job threw",
    file: stores,
    find: "if (this.#bytesOf(id) === null) continue;",
    replace: "",
    guarantee: "G1",
    test,
  },
  {
    name: "a value processed for each stream that continues from it",
    file: "src/streams/topology/processor.ts",
    find: "if (last?.context !== context) last =",
    replace: "last =",
    guarantee: "a value is processed once",
    test,
  },
  {
    name: "a time that moves with what it makes late",
    file: "src/streams/processing/emitting.ts",
    find: "this.#timeMs = Math.max(this.#timeMs, timeMs);",
    replace: "this.#timeMs = timeMs;",
    guarantee: "G1",
    test,
  },
  {
    name: "values sent on without the side of the join that they are of",
    file: "src/streams/topology/either.ts",
    find: "value?.[0]) === rightTag",
    replace: "value?.[1]) === rightTag",
    guarantee: "a pair is made of one value of each stream",
    test: join,
  },
  {
    name: "partners at the edge of a join's window left out",
    file: waiting,
    find: "Math.abs(waiting[0] - timeMs) > this.#differenceMs",
    replace: "Math.abs(waiting[0] - timeMs) >= this.#differenceMs",
    guarantee: "each pair within the window",
    test: join,
  },
  {
    name: "values with partners taken for ones without",
    file: waiting,
    find: "waiting[2] = true;",
    replace: "",
    guarantee: "a value without partner is one that had none",
    test: join,
  },
  {
    name: "values of a busy key kept when their row is over",
    file: waiting,
    find: "for (const [atMs] of parts) this.#store.delete(atMs);",
    replace: "this.#store.delete(startMs);",
    guarantee: "what is over goes",
    test: join,
  },
  {
    name: "the last part of a row that is full begun again",
    file: waiting,
    find: "{ ...last, values: [...last.values, ...values] }",
    replace: "{ ...last, values }",
    guarantee: "each pair within the window",
    test: join,
  },
  {
    name: "values that wait for partners gone before the grace is over",
    file: windows,
    find: "const keptMs = rowMs + differenceMs + graceMs;",
    replace: "const keptMs = rowMs + differenceMs;",
    guarantee: "each pair within the window",
    test: join,
  },
  {
    name: "values that have missed their partners and are not late",
    file: "src/streams/processing/emitting.ts",
    find: "goneAtMs <= this.#timeMs",
    replace: "goneAtMs < 0",
    guarantee: "G7",
  },
  {
    name: "values that are late only when all of their partners are gone",
    file: windows,
    find: "startOfRow(startMs, rowMs) + keptMs",
    replace: "startOfRow(startMs + 2 * differenceMs, rowMs) + keptMs",
    guarantee: "G7",
    test: join,
  },
  {
    name: "values of a second input that lead back to the first one",
    file: "src/streams/processing/rekeying.ts",
    find: "{ input, partition: from",
    replace: "{ input: Math.min(0, input), partition: from",
    guarantee: "G7",
    test: join,
  },
];
