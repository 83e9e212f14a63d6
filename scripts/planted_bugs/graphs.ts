import type { PlantedBug } from "./planted_bug.ts";

const either = "src/streams/topology/either.ts";
const keyed = "src/streams/topology/keyed_steps.ts";
const kind = "graph";

/** What goes wrong only where operators meet: the simulation has to draw a job that has both. */
export const graphBugs: readonly PlantedBug[] = [
  {
    name: "tables looked up for values that were left out",
    file: keyed,
    find: "if (values.length === 0) return [];",
    replace: "",
    guarantee: "G7",
    kind,
  },
  {
    name: "what was scheduled in the right one of joined streams forgotten at a restart",
    file: either,
    find: "...inputsOf(left, right),",
    replace: "...inputsOf(left, right), processors: left.processors,",
    guarantee: "G1",
    kind,
  },
  {
    name: "what a processor makes when it is called not joined with a stream",
    file: "src/streams/topology/stream_join.ts",
    find: 'cause instanceof Due ? cause : "left" in cause ? cause.left : undefined',
    replace: 'cause instanceof Due ? undefined : "left" in cause ? cause.left : undefined',
    guarantee: "G1",
    kind,
  },
  {
    name: "what a processor makes when it is called not seen by the next one",
    file: "src/streams/topology/processor.ts",
    find: "const given = before(cause, context, all);",
    replace: "const given = cause instanceof Due ? [] : before(cause, context, all);",
    guarantee: "G1",
    kind,
  },
  {
    name: "only the first of several values of an event folded",
    file: "src/streams/processing/event_fold.ts",
    find: "additions.reduce((into, addition) => addition.addTo(into), sum)",
    replace: "additions[0]?.addTo(sum) ?? sum",
    guarantee: "G1",
    kind,
  },
  {
    name: "a processor's work on a value that the table did not get uncounted",
    file: "src/streams/processing/emitting.ts",
    find: "return this.#waiting.all.length > this.#before || this.#stores.attempted;",
    replace: "return this.#waiting.all.length > this.#before;",
    guarantee: "G7",
    kind,
  },
  {
    name: "a mean of means where sessions become one",
    file: "src/streams/topology/folds.ts",
    find: "into[1] += from[1];",
    replace: "into[1] = Math.max(into[1], from[1]);",
    guarantee: "G1",
    kind,
  },
  {
    name: "a sliding window without values taken for one that a codec can write",
    file: "src/streams/processing/sliding.ts",
    find: "if (state.lastMs === undefined) return aggregator.initial();",
    replace: "",
    guarantee: "G1",
    kind,
  },
  {
    name: "one of several sinks that fails taken for written",
    file: "src/streams/topology/routed_row.ts",
    find: "for (const outcome of written) if",
    replace: "for (const outcome of written.slice(1)) if",
    guarantee: "G3",
    kind,
  },
  {
    name: "rows of events given to the sink of the results",
    file: "src/streams/topology/job.ts",
    find: "routed(events.output.make(event, context), events.sink),",
    replace: "routed(events.output.make(event, context), all[0]?.sink),",
    guarantee: "G3",
    kind,
  },
  {
    name: "the global table of the right one of joined streams not read",
    file: either,
    find: "...inputsOf(left, right),",
    replace: "...inputsOf(left, right), globals: left.globals,",
    guarantee: "engine",
    kind,
  },
  {
    name: "a value joined with what a global table has of its own key",
    file: keyed,
    find: "make(value, name === undefined ? undefined : global.get(name));",
    replace: "make(value, name === undefined ? undefined : global.get(context.key));",
    guarantee: "G1",
    kind,
  },
  {
    name: "keys that expire by values that a join leaves out",
    file: "src/streams/processing/processor.ts",
    find: "    if (fold === undefined) return this",
    replace:
      `    if (fold === undefined && this.#topology.tableless !== true) this.#horizon.note(timeMs);
    if (fold === undefined) return this`,
    guarantee: "G1",
    kind,
  },
  {
    name: "a value in each branch that wants it",
    file: keyed,
    find: "way === name ? [value] : []",
    replace: "ways[name]?.(value, context.key) === true ? [value] : []",
    guarantee: "G1",
    kind,
  },
  {
    name: "a value without a branch in the last one",
    file: keyed,
    find: "wants(value, context.key)) ?? [];",
    replace: "wants(value, context.key)) ?? conditions.at(-1) ?? [];",
    guarantee: "G1",
    kind,
  },
  {
    name: "another table of the same name written as if it were the first",
    file: "src/streams/topology/job.ts",
    find: "own === table,",
    replace: "own.store === table.store,",
    guarantee: "G1",
    test: "tests/unit/streams/job_test.ts",
  },
];
