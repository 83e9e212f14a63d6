import { encodeText, identityHeaders, type OutputRecord } from "../../../src/streams/mod.ts";
import { minuteMs } from "./job.ts";
import { type Temperature, writeTemperatures } from "./temperature.ts";

/** Mean and swing of each sensor, °C. */
const sensors = { cellar: [12, 0.5], roof: [3, 6] } as const;

/** Time between two readings of a sensor, and between a reading and its receipt. */
const everyMs = 10_000;
const underWayMs = 200;

/**
 * Four minutes of two sensors, a reading every ten seconds; among them one that arrives too late
 * and one that cannot be.
 *
 * Every record says who made it and which of theirs it is, so those of a second run count for
 * nothing.
 */
export function simulatedReadings(topic: string, startMs: number): OutputRecord[] {
  const endMs = startMs + 4 * minuteMs;
  const readings: Temperature[] = [];
  for (let atMs = startMs; atMs < endMs; atMs += everyMs) {
    const phase = (atMs - startMs) / minuteMs;
    for (const [sensor, [mean, swing]] of Object.entries(sensors)) {
      readings.push({ sensor, atMs, celsius: mean + swing * Math.sin(phase) });
    }
  }
  const records = readings.map((reading) => ({ reading, receivedAtMs: reading.atMs + underWayMs }));
  records.push(
    { reading: { sensor: "cellar", atMs: startMs, celsius: 12 }, receivedAtMs: endMs },
    { reading: { sensor: "roof", atMs: endMs, celsius: 850 }, receivedAtMs: endMs },
  );
  return records.map(({ reading, receivedAtMs }, index) => ({
    topic,
    timestampMs: receivedAtMs,
    key: encodeText(reading.sensor),
    value: writeTemperatures([reading]),
    headers: identityHeaders({ producerId: "simulated", sequence: index + 1 }),
  }));
}
