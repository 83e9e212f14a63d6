import { jsonEngineCodecs } from "../../src/streams/state/json_engine_codecs.ts";
import { silentLogger } from "../../src/base/logger.ts";
import { systemRandom } from "../../src/base/random.ts";
import { systemClock } from "../../src/base/clock.ts";
import { KafkaCommitLog } from "../../src/kafka/write/commit_log.ts";
import { KafkaLog } from "../../src/kafka/read/log.ts";
import { LevelStateStores } from "../../src/level/state_store.ts";
import type { Sink } from "../../src/streams/ports.ts";
import type { TaskStatus } from "../../src/streams/task/status.ts";
import { StreamsApp } from "../../src/streams/app/streams_app.ts";
import type { Topology } from "../../src/streams/topology/topology.ts";
import { type CrashPoint, CrashSwitch, isOfExplicit } from "./crash_points.ts";
import { TestMembership } from "./counting_run.ts";
import {
  type CountingRow,
  countingTopology,
  type Measurement,
  type Total,
} from "./counting_topology.ts";
import {
  readOptions,
  realTiming,
  testCluster,
  testProxy,
  transactionOptions,
} from "./kafka_harness.ts";

/** One run of the counting job on Kafka and LevelDB, in a process of its own. */
export interface CountingJob {
  readonly topic: string;
  readonly application: string;
  readonly partitions: number;
  readonly stateDir: string;
  /** Where rows are appended, as JSON lines; absent for none. */
  readonly rowsPath?: string;
  /** Bound of what one commit holds: the smaller, the more commits. */
  readonly pendingRowsMax: number;
  readonly crash?: CrashPoint;
}

/** Store of the counting topology. */
export const countingStore = "totals";

/** The counting topology over a topic with a name of its own. */
export function countingTopologyOf(topic: string): Topology<Measurement, Total, CountingRow> {
  const topology = countingTopology({ retentionMs: 1_000_000_000 });
  return { ...topology, source: { ...topology.source, topic } };
}

/** Runs the job until everything is committed, or this process ends at the crash point. */
export async function runCountingJob(job: CountingJob): Promise<void> {
  const { application, topic, partitions, pendingRowsMax } = job;
  const crash = new CrashSwitch(job.crash);
  await using proxy = testProxy();
  crash.watch(proxy);
  const transactionsV2 = job.crash === undefined || !isOfExplicit(job.crash);
  await using cluster = testCluster(proxy.port, { transactionsV2 });
  await using log = new KafkaLog(testCluster(), realTiming, readOptions);
  await using stores = await LevelStateStores.open(job.stateDir, application);
  const app = new StreamsApp(
    countingTopologyOf(topic),
    {
      log,
      commitLog: new KafkaCommitLog(cluster, application, realTiming, transactionOptions),
      stores: crash.stores(stores),
      sink: crash.sink(rowsFile(job.rowsPath)),
      codecs: jsonEngineCodecs,
      clock: systemClock,
      random: systemRandom,
      logger: silentLogger,
    },
    new TestMembership(Array.from({ length: partitions }, (_, partition) => partition)),
    {
      application,
      commitIntervalMs: 200,
      pendingRowsMax,
      closeBoundMs: 5_000,
      stateCleanupDelayMs: 600_000,
    },
  );
  const stop = new AbortController();
  const running = app.run(stop.signal);
  await caughtUp(app, partitions);
  stop.abort();
  await running;
}

/** Waits until every task has committed all there is. */
async function caughtUp(
  app: { readonly tasks: readonly TaskStatus[] },
  partitions: number,
): Promise<void> {
  for (;;) {
    const { tasks } = app;
    if (tasks.length === partitions && tasks.every(({ lagRecords }) => lagRecords === 0)) return;
    const stopped = tasks.find(({ state }) => state === "failed");
    if (stopped !== undefined) throw new Error(`the job failed: ${JSON.stringify(stopped)}`);
    await systemClock.sleep(20);
  }
}

/** What was written outlives the process: it is in the hands of the system. */
function rowsFile(path: string | undefined): Sink<CountingRow> {
  return {
    async write(rows) {
      if (path === undefined) return;
      const lines = rows.map((row) => `${JSON.stringify(row)}\n`).join("");
      await Deno.writeTextFile(path, lines, { append: true });
    },
  };
}
