import { type Logger, silentLogger } from "../../../src/base/logger.ts";
import { MemoryLog } from "../../../src/streams/testing/memory_log.ts";
import type { RepeatedRequest } from "../../../src/streams/testing/memory_writer.ts";
import type { TopicPartition } from "../../../src/streams/record.ts";
import { SimulatedClock } from "../../../src/streams/testing/simulated_clock.ts";
import { remarksTopic, resultsTopic } from "../counting_topology.ts";
import { Chance } from "./chance.ts";
import { CountingPlay } from "./counting_play.ts";
import { Disaster } from "./disaster.ts";
import { Faults } from "./faults.ts";
import type { Generation } from "./generation.ts";
import { globalTopic, outputTopics } from "./graph/graph.ts";
import { calmScenario, GraphPlay } from "./graph/graph_play.ts";
import { type Member, SimulatedGroup } from "./group.ts";
import { type InputRecord, toOutput, writtenBytesMax } from "./input.ts";
import { Machine, type SimulatedProcess } from "./machine.ts";
import type { Play } from "./play.ts";
import { drawScenario, type Scenario } from "./scenario.ts";
import { SimulatedTable } from "./sink.ts";
import type { Surroundings } from "./surroundings.ts";
import { Trace } from "./trace.ts";

/** What a world's machines run: the counting job, or one drawn from the engine's operators. */
export const worldKinds = ["counting", "graph"] as const;

export type WorldKind = typeof worldKinds[number];

const topics = [
  "input",
  "input-late",
  "input-dead-letters",
  "app-totals-changelog",
  "app-repartition",
  "second",
  "third",
  "factors",
  "more",
  globalTopic,
  resultsTopic,
  remarksTopic,
  ...outputTopics,
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
  readonly play: Play;
  readonly disaster: Disaster;
  readonly machines: readonly Machine[];
  readonly events: Trace = new Trace();
  readonly loggerOf: (program: string) => Logger;
  readonly #counting: CountingPlay | undefined;
  #sent = 0;

  constructor(
    seed: number,
    kind: WorldKind,
    loggerOf: Surroundings["loggerOf"] = () => silentLogger,
  ) {
    this.loggerOf = loggerOf;
    this.chance = new Chance(seed);
    const drawn = drawScenario(this.chance);
    this.scenario = kind === "graph" ? calmScenario(drawn) : drawn;
    // By a chance of its own, so that the other worlds are what they were.
    this.#threads = new Chance(seed + threadSeeds).pick([1, 1, 2, 3]);
    const { partitions, machines, readRecordsMax, disaster } = this.scenario;
    for (const topic of topics) this.log.createTopic(topic, partitions);
    this.log.readRecordsMax = readRecordsMax;
    this.log.valueBytesMax = writtenBytesMax;
    this.disaster = new Disaster(disaster, this.log, this.chance, partitions);
    this.#counting = kind === "graph" ? undefined : new CountingPlay(this.scenario, this);
    this.play = this.#counting ?? new GraphPlay(this.scenario, this);
    this.table = new SimulatedTable((row) => this.play.auditor.written(row));
    this.faults = new Faults(this.chance, this.scenario);
    this.log.repeated = (place) => this.#repeated(place);
    this.group = new SimulatedGroup(this.clock, this.chance, partitions);
    this.group.onAssigned = (sharing) => this.trace(`shared out ${JSON.stringify(sharing)}`);
    this.machines = range(machines).map((i) => new Machine(this, `m${i}`));
  }

  get settings(): Surroundings["settings"] {
    return { application: "app", threads: this.#threads, ...this.scenario };
  }

  /** See `CountingPlay`. */
  begin(generations: readonly Generation[]): void {
    this.#counting?.begin(generations, this.table.rows);
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
    const record = this.play.next();
    const partition = this.#append(record);
    this.#sent += 1;
    const place = { topic: record.topic ?? "input", partition };
    if (this.chance.oneIn(12)) this.log.control(place);
    if (this.chance.oneIn(20)) {
      this.log.write({ ...toOutput(record), partition }, { state: "aborted" });
    }
    if (this.chance.oneIn(10)) { for (const again of this.play.repeated()) this.#append(again); }
    this.log.wake();
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
    this.play.sent({ partition, offset }, record);
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
