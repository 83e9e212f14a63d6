import assert from "node:assert/strict";
import {
  globalTable,
  type JoinableTable,
  type JoinedTable,
  json,
  merge,
  type Stream,
  stream,
  table,
  type TimedStream,
  type TopicTable,
  within,
} from "../../../../src/streams/mod.ts";
import type { Measurement } from "../../counting_topology.ts";
import type { InputEvent } from "../input.ts";
import type { DrawnJob } from "../play.ts";
import {
  type EarlyStep,
  globalTopic,
  type Graph,
  type KeyedStep,
  type PairJoin,
  type Side,
  type TableShape,
} from "./graph.ts";
import { endOf, type Flow, type JobMaking, type Outputs } from "./graph_end.ts";
import * as steps from "./steps.ts";

/** A drawn job, written with what the package has for users. */
export function graphJob(graph: Graph, making: JobMaking): DrawnJob {
  const building = new Building(making);
  const { left, pairs, tables, changes } = graph;
  if (tables !== undefined) {
    const joined = building.joined(tables) as JoinedTable<number>;
    if (changes !== undefined) building.outputs.push({ topic: changes, values: joined });
    const start: Flow = joined.toStream().map(steps.changed) as unknown as Flow;
    return endOf(graph, building.rest(start, graph.flow), building.outputs, making);
  }
  assert(left !== undefined, "a job begins with streams or with tables");
  if (left.by === "none") {
    const values = building.timed(left);
    for (const step of graph.flow) {
      if (step.op === "output") building.outputs.push({ topic: step.topic, values });
    }
    return endOf(graph, undefined, building.outputs, making);
  }
  const keyed = building.side(left);
  const start = pairs.reduce((flow, join) => building.pairs(flow, join), keyed);
  return endOf(graph, building.rest(start, graph.flow), building.outputs, making);
}

class Building {
  /** In the order of the steps. */
  readonly outputs: Outputs[] = [];
  readonly #tables = new Map<string, TopicTable<number>>();
  readonly #global = globalTable(globalTopic, json(isNumber));
  readonly #making: JobMaking;

  constructor(making: JobMaking) {
    this.#making = making;
  }

  timed(side: Side): TimedStream<Measurement> {
    const [one, ...others] = side.inputs.map(({ topic, steps }) =>
      early(measured(topic, side), steps)
    );
    assert(one !== undefined, "a stream has an input");
    const all = early(others.length === 0 ? one : merge(one, ...others), side.merged);
    return side.time === "event" ? all.timestamp(({ timeMs }) => timeMs) : all;
  }

  side(side: Side): Flow {
    const timed = this.timed(side);
    const { repartition, asRead, by } = side;
    const keyOf = by === "value" ? steps.keyOfValue : ({ key }: Measurement) => key;
    const keyed = by === "record"
      ? timed.groupByKey()
      : timed.keyBy(keyOf, { repartition, asRead });
    return this.flow(keyed as Flow, side.flow);
  }

  pairs(left: Flow, { name, kind, right, flow, differenceMs, graceMs }: PairJoin): Flow {
    const windows = within(differenceMs, { grace: graceMs });
    const other = this.side(right);
    const join = left[kind] as typeof left.outerJoin;
    return this.flow(join(name, other, windows, steps.paired) as unknown as Flow, flow);
  }

  /** The steps behind all streams and tables, the first of which is the job's version. */
  rest(start: Flow, keyedSteps: readonly KeyedStep[]): Flow {
    const { revision } = this.#making.rules;
    return this.flow(start.map((value) => steps.revised(value, revision)), keyedSteps);
  }

  flow(start: Flow, keyedSteps: readonly KeyedStep[]): Flow {
    return keyedSteps.reduce((flow, step) => this.#step(flow, step), start);
  }

  joined({ topics, joins, throws }: TableShape): JoinableTable<number> {
    const [one, ...others] = topics.map((topic) => this.#table(topic));
    assert(one !== undefined, "there is a table");
    const make = (value?: number, partner?: number) =>
      steps.joinedNumber({ throws }, value, partner);
    return others.reduce<JoinableTable<number>>(
      (joined, other, at) => joined[joins[at] ?? "join"](other, make),
      one,
    );
  }

  #table(topic: string): TopicTable<number> {
    const known = this.#tables.get(topic) ?? table(topic, json(isNumber));
    this.#tables.set(topic, known);
    return known;
  }

  #step(flow: Flow, step: KeyedStep): Flow {
    switch (step.op) {
      case "add":
      case "fail":
        return flow.map((value) => steps.applied(step, value)[0] as Measurement);
      case "copies":
        return flow.flatMap((value) => steps.applied(step, value));
      case "keep":
        return flow.filter((value) => steps.applied(step, value).length > 0);
      case "number":
        return numbering(flow, step.name);
      case "remind":
        return reminding(flow, step);
      case "lookup": {
        const lookup = this.joined(step.table);
        return step.kind === "join"
          ? flow.join(lookup, steps.withPartner)
          : flow.leftJoin(lookup, steps.withPartner);
      }
      case "global":
        return this.#globally(flow, step);
      case "branch": {
        const { aside, ahead } = flow.branch({
          aside: (value) => steps.wayOf(value, step.on) === "aside",
          ahead: (value) => steps.wayOf(value, step.on) !== undefined, // the first one wins
        });
        this.outputs.push({ topic: step.topic, values: aside });
        return ahead;
      }
      case "output":
        this.outputs.push({ topic: step.topic, values: flow });
        return flow;
    }
  }

  #globally(flow: Flow, { kind, by }: Extract<KeyedStep, { readonly op: "global" }>): Flow {
    const { watch } = this.#making;
    const nameOf = (value: Measurement, key: string) =>
      watch.asks(by === "key" ? key : steps.keyOfValue(value));
    const make = (value: Measurement, partner: number | undefined) => {
      watch.gets(partner);
      return steps.withPartner(value, partner);
    };
    return kind === "join"
      ? flow.join(this.#global, nameOf, make)
      : flow.leftJoin(this.#global, nameOf, make);
  }
}

function measured(topic: string, { longest }: Side): Stream<Measurement> {
  return stream(topic, json(isList))
    .reject((list) => list.length > longest ? "too many values" : undefined)
    .flatMap((list) => list)
    .reject(({ value }) => value === null ? "a value is missing" : undefined) as Stream<
      Measurement
    >;
}

function early(start: Stream<Measurement>, earlySteps: readonly EarlyStep[]): Stream<Measurement> {
  return earlySteps.reduce((values, step) => {
    switch (step.op) {
      case "reject":
        return values.reject((value) =>
          steps.isRejected(value, step.on) ? "the job rejects it" : undefined
        );
      case "add":
      case "fail":
        return values.map((value) => steps.applied(step, value)[0] as Measurement);
      case "copies":
        return values.flatMap((value) => steps.applied(step, value));
      case "keep":
        return values.filter((value) => steps.applied(step, value).length > 0);
    }
  }, start);
}

function numbering(flow: Flow, name: string): Flow {
  return flow.process(name, { seen: json(isNumber) }, {
    process(value, { stores: { seen } }) {
      const number = (seen.get() ?? 0) + 1;
      if (number === steps.numberMax) seen.delete();
      else seen.put(number);
      return [steps.numbered(value, number)];
    },
  });
}

function reminding(
  flow: Flow,
  { name, afterMs }: Extract<KeyedStep, { readonly op: "remind" }>,
): Flow {
  return flow.process(name, { values: json<Measurement>() }, {
    process(value, { timeMs, stores: { values }, schedule }) {
      values.put(value, timeMs);
      schedule(timeMs + afterMs);
      return [value];
    },
    punctuate(timeMs, { stores: { values } }) {
      const value = values.get(timeMs - afterMs);
      values.delete(timeMs - afterMs);
      return value === undefined ? [] : [steps.reminded(value)];
    },
  }) as unknown as Flow; // nothing folds it
}

function isList(value: unknown): value is readonly InputEvent[] {
  return Array.isArray(value);
}

function isNumber(value: unknown): value is number {
  return typeof value === "number";
}
