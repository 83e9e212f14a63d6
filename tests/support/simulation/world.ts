import { type Logger, silentLogger } from "../../../src/base/logger.ts";
import type { LogRecord } from "../../../src/streams/record.ts";
import type { Topology } from "../../../src/streams/topology/topology.ts";
import { MemoryLog } from "../../../src/streams/testing/memory_log.ts";
import type { RepeatedRequest } from "../../../src/streams/testing/memory_writer.ts";
import type { TopicPartition } from "../../../src/streams/record.ts";
import { SimulatedClock } from "../../../src/streams/testing/simulated_clock.ts";
import {
  combiningTopology,
  type CountingRow,
  countingTopology,
  type Measurement,
  pairingTopology,
  remarksTopic,
  resultsTopic,
  type Total,
} from "../counting_topology.ts";
import { Auditor } from "./auditor.ts";
import { Chance } from "./chance.ts";
import { Disaster } from "./disaster.ts";
import { Faults } from "./faults.ts";
import type { ModelRules } from "./model_rules.ts";
import type { Generation } from "./generation.ts";
import { type Member, SimulatedGroup } from "./group.ts";
import { InputOrder } from "./input_order.ts";
import { type InputRecord, InputSource, toOutput, writtenBytesMax } from "./input.ts";
import { Machine, type SimulatedProcess } from "./machine.ts";
import { PartitionModel } from "./model.ts";
import { drawScenario, type Scenario } from "./scenario.ts";
import { SimulatedTable } from "./sink.ts";
import type { Surroundings } from "./surroundings.ts";
import { Trace } from "./trace.ts";

const topics = [
  "input",
  "input-late",
  "input-dead-letters",
  "app-totals-changelog",
  "app-repartition",
  "second",
  "factors",
  resultsTopic,
  remarksTopic,
];

/** Far from the seeds of worlds. */
const threadSeeds = 1_000_003;

/** Everything that a seed makes: machines, log, table, group, time, and what watches them. */
export class World implements Surroundings {
  readonly chance: Chance;
  readonly #threads: number;
  readonly scenario: Scenario;
  readonly clock: SimulatedClock = new SimulatedClock(0);
  readonly log: MemoryLog = new MemoryLog();
  readonly faults: Faults;
  readonly group: SimulatedGroup;
  readonly table: SimulatedTable;
  auditor: Auditor;
  readonly disaster: Disaster;
  readonly order: InputOrder | undefined;
  readonly machines: readonly Machine[];
  readonly events: Trace = new Trace();
  readonly loggerOf: (program: string) => Logger;
  #models: readonly PartitionModel[];
  readonly #records: { readonly partition: number; offset: number; record: InputRecord }[] = [];
  readonly #input: InputSource;
  #sent = 0;

  constructor(seed: number, loggerOf: Surroundings["loggerOf"] = () => silentLogger) {
    this.loggerOf = loggerOf;
    this.chance = new Chance(seed);
    this.scenario = drawScenario(this.chance);
    // By a chance of its own, so that the other worlds are what they were.
    this.#threads = new Chance(seed + threadSeeds).pick([1, 1, 2, 3]);
    const { partitions, machines, readRecordsMax } = this.scenario;
    for (const topic of topics) this.log.createTopic(topic, partitions);
    this.log.readRecordsMax = readRecordsMax;
    this.log.valueBytesMax = writtenBytesMax;
    this.#models = range(partitions).map((p) => new PartitionModel(p, this.scenario));
    this.#input = new InputSource(this.chance, { mixes: this.scenario.repartition });
    const { joins, pairs } = this.scenario;
    const further = joins ? pairs ? ["second"] : ["second", "factors"] : [];
    this.order = this.scenario.repartition || this.scenario.joins
      ? new InputOrder(this.log, this.#models, further)
      : undefined;
    const { disaster } = this.scenario;
    this.disaster = new Disaster(disaster, this.log, this.chance, partitions);
    this.auditor = new Auditor(this.log, this.#models, this.disaster, this.scenario, this.order);
    this.table = new SimulatedTable((row) => this.auditor.written(row));
    this.faults = new Faults(this.chance, this.scenario);
    this.log.repeated = (place) => this.#repeated(place);
    this.group = new SimulatedGroup(this.clock, this.chance, partitions);
    this.group.onAssigned = (sharing) => this.trace(`shared out ${JSON.stringify(sharing)}`);
    this.machines = range(machines).map((i) => new Machine(this, `m${i}`));
  }

  get settings(): Surroundings["settings"] {
    return { application: "app", threads: this.#threads, ...this.scenario };
  }

  drawRules(): ModelRules {
    return this.chance.pick(this.scenario.rules);
  }

  topologyBy(rules: ModelRules, program: string): Topology<Measurement, Total, CountingRow> {
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
    return { ...job, source: { ...job.source, read } };
  }

  /** From here on the job is held against states that begin with what is left of the input. */
  begin(generations: readonly Generation[]): void {
    this.#models = generations.map((it, p) => new PartitionModel(p, this.scenario, it));
    for (const { partition, offset, record } of this.#records) {
      if (offset < (generations[partition]?.inputOffset ?? 0)) continue;
      this.#models[partition]?.add(offset, record);
    }
    const rows = new Map(this.table.rows);
    this.auditor = new Auditor(
      this.log,
      this.#models,
      this.disaster,
      this.scenario,
      undefined,
      rows,
    );
    this.#sent = Math.floor(this.#sent / 2);
  }

  get processes(): SimulatedProcess[] {
    return this.machines.flatMap(({ process }) => process === undefined ? [] : [process]);
  }

  get inputLeft(): number {
    return this.scenario.inputRecords - this.#sent;
  }

  trace(what: string): void {
    this.events.add(this.clock.nowMs(), what);
  }

  /** Appends the next input record, and sometimes what a producer's transactions leave behind,
   * or what a producer sends twice. */
  produce(): void {
    const record = this.#next();
    const partition = this.#append(record);
    this.#sent += 1;
    const place = { topic: record.topic ?? "input", partition };
    if (this.chance.oneIn(12)) this.log.control(place);
    if (this.chance.oneIn(20)) {
      this.log.write({ ...toOutput(record), partition }, { state: "aborted" });
    }
    if (this.chance.oneIn(10)) { for (const again of this.#input.repeated()) this.#append(again); }
    this.log.wake();
  }

  #next(): InputRecord {
    if (!this.scenario.joins) return this.#input.next();
    if (this.scenario.combines !== undefined) {
      return this.#input.nextFactor(this.chance.pick([undefined, "second", "factors"] as const));
    }
    const other = this.scenario.pairs ? "nextSecond" : "nextFactor";
    const draw = this.chance.pick(["next", "next", "nextSecond", other] as const);
    return draw === "nextFactor" ? this.#input.nextFactor("factors") : this.#input[draw]();
  }

  /** The first copy of a request that was repeated arrives within seconds. */
  #repeated({ partition }: TopicPartition): Promise<RepeatedRequest> | undefined {
    const request = this.faults.repeated;
    if (request === undefined) return undefined;
    return this.clock.sleep(this.chance.below(this.chance.pick([20, 3_000]))).then(() => {
      this.trace(`a late ${request} of ${partition} arrives`);
      return request;
    });
  }

  #append(record: InputRecord): number {
    const output = { ...toOutput(record), partition: this.disaster.partitionOf(record) };
    const { partition, offset } = this.log.write(output, undefined);
    this.order?.sent({ partition, offset }, record);
    if (this.order === undefined && !this.disaster.severs(partition)) {
      this.#models[partition]?.add(offset, record);
      this.#records.push({ partition, offset, record });
    }
    return partition;
  }

  async sessionEnds(member: Member | undefined): Promise<void> {
    await this.clock.sleep(this.chance.below(3_000));
    if (member !== undefined) this.group.remove(member);
  }
}

function range(length: number): number[] {
  return Array.from({ length }, (_, i) => i);
}
