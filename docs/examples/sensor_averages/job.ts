import {
  type Aggregator,
  jsonCodec,
  type Topology,
  topology,
  tumbling,
  type WindowResult,
  type WindowState,
} from "../../../src/streams/mod.ts";
import { type CalibratedRange, type Temperature, temperatureSource } from "./temperature.ts";

export const minuteMs = 60_000;
export const hourMs: number = 60 * minuteMs;

/** How long the temperatures of a minute may be under way. */
const graceMs = 30_000;

/** What is kept of the temperatures of one sensor and window. */
export interface Total {
  readings: number;
  celsius: number;
}

/** An average as the sink has it. */
export interface AverageRow {
  readonly sensor: string;
  /** Length of the window: a minute or an hour. */
  readonly sizeMs: number;
  readonly startMs: number;
  readonly meanCelsius: number;
  readonly readings: number;
  /** True once nothing can change it any more. */
  readonly final: boolean;
  /** Greater for the later of two states of the row. */
  readonly versionUs: number;
}

/** The job: every sensor's mean temperature of each minute and hour. */
export function sensorAverages(
  topic: string,
  range: CalibratedRange,
): Topology<Temperature, Total, AverageRow> {
  return topology("sensor averages", temperatureSource(topic, range))
    .windowedBy(tumbling({ sizeMs: minuteMs, graceMs, retentionMs: 2 * hourMs }))
    .aggregate({
      store: "averages",
      aggregator: totals,
      codec: jsonCodec<WindowState<Total>>(),
      rollUps: { merge: mergeTotals, levels: [{ sizeMs: hourMs, retentionMs: 24 * hourMs }] },
    })
    .toRows("averages", averageRow);
}

const totals: Aggregator<Temperature, Total> = {
  initial: () => ({ readings: 0, celsius: 0 }),
  add(total, { celsius }) {
    total.readings += 1;
    total.celsius += celsius;
  },
};

function mergeTotals(into: Total, from: Total): void {
  into.readings += from.readings;
  into.celsius += from.celsius;
}

function averageRow({ key, startMs, endMs, state }: WindowResult<Total>): AverageRow {
  const { aggregate: { readings, celsius }, final, versionUs } = state;
  const meanCelsius = celsius / readings;
  return { sensor: key, sizeMs: endMs - startMs, startMs, meanCelsius, readings, final, versionUs };
}
