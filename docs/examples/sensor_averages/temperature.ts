import {
  decodeText,
  encodeText,
  type LogRecord,
  type Reading,
  type Source,
} from "../../../src/streams/mod.ts";

/** A temperature that a sensor has measured: the events of this job. */
export interface Temperature {
  /** Name of the sensor; key of the record. */
  readonly sensor: string;
  /** When it was measured, epoch ms. */
  readonly atMs: number;
  readonly celsius: number;
}

/** What a kind of sensor is calibrated for; beyond it, it is broken. */
export interface CalibratedRange {
  readonly minCelsius: number;
  readonly maxCelsius: number;
}

/**
 * Temperatures from a topic: key = name of the sensor, value = JSON, `[{"atMs":…,"celsius":…},…]`.
 */
export function temperatureSource(topic: string, range: CalibratedRange): Source<Temperature> {
  return {
    topic,
    prepare: () => Promise.resolve(),
    read: readTemperatures,
    fault: (temperature) => faultOf(temperature, range),
    timeOf: ({ atMs }) => atMs,
    write: writeTemperatures,
  };
}

/** Temperatures of one sensor as a record value. */
export function writeTemperatures(temperatures: readonly Temperature[]): Uint8Array {
  return encodeText(JSON.stringify(temperatures.map(({ atMs, celsius }) => ({ atMs, celsius }))));
}

function readTemperatures({ key, value }: LogRecord): Reading<Temperature> {
  const sensor = key === null ? undefined : decodeText(key);
  if (!sensor) return { kind: "dead", cause: "malformed", detail: "key is not a sensor's name" };
  const measured = value === null ? undefined : parsed(value);
  if (measured === undefined) {
    return { kind: "dead", cause: "malformed", detail: "value is not a list of temperatures" };
  }
  if (measured.length === 0) return { kind: "dead", cause: "empty", detail: "no temperature" };
  return { kind: "events", key: sensor, events: measured.map((one) => ({ ...one, sensor })) };
}

type Measured = Omit<Temperature, "sensor">;

function parsed(value: Uint8Array): readonly Measured[] | undefined {
  try {
    const list: unknown = JSON.parse(decodeText(value) ?? "");
    return Array.isArray(list) && list.every(isMeasured) ? list : undefined;
  } catch {
    return undefined;
  }
}

function isMeasured(item: unknown): item is Measured {
  const { atMs, celsius } = (item ?? {}) as Partial<Record<keyof Measured, unknown>>;
  return typeof atMs === "number" && typeof celsius === "number";
}

/** Why a temperature cannot be real. */
function faultOf(
  { atMs, celsius }: Temperature,
  { minCelsius, maxCelsius }: CalibratedRange,
): string | undefined {
  if (!Number.isSafeInteger(atMs) || atMs < 0) return `time is not a whole number >= 0: ${atMs}`;
  if (celsius >= minCelsius && celsius <= maxCelsius) return undefined;
  return `sensor is calibrated for ${minCelsius} to ${maxCelsius} °C: ${celsius}`;
}
