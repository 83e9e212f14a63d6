import type { LogRecord } from "../../../src/streams/record.ts";
import type { MemoryLog } from "../../../src/streams/testing/memory_log.ts";
import type { Topology } from "../../../src/streams/topology/topology.ts";
import {
  combiningTopology,
  type CountingRow,
  countingTopology,
  pairingTopology,
} from "../counting_topology.ts";
import { Auditor } from "./auditor.ts";
import type { Chance } from "./chance.ts";
import type { Disaster } from "./disaster.ts";
import type { Generation } from "./generation.ts";
import { type InputRecord, InputSource } from "./input.ts";
import { InputOrder } from "./input_order.ts";
import { PartitionModel } from "./model.ts";
import type { ModelRules } from "./model_rules.ts";
import type { Play } from "./play.ts";
import { describeScenario, type Scenario } from "./scenario.ts";
import type { SimulatedRow } from "./sink.ts";
import type { TakenOrder } from "./taken_order.ts";

/** The counting job in one of its shapes, and its models. */
export class CountingPlay implements Play {
  readonly scenario: Scenario;
  auditor: Auditor;
  readonly #chance: Chance;
  readonly #log: MemoryLog;
  readonly #disaster: Disaster;
  readonly #input: InputSource;
  readonly #order: InputOrder | undefined;
  #models: readonly PartitionModel[];
  readonly #records: { readonly partition: number; offset: number; record: InputRecord }[] = [];

  constructor(
    scenario: Scenario,
    { chance, log, disaster }: {
      readonly chance: Chance;
      readonly log: MemoryLog;
      readonly disaster: Disaster;
    },
  ) {
    this.scenario = scenario;
    this.#chance = chance;
    this.#log = log;
    this.#disaster = disaster;
    const { partitions, joins, pairs, repartition } = scenario;
    this.#models = Array.from({ length: partitions }, (_, p) => new PartitionModel(p, scenario));
    this.#input = new InputSource(chance, { mixes: repartition });
    const further = joins ? pairs ? ["second"] : ["second", "factors"] : [];
    const isOrdered = repartition || joins;
    this.#order = isOrdered ? new InputOrder(log, this.#models, further) : undefined;
    this.auditor = new Auditor(log, this.#models, disaster, scenario, this.#order);
  }

  get description(): string {
    return describeScenario(this.scenario);
  }

  get order(): TakenOrder | undefined {
    return this.#order?.taken;
  }

  drawRules(): ModelRules {
    return this.#chance.pick(this.scenario.rules);
  }

  notices(topic: string): boolean {
    return topic === "factors" || this.scenario.combines !== undefined;
  }

  topologyBy(rules: ModelRules, program: string): Topology<unknown, unknown, SimulatedRow> {
    const { pairs, combines } = this.scenario;
    const takes = (record: LogRecord) => {
      if (combines === undefined) this.order?.takes(program, record);
    };
    const options = {
      ...this.scenario,
      ...rules,
      handlers: {
        onProcessingError: () => "dead-letter" as const,
        onDeserializationError: (record: LogRecord) => {
          // Nothing reads it; that a table takes a record is noticed elsewhere.
          if (record.timestampMs < 0 && record.topic !== "factors") takes(record);
          return "dead-letter" as const;
        },
      },
    };
    const other = pairs
      ? pairingTopology(options)
      : combines === undefined
      ? undefined
      : combiningTopology(combines, options);
    const job = other as unknown as ReturnType<typeof countingTopology> | undefined ??
      countingTopology(options);
    const read = (record: LogRecord, rekeyed: boolean) => {
      takes(record);
      return job.source.read(record, rekeyed);
    };
    const noticed = { ...job, source: { ...job.source, read } };
    return noticed as unknown as Topology<unknown, unknown, SimulatedRow>;
  }

  /**
   * From here on the job is held against states that begin with what is left of the input.
   *
   * @param rows What the table has of the life before.
   */
  begin(generations: readonly Generation[], rows: ReadonlyMap<string, SimulatedRow>): void {
    this.#models = generations.map((it, p) => new PartitionModel(p, this.scenario, it));
    for (const { partition, offset, record } of this.#records) {
      if (offset < (generations[partition]?.inputOffset ?? 0)) continue;
      this.#models[partition]?.add(offset, record);
    }
    this.auditor = new Auditor(
      this.#log,
      this.#models,
      this.#disaster,
      this.scenario,
      undefined,
      new Map(rows as ReadonlyMap<string, CountingRow>),
    );
  }

  next(): InputRecord {
    const chance = this.#chance;
    if (!this.scenario.joins) return this.#input.next();
    if (this.scenario.combines !== undefined) {
      return this.#input.nextFactor(chance.pick([undefined, "second", "factors"] as const));
    }
    const other = this.scenario.pairs ? "second" : "factors";
    const draw = chance.pick(["input", "input", "second", other] as const);
    if (draw === "factors") return this.#input.nextFactor(draw);
    return draw === "input" ? this.#input.next() : this.#input.nextOf(draw);
  }

  repeated(): readonly InputRecord[] {
    return this.#input.repeated();
  }

  sent(place: Pick<LogRecord, "partition" | "offset">, record: InputRecord): void {
    this.#order?.sent(place, record);
    if (this.order !== undefined || this.#disaster.severs(place.partition)) return;
    this.#models[place.partition]?.add(place.offset, record);
    this.#records.push({ ...place, record });
  }
}
