import type { PlantedBug } from "./planted_bug.ts";

const either = "src/streams/topology/either.ts";
const keyed = "src/streams/topology/keyed_stream.ts";
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
    find: "processors: [...left.processors, ...right.processors],",
    replace: "processors: left.processors,",
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
    find: "return this.#records.length > this.#before || this.#stores.attempted;",
    replace: "return this.#records.length > this.#before;",
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
];
