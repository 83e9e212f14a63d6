/** The mean temperature of each sensor, minute and hour of the topic `temperatures`, in SQLite. */
import process from "node:process";
import { DatabaseSync } from "node:sqlite";
import {
  type Job,
  job,
  json,
  PipelineError,
  run,
  type Sink,
  stream,
  tumbling,
  type WindowResult,
} from "@finhub/streams";

/** A temperature that a sensor has measured, in °C, and when, epoch ms. */
export interface Reading {
  readonly sensor: string;
  readonly atMs: number;
  readonly celsius: number;
}

/** What is kept of the readings of a sensor and window. */
export type Total = { readonly readings: number; readonly celsius: number };

/** A row of the table. */
export interface Average {
  readonly sensor: string;
  readonly sizeMs: number;
  readonly startMs: number;
  readonly meanCelsius: number;
  readonly final: 0 | 1;
  readonly versionUs: number;
}

/** The job: what is beyond the sensors' range, or late, goes to topics of its own. */
export function sensorAverages(sink?: Sink<Average>): Job<Reading, Total, Average> {
  const averages = stream("temperatures", json(isReading))
    .reject(({ celsius }) => celsius >= -40 && celsius <= 85 ? undefined : "beyond -40 to 85 °C")
    .timestamp(({ atMs }) => atMs)
    .keyBy(({ sensor }) => sensor)
    .window(tumbling("1m", { grace: "30s", retention: "2h" }))
    .aggregate("averages", {
      initial: (): Total => ({ readings: 0, celsius: 0 }),
      add: (total, { celsius }) => merged(total, { readings: 1, celsius }),
      rollUps: { merge: merged, levels: [tumbling("1h", { retention: "1d" })] },
    });
  return job("sensor-averages").write(averages.map(averageOf), sink);
}

function isReading(value: unknown): value is Reading {
  const { sensor, atMs, celsius } = (value ?? {}) as Partial<Record<keyof Reading, unknown>>;
  return typeof sensor === "string" && typeof atMs === "number" && typeof celsius === "number";
}

function merged(a: Total, b: Total): Total {
  return { readings: a.readings + b.readings, celsius: a.celsius + b.celsius };
}

function averageOf(window: WindowResult<Total>): Average {
  const { key: sensor, startMs, endMs, value: { celsius, readings }, versionUs } = window;
  const [sizeMs, meanCelsius] = [endMs - startMs, celsius / readings];
  return { sensor, sizeMs, startMs, meanCelsius, final: window.final ? 1 : 0, versionUs };
}

/** Keeps the newest version of each row, whatever comes again or too late. */
export class AveragesTable implements Sink<Average> {
  readonly database: DatabaseSync;

  constructor(path: string) {
    this.database = new DatabaseSync(path);
    this.database.exec(`CREATE TABLE IF NOT EXISTS averages (
      sensor TEXT, sizeMs INT, startMs INT, meanCelsius REAL, final INT, versionUs INT,
      PRIMARY KEY (sensor, sizeMs, startMs))`);
  }

  write(rows: readonly Average[]): Promise<void> {
    return Promise.resolve().then(() => {
      const upsert = this.database.prepare(`INSERT INTO averages VALUES
        (:sensor, :sizeMs, :startMs, :meanCelsius, :final, :versionUs) ON CONFLICT DO UPDATE SET
        meanCelsius = excluded.meanCelsius, final = excluded.final, versionUs = excluded.versionUs
        WHERE excluded.versionUs > versionUs`);
      try {
        for (const row of rows) upsert.run({ ...row });
      } catch (cause) {
        throw new PipelineError("SINK_UNAVAILABLE", "Cannot write averages", { cause });
      }
    });
  }
}

if (import.meta.main) {
  const [stateDir = ".state", ...brokers] = process.argv.slice(2);
  const { kafka } = await import("@finhub/streams/kafka");
  const { embedded } = await import("@finhub/streams/level");
  await using runtime = brokers.length > 0
    ? await kafka({ brokers, stateDir })
    : await embedded(stateDir);
  await run([sensorAverages(new AveragesTable(`${stateDir}/averages.db`))], runtime);
}
