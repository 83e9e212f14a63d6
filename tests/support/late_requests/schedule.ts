import { systemClock } from "../../../src/base/clock.ts";
import { silentLogger } from "../../../src/base/logger.ts";
import { systemRandom } from "../../../src/base/random.ts";
import type { KafkaConnection } from "../../../src/kafka/connection.ts";
import { KafkaMembership } from "../../../src/kafka/group/membership.ts";
import { KafkaLog } from "../../../src/kafka/read/log.ts";
import { KafkaCommitLog } from "../../../src/kafka/write/commit_log.ts";
import type { GroupMembership } from "../../../src/streams/ports.ts";
import { StreamsApp } from "../../../src/streams/app/streams_app.ts";
import { MemoryStores } from "../../../src/streams/testing/memory_stores.ts";
import { jsonEngineCodecs } from "../../../src/streams/state/json_engine_codecs.ts";
import { TestMembership } from "../counting_run.ts";
import { countingTopology, type Measurement, type Total } from "../counting_topology.ts";
import { readOptions, realTiming, testCluster, testProxy } from "../kafka_harness.ts";
import { transactionOptions } from "../kafka_harness.ts";
import { Chance } from "../simulation/chance.ts";
import type { ModelRules } from "../simulation/model_rules.ts";
import { type InputRecord, InputSource, toOutput } from "../simulation/input.ts";
import { PartitionModel } from "../simulation/model.ts";
import { type SimulatedRow, sinkOf } from "../simulation/sink.ts";
import { KafkaAudit } from "./audit.ts";
import { ProxyWeather } from "./weather.ts";

/** Which requests transactions are made of. */
export type TransactionKind = "explicit" | "v2";

/** Where a schedule takes place: topics that no other uses. */
export interface SchedulePlace {
  readonly topic: string;
  readonly application: string;
}

/** What became of a schedule. */
export interface ScheduleOutcome {
  readonly seed: number;
  readonly faults: number;
  /** The first broken promise. */
  readonly violation: string | undefined;
  readonly trace: readonly string[];
}

/** Time in which a schedule must be done once the weather is calm, ms. */
const patienceMs = 60_000;

/** Time for an answer, ms: on a busy machine, too, most come sooner. */
const requestTimeoutMs = 1_000;

const windows = { advanceMs: 10_000, rollUps: false, unwindowed: false } as const;
const rules: ModelRules = {
  graceMs: 5_000,
  retentionMs: 1_000_000,
  rollUpRetentionMs: 0,
  maxFutureMs: 60_000,
  agreeingEvents: 1_000,
  revision: "1",
};

/**
 * How instances follow one another: one alone in its group; one that stops and one that starts;
 * two that both take the partition for their own.
 */
type Cast = "alone" | "restart" | "zombie";

/**
 * Runs the counting job on Kafka, behind a proxy that treats its requests as the seed says, then
 * holds what a reader sees against the model.
 */
export async function runSchedule(
  kafka: KafkaConnection,
  seed: number,
  options: { readonly place: SchedulePlace; readonly transactions: TransactionKind },
): Promise<ScheduleOutcome> {
  const chance = new Chance(seed);
  const input = drawInput(chance);
  const model = new PartitionModel(0, windows);
  for (const [offset, record] of input.entries()) model.add(offset, record);
  const audit = new KafkaAudit(model, rules);
  const schedule = new Schedule(chance, { ...options, inputRecords: input.length, audit });
  await using appender = kafka.appender();
  await appender.append(
    input.map((record) => ({ ...toOutput(record), topic: options.place.topic, partition: 0 })),
  );
  const violation = await schedule.run();
  const { application, topic } = options.place;
  const committed = await kafka.commitLog(application).committed({ topic, partition: 0 });
  const job = { topic, application, inputRecords: input.length };
  return {
    seed,
    faults: schedule.faults,
    violation: violation ?? await audit.verdict(kafka.log(), job, committed),
    trace: schedule.trace,
  };
}

function drawInput(chance: Chance): InputRecord[] {
  const source = new InputSource(chance);
  const records: InputRecord[] = [];
  const count = chance.whole(10, 30);
  while (records.length < count) {
    records.push(source.next());
    if (chance.oneIn(10)) records.push(...source.repeated());
  }
  return records;
}

interface ScheduleOptions {
  readonly place: SchedulePlace;
  readonly transactions: TransactionKind;
  readonly inputRecords: number;
  readonly audit: KafkaAudit;
}

/** The instances of one schedule, one after another or side by side. */
class Schedule {
  readonly #chance: Chance;
  readonly #parts: ScheduleOptions;
  readonly #pendingRowsMax: number;
  readonly #weathers: ProxyWeather[] = [];

  constructor(chance: Chance, parts: ScheduleOptions) {
    this.#chance = chance;
    this.#parts = parts;
    this.#pendingRowsMax = chance.pick([1, 3, 8]);
  }

  get trace(): string[] {
    return this.#weathers.flatMap(({ trace }, i) => trace.map((line) => `${i + 1}: ${line}`));
  }

  get faults(): number {
    return this.#weathers.reduce((sum, { faults }) => sum + faults, 0);
  }

  /** @returns What it waited for without effect. */
  async run(): Promise<string | undefined> {
    const cast: Cast = this.#chance.pick(["alone", "alone", "restart", "zombie"]);
    const half = Math.floor(this.#parts.inputRecords / 2);
    if (cast === "restart") {
      const problem = await this.#instance(cast, (instance) => instance.reached(half));
      if (problem !== undefined) return problem;
    }
    if (cast !== "zombie") return await this.#instance(cast, (i) => i.done());
    const problems = await Promise.all([
      this.#instance(cast, (instance) => instance.reached(half)),
      this.#instance(cast, (instance) => instance.done()),
    ]);
    return problems.find((problem) => problem !== undefined);
  }

  async #instance(
    cast: Cast,
    until: (instance: Instance) => Promise<string | undefined>,
  ): Promise<string | undefined> {
    await using proxy = testProxy();
    const weather = new ProxyWeather(proxy, this.#chance);
    this.#weathers.push(weather);
    await using resources = new AsyncDisposableStack();
    const instance = new Instance(this.#parts, this.#pendingRowsMax, (sink) => ({
      cluster: resources.use(cluster(proxy.port, this.#parts.transactions)),
      log: resources.use(new KafkaLog(cluster(proxy.port), realTiming, quickReads)),
      membership: cast === "zombie"
        ? new TestMembership([0])
        : quickMembership(proxy.port, this.#parts.place),
      sink: sinkOf(sink, this.#chance, () => systemClock.sleep(1)),
    }));
    const problem = await until(instance);
    await instance.stop();
    await weather.calm();
    return problem;
  }
}

const quickReads = { ...readOptions, maxWaitMs: 20, unavailableAfterMs: 3_000 };

function cluster(port: number, transactions: TransactionKind = "v2") {
  return testCluster(port, { requestTimeoutMs, transactionsV2: transactions === "v2" });
}

function quickMembership(port: number, { application }: SchedulePlace): GroupMembership {
  return new KafkaMembership(() => cluster(port), realTiming, silentLogger, {
    groupId: application,
    sessionTimeoutMs: 6_000,
    rebalanceTimeoutMs: 10_000,
    heartbeatIntervalMs: 50,
    standbyReplicas: 0,
  });
}

interface InstanceOptions {
  readonly cluster: ReturnType<typeof testCluster>;
  readonly log: KafkaLog;
  readonly membership: GroupMembership;
  readonly sink: ReturnType<typeof sinkOf>;
}

/** One instance of the job, running from the start. */
class Instance {
  readonly #app: StreamsApp<Measurement, Total, SimulatedRow>;
  readonly #inputRecords: number;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;

  constructor(
    { place, inputRecords, audit }: ScheduleOptions,
    pendingRowsMax: number,
    make: (table: KafkaAudit["table"]) => InstanceOptions,
  ) {
    const { cluster, log, membership, sink } = make(audit.table);
    const { application, topic } = place;
    const job = countingTopology({
      ...windows,
      ...rules,
      handlers: { onProcessingError: () => "dead-letter" },
    });
    this.#inputRecords = inputRecords;
    this.#app = new StreamsApp(
      { ...job, source: { ...job.source, topic } },
      {
        log,
        commitLog: new KafkaCommitLog(cluster, application, realTiming, {
          ...transactionOptions,
          commitTimeoutMs: 4_000,
        }),
        stores: new MemoryStores(),
        sink,
        codecs: jsonEngineCodecs,
        clock: systemClock,
        random: systemRandom,
        logger: silentLogger,
      },
      membership,
      {
        application,
        commitIntervalMs: 20,
        pendingRowsMax,
        closeBoundMs: 2_000,
        stateCleanupDelayMs: 60_000,
      },
    );
    this.#running = this.#app.run(this.#stop.signal);
  }

  /** Waits until so many input records are committed. */
  async reached(offset: number): Promise<string | undefined> {
    const deadlineMs = systemClock.monotonicMs() + patienceMs;
    while ((this.#app.tasks[0]?.committedOffset ?? 0) < offset) {
      if (systemClock.monotonicMs() > deadlineMs) {
        return `liveness: ${offset} is not reached: ${JSON.stringify(this.#app.tasks)}`;
      }
      await systemClock.sleep(5);
    }
    return undefined;
  }

  async done(): Promise<string | undefined> {
    return await this.reached(this.#inputRecords);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }
}
