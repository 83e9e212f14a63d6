/**
 * Averages of simulated temperatures: over the embedded log, or over Kafka with `--kafka`.
 *
 *     deno run --ignore-env --allow-read --allow-write --allow-ffi \
 *       docs/examples/sensor_averages/main.ts [--data DIR]
 *     deno run --allow-env --allow-net --allow-read --allow-write --allow-ffi \
 *       docs/examples/sensor_averages/main.ts --kafka 127.0.0.1:9092 --data DIR
 */
import { parseArgs } from "node:util";
import { print } from "../../../scripts/lib/print.ts";
import { systemClock } from "../../../src/base/clock.ts";
import { dispositionOf } from "../../../src/base/errors.ts";
import { silentLogger } from "../../../src/base/logger.ts";
import { systemRandom } from "../../../src/base/random.ts";
import {
  jsonEngineCodecs,
  StreamsApp,
  type TaskStatus,
  type Topology,
} from "../../../src/streams/mod.ts";
import { AveragesTable } from "./averages_table.ts";
import { type AverageRow, hourMs, minuteMs, sensorAverages, type Total } from "./job.ts";
import { type Installation, openEmbedded, openOnKafka, type Services } from "./services.ts";
import { simulatedReadings } from "./simulated_readings.ts";
import type { Temperature } from "./temperature.ts";

type Job = Topology<Temperature, Total, AverageRow>;
type App = StreamsApp<Temperature, Total, AverageRow>;

/** Two minutes before an hour begins. */
const simulatedStartMs = Date.UTC(2026, 0, 5, 10, 58);

function createApp(
  services: Services,
  table: AveragesTable,
  { application, job }: Installation<Job>,
): App {
  return new StreamsApp(
    job,
    {
      ...services.ports,
      sink: table,
      codecs: jsonEngineCodecs,
      clock: systemClock,
      random: systemRandom,
      logger: silentLogger,
    },
    services.membership,
    {
      application,
      commitIntervalMs: 1_000,
      pendingRowsMax: 10_000,
      closeBoundMs: 7_000,
      stateCleanupDelayMs: 600_000,
    },
  );
}

/**
 * Resolves when all that the input holds is committed; rejects when a task cannot go on.
 *
 * @param partitions Of the input: a task is there only from when its partition is taken over.
 */
async function caughtUp(app: App, partitions: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const look = () => {
    const done = app.tasks.filter(({ lagRecords }) => lagRecords === 0);
    if (done.length === partitions) resolve();
  };
  const stopListening = app.listen({
    opened: look,
    fetched() {},
    committed: look,
    failed(_input, error) {
      if (dispositionOf(error) === "stop") reject(error);
    },
    closed() {},
  });
  await promise.finally(stopListening);
}

function line({ sensor, startMs, meanCelsius, readings }: AverageRow): string {
  const time = new Date(startMs).toISOString().slice(11, 16);
  const mean = meanCelsius.toFixed(2).padStart(5);
  return `${sensor.padEnd(6)} ${time}  ${mean} °C  ${readings} readings`;
}

function show(table: AveragesTable, tasks: readonly TaskStatus[]): void {
  for (const sizeMs of [minuteMs, hourMs]) {
    print(sizeMs === minuteMs ? "Minutes" : "Hours");
    for (const row of table.averages(sizeMs)) print(line(row));
  }
  print(summary(tasks));
}

function summary(tasks: readonly TaskStatus[]): string {
  const names = ["read", "aggregated", "late", "deadLetters", "duplicates"] as const;
  const sums = names.map((name) => tasks.reduce((sum, { counts }) => sum + counts[name], 0));
  return names.map((name, i) => `${name} ${sums[i]}`).join(", ");
}

async function run(
  services: Services,
  installation: Installation<Job>,
  startMs: number,
): Promise<void> {
  using table = new AveragesTable(`${installation.folder}/averages.db`);
  const { topic } = installation.job.source;
  await services.appender.append(simulatedReadings(topic, startMs));
  const { partitions } = await services.ports.log.describe(topic);
  const app = createApp(services, table, installation);
  const stop = new AbortController();
  const running = app.run(stop.signal);
  try {
    await Promise.race([caughtUp(app, partitions), running]);
    show(table, app.tasks);
  } finally {
    stop.abort();
    await running;
  }
}

const { values: { data, kafka, topic } } = parseArgs({
  options: {
    data: { type: "string" },
    kafka: { type: "string" },
    topic: { type: "string", default: "temperatures" },
  },
});
const folder = data ?? await Deno.makeTempDir({ prefix: "sensors-" });
await Deno.mkdir(folder, { recursive: true });
const job = sensorAverages(topic, { minCelsius: -40, maxCelsius: 85 });
const installation: Installation<Job> = { application: `${topic}-averages`, job, folder };
{
  // Kafka judges records by their age, so there they are of now.
  await using services = kafka === undefined
    ? await openEmbedded(installation)
    : await openOnKafka(installation, kafka.split(","));
  const startMs = kafka === undefined ? simulatedStartMs : systemClock.nowMs() - 5 * minuteMs;
  await run(services, installation, startMs);
}
if (data === undefined) await Deno.remove(folder, { recursive: true });
