/** The counting job in this process, on a real Kafka and stores of its own. */
import { kafkaRemedies } from "../../src/app/remedies.ts";
import { type Clock, systemClock } from "../../src/base/clock.ts";
import { describeError, PipelineError } from "../../src/base/errors.ts";
import { silentLogger } from "../../src/base/logger.ts";
import { systemRandom } from "../../src/base/random.ts";
import type { KafkaConnection } from "../../src/kafka/connection.ts";
import type { GroupMembership } from "../../src/streams/ports.ts";
import { LevelStateStores } from "../../src/level/state_store.ts";
import { StreamsApp } from "../../src/streams/app/streams_app.ts";
import { RecordingSink } from "../../src/streams/testing/recording_sink.ts";
import { jsonEngineCodecs } from "../../src/streams/state/json_engine_codecs.ts";
import { countingTopologyOf } from "./counting_job.ts";
import { TestMembership } from "./counting_run.ts";
import { type CountingRow, measurementRecord } from "./counting_topology.ts";
import { measurements } from "./measurements.ts";
import { until } from "./until.ts";

const msMax = 60_000;

const hurriedClock: Clock = {
  nowMs: () => systemClock.nowMs(),
  monotonicMs: () => systemClock.monotonicMs(),
  sleep: (ms, signal) => systemClock.sleep(ms / 30, signal),
};

/** A counting job with one partition, and what it runs on. */
export interface KafkaJob {
  readonly kafka: KafkaConnection;
  readonly topic: string;
  readonly application: string;
  readonly folder: string;
  /** Who else processes it; no one without it. */
  readonly membership?: GroupMembership;
}

/** A run of the job; disposing of it stops it. */
export interface KafkaRun extends AsyncDisposable {
  /** How the program ended. */
  readonly ended: Promise<string>;
  readonly rows: readonly CountingRow[];
  /** Why its task has stopped. */
  readonly problem: () => string | undefined;
  /** True while it processes the partition. */
  readonly works: () => boolean;
  /** True while it has the state at hand of what another one processes. */
  readonly stands: () => boolean;
  caughtUp(): Promise<void>;
}

/** Starts the job; half a minute of its watch over the topics takes a second. */
export async function startKafkaJob(job: KafkaJob): Promise<KafkaRun> {
  await using opening = new AsyncDisposableStack();
  const stores = opening.use(await LevelStateStores.open(job.folder, job.application));
  const sink = new RecordingSink<CountingRow>();
  const app = new StreamsApp(
    countingTopologyOf(job.topic),
    {
      log: opening.use(job.kafka.log()),
      commitLog: job.kafka.commitLog(job.application),
      stores,
      sink,
      codecs: jsonEngineCodecs,
      clock: hurriedClock,
      random: systemRandom,
      logger: silentLogger,
    },
    job.membership ?? new TestMembership([0]),
    {
      application: job.application,
      commitIntervalMs: 50,
      pendingRowsMax: 1_000,
      closeBoundMs: 100_000,
      stateCleanupDelayMs: 600_000,
    },
  );
  const stop = new AbortController();
  const ended = app.run(stop.signal).then(() => "stopped", (error) => {
    if (!(error instanceof PipelineError)) throw error;
    return `${error.code}: ${describeError(error, kafkaRemedies)}`;
  });
  const resources = opening.move();
  return {
    ended,
    rows: sink.rows,
    problem: () => app.tasks[0]?.problem,
    works: () => app.tasks[0]?.state === "running",
    stands: () => app.standbys[0]?.remainingOffsets === 0,
    caughtUp: () =>
      until(() => {
        const { committedOffset = 0, lagRecords } = app.tasks[0] ?? {};
        return committedOffset > 0 && lagRecords === 0;
      }, { what: () => `the end of the input, committed: ${JSON.stringify(app.tasks)}`, msMax }),
    async [Symbol.asyncDispose]() {
      stop.abort();
      await ended;
      await resources.disposeAsync();
    },
  };
}

/** As many records, each in a batch of its own. */
export async function feedKafkaJob(
  { kafka, topic }: KafkaJob,
  seed: number,
  count: number,
): Promise<void> {
  await using appender = kafka.appender();
  for (const [i, events] of measurements(seed, count).entries()) {
    await appender.append([{ ...measurementRecord(events, 2_000_000 + i), topic, partition: 0 }]);
  }
}
