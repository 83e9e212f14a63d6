import type { Sink } from "../../../../src/streams/ports.ts";
import type { LogRecord } from "../../../../src/streams/record.ts";
import type { MemoryLog } from "../../../../src/streams/testing/memory_log.ts";
import type { Chance } from "../chance.ts";
import { type InputRecord, InputSource } from "../input.ts";
import { placeName } from "../input_order.ts";
import type { ModelRules } from "../model_rules.ts";
import type { DrawnJob, Play } from "../play.ts";
import { describeScenario, type Scenario } from "../scenario.ts";
import type { SimulatedRow } from "../sink.ts";
import { TakenOrder } from "../taken_order.ts";
import { drawGraph, drawGraphRules } from "./draw_graph.ts";
import { GlobalHistory, GlobalWatch } from "./global_watch.ts";
import {
  describeGraph,
  globalTopic,
  type Graph,
  hasGlobal,
  lookupTopics,
  streamTopics,
} from "./graph.ts";
import { GraphAuditor, sinkPrefix } from "./graph_auditor.ts";
import { GraphFold } from "./graph_fold.ts";
import { graphJob } from "./graph_job.ts";
import { GraphQueries } from "./graph_queries.ts";

/** The same world for a drawn job: its topics stay as they are, and its rules are drawn with it. */
export function calmScenario(scenario: Scenario): Scenario {
  return { ...scenario, disaster: "none", reset: false, rules: [] };
}

/** A job drawn from the engine's operators, and its fold. */
export class GraphPlay implements Play {
  readonly scenario: Scenario;
  readonly auditor: GraphAuditor;
  readonly order: TakenOrder;
  readonly ask?: NonNullable<Play["ask"]>;
  readonly #chance: Chance;
  readonly #graph: Graph;
  readonly #input: InputSource;
  readonly #rules: readonly ModelRules[];
  readonly #records = new Map<string, InputRecord>();
  readonly #history = new GlobalHistory();
  #serial = 0;

  constructor(
    scenario: Scenario,
    { chance, log }: { readonly chance: Chance; readonly log: MemoryLog },
  ) {
    this.scenario = scenario;
    this.#chance = chance;
    this.#graph = drawGraph(chance);
    this.#rules = drawGraphRules(this.#graph, chance);
    this.#input = new InputSource(chance, { mixes: chance.oneIn(2) });
    const { partitions } = scenario;
    const folds = Array.from(
      { length: partitions },
      (_, partition) =>
        new GraphFold(this.#graph, {
          partition,
          partitions,
          records: this.#records,
          seenBy: (taken) => this.#history.seenBy(taken),
        }),
    );
    const further = [...streamTopics(this.#graph).slice(1), ...lookupTopics(this.#graph)];
    this.order = new TakenOrder(
      log,
      { partitions, further },
      (partition, _step, taken) => folds[partition]?.take(taken),
    );
    this.auditor = new GraphAuditor(this.#graph, log, this.order, folds);
    const { table } = this.#graph;
    if (table === undefined) return;
    const queries = new GraphQueries(table, {
      chance,
      rules: this.#rules,
      histories: folds.map(({ history }) => history),
      wrong: (program, what) => this.auditor.answered(program, what),
    });
    this.ask = (asked) => queries.ask(asked);
  }

  get description(): string {
    const rules = this.#rules.map((one) => `  rules: ${JSON.stringify(one)}`);
    return [describeScenario(this.scenario), describeGraph(this.#graph), ...rules].join("\n");
  }

  drawRules(): ModelRules {
    return this.#chance.pick(this.#rules);
  }

  notices(topic: string): boolean {
    return topic !== "app-repartition" && topic !== globalTopic && !topic.endsWith("-changelog");
  }

  topologyBy(rules: ModelRules, program: string, table: Sink<SimulatedRow>): DrawnJob {
    const drawn = graphJob(this.#graph, {
      rules,
      handlers: {
        onProcessingError: () => "dead-letter",
        onDeserializationError: () => "dead-letter",
      },
      sinks: (output) => ({
        write: (rows) => table.write(rows.map((row) => forOutput(row, output))),
      }),
      watch: new GlobalWatch(
        this.#history,
        () => this.order.latest,
        (what) => this.auditor.saw(program, what),
      ),
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
    if (hasGlobal(this.#graph) && chance.oneIn(5)) return this.#nextGlobal();
    const topic = chance.pick([...streams, ...isTable ? [] : streams, ...lookups]);
    // Without repartitioning a key that lies in two places would be two rows with one name.
    const mayBeMisplaced = isTable || lookups.includes(topic) ||
      this.#graph.left?.repartition === true;
    const named = topic === "input" ? undefined : topic as InputRecord["topic"];
    const isStream = named === "second" || named === "third";
    const record = isTable || lookups.includes(topic) || chance.oneIn(25)
      ? this.#input.nextFactor(named)
      : isStream
      ? this.#input.nextOf(named)
      : this.#input.next();
    return mayBeMisplaced && chance.oneIn(20)
      ? { ...record, isMisplaced: true, spread: chance.whole(0, 5) }
      : record;
  }

  /** Every value is another one, so that it says how old it is. */
  #nextGlobal(): InputRecord {
    const record = this.#input.nextFactor(globalTopic);
    const { key, factor } = record;
    const name = this.#chance.oneIn(2) ? key : `v${this.#chance.whole(0, 3)}`;
    const value = typeof factor === "number" ? this.#serial++ : factor;
    return { ...record, key: name, factor: value };
  }

  repeated(): readonly InputRecord[] {
    return this.#input.repeated();
  }

  sent({ partition, offset }: Pick<LogRecord, "partition" | "offset">, record: InputRecord): void {
    this.#records.set(placeName(record.topic, partition, offset), record);
    const { topic, key, factor } = record;
    if (topic !== globalTopic || key === null || factor === undefined) return;
    this.#history.add(key, factor ?? undefined);
  }
}

/** A row by the sink that it was given to. */
function forOutput(row: SimulatedRow, output: number): SimulatedRow {
  return row.kind === "graph" ? { ...row, id: sinkPrefix(output) + row.id } : row;
}
