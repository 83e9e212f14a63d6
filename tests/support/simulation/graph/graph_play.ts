import type { LogRecord } from "../../../../src/streams/record.ts";
import type { MemoryLog } from "../../../../src/streams/testing/memory_log.ts";
import type { Topology } from "../../../../src/streams/topology/topology.ts";
import type { Chance } from "../chance.ts";
import { type InputRecord, InputSource } from "../input.ts";
import { placeName } from "../input_order.ts";
import type { ModelRules } from "../model_rules.ts";
import type { Play } from "../play.ts";
import { describeScenario, type Scenario } from "../scenario.ts";
import type { SimulatedRow } from "../sink.ts";
import { TakenOrder } from "../taken_order.ts";
import { drawGraph } from "./draw_graph.ts";
import { describeGraph, type Graph, lookupTopics, streamTopics } from "./graph.ts";
import { GraphAuditor } from "./graph_auditor.ts";
import { GraphFold } from "./graph_fold.ts";
import { graphJob } from "./graph_job.ts";

/** The same world for a drawn job: its topics stay as they are, and so does its code. */
export function calmScenario(scenario: Scenario): Scenario {
  return { ...scenario, disaster: "none", reset: false, rules: scenario.rules.slice(0, 1) };
}

/** A job drawn from the engine's operators, and its fold. */
export class GraphPlay implements Play {
  readonly scenario: Scenario;
  readonly auditor: GraphAuditor;
  readonly order: TakenOrder;
  readonly #chance: Chance;
  readonly #graph: Graph;
  readonly #input: InputSource;
  readonly #records = new Map<string, InputRecord>();

  constructor(
    scenario: Scenario,
    { chance, log }: { readonly chance: Chance; readonly log: MemoryLog },
  ) {
    this.scenario = scenario;
    this.#chance = chance;
    this.#graph = drawGraph(chance);
    this.#input = new InputSource(chance, { mixes: chance.oneIn(2) });
    const { partitions } = scenario;
    const folds = Array.from(
      { length: partitions },
      (_, partition) => new GraphFold(this.#graph, { partition, partitions }, this.#records),
    );
    const further = [...streamTopics(this.#graph).slice(1), ...lookupTopics(this.#graph)];
    this.order = new TakenOrder(
      log,
      { partitions, further },
      (partition, _step, taken) => folds[partition]?.take(taken),
    );
    this.auditor = new GraphAuditor(this.#graph, log, this.order, folds);
  }

  get description(): string {
    return `${describeScenario(this.scenario)}\n${describeGraph(this.#graph)}`;
  }

  drawRules(): ModelRules {
    return this.scenario.rules[0] as ModelRules;
  }

  notices(topic: string): boolean {
    return topic !== "app-repartition" && !topic.endsWith("-changelog");
  }

  topologyBy(_rules: ModelRules, program: string): Topology<unknown, unknown, SimulatedRow> {
    const drawn = graphJob(this.#graph, {
      onProcessingError: () => "dead-letter",
      onDeserializationError: () => "dead-letter",
    });
    const read = (record: LogRecord, rekeyed: boolean) => {
      if (rekeyed) this.order.takes(program, record);
      return drawn.source.read(record, rekeyed);
    };
    return { ...drawn, source: { ...drawn.source, read } };
  }

  next(): InputRecord {
    const chance = this.#chance;
    const lookups = lookupTopics(this.#graph);
    const streams = streamTopics(this.#graph);
    const isTable = this.#graph.tables !== undefined;
    const topic = chance.pick([...streams, ...isTable ? [] : streams, ...lookups]);
    // Without repartitioning a key that lies in two places would be two rows with one name.
    const mayBeMisplaced = isTable || lookups.includes(topic) ||
      this.#graph.left?.repartition === true;
    const named = topic === "input" ? undefined : topic as InputRecord["topic"];
    const record = isTable || lookups.includes(topic) || chance.oneIn(25)
      ? this.#input.nextFactor(named)
      : named === undefined
      ? this.#input.next()
      : this.#input.nextSecond();
    return mayBeMisplaced && chance.oneIn(20)
      ? { ...record, isMisplaced: true, spread: chance.whole(0, 5) }
      : record;
  }

  repeated(): readonly InputRecord[] {
    return this.#input.repeated();
  }

  sent({ partition, offset }: Pick<LogRecord, "partition" | "offset">, record: InputRecord): void {
    this.#records.set(placeName(record.topic, partition, offset), record);
  }
}
