import { seededRandom } from "../../src/base/random.ts";
import type { ItemCounts } from "../../src/streams/item_counts.ts";
import type { Measurement } from "./counting_topology.ts";

/** Records of measurements with ties, disorder and late ones; the same for a seed. */
export function measurements(
  seed: number,
  records: number,
  keys: readonly string[] = ["a", "b", "c\0d", "été"],
): Measurement[][] {
  const random = seededRandom(seed);
  const clocks = new Map(keys.map((key) => [key, 1_000_000]));
  return Array.from({ length: records }, () => {
    const key = keys[Math.floor(random.next() * keys.length)] as string;
    const size = 1 + Math.floor(random.next() * 4);
    return Array.from({ length: size }, () => {
      const nowMs = (clocks.get(key) ?? 0) + Math.floor(random.next() * 4_000);
      clocks.set(key, nowMs);
      const behindMs = random.next() < 0.2 ? Math.floor(random.next() * 30_000) : 0;
      return { key, timeMs: nowMs - behindMs, value: Math.floor(random.next() * 100) };
    });
  });
}

/** A window by plain arithmetic. */
export interface ExpectedWindow {
  readonly key: string;
  readonly startMs: number;
  count: number;
  sum: number;
  final: boolean;
}

/**
 * The job's result computed in one pass without the engine: windows of 10 s, 5 s grace, stream
 * time per key.
 */
export function expectedWindows(
  records: readonly (readonly Measurement[])[],
): { windows: Map<string, ExpectedWindow>; late: number; counts: ItemCounts } {
  const windows = new Map<string, ExpectedWindow>();
  const times = new Map<string, number>();
  let [read, late] = [0, 0];
  for (const { key, timeMs, value } of records.flat()) {
    read += 1;
    const startMs = Math.floor(timeMs / 10_000) * 10_000;
    if (startMs + 15_000 <= (times.get(key) ?? 0)) {
      late += 1;
      continue;
    }
    const id = `${key}@${startMs}`;
    const window = windows.get(id) ?? { key, startMs, count: 0, sum: 0, final: false };
    window.count += 1;
    window.sum += value;
    windows.set(id, window);
    times.set(key, Math.max(times.get(key) ?? 0, timeMs));
  }
  for (const window of windows.values()) {
    window.final = window.startMs + 15_000 <= (times.get(window.key) ?? 0);
  }
  const counts = { read, aggregated: read - late, late, deadLetters: 0, duplicates: 0, rekeyed: 0 };
  return { windows, late, counts };
}

/** A rolled-up window by plain arithmetic. */
export interface ExpectedRollUp extends ExpectedWindow {
  readonly sizeMs: number;
}

/** The roll-ups of these windows, by the key of their rows. */
export function expectedRollUps(
  records: readonly (readonly Measurement[])[],
): Map<string, ExpectedRollUp> {
  const rollUps = new Map<string, ExpectedRollUp>();
  const { windows } = expectedWindows(records);
  for (const { key, startMs, count, sum } of windows.values()) {
    const times = records.flat().filter((event) => event.key === key).map(({ timeMs }) => timeMs);
    for (const sizeMs of [20_000, 60_000]) {
      const start = Math.floor(startMs / sizeMs) * sizeMs;
      const id = `${key}@${start}/${sizeMs}`;
      const final = start + sizeMs + 5_000 <= Math.max(...times);
      const rollUp = rollUps.get(id) ?? { key, sizeMs, startMs: start, count: 0, sum: 0, final };
      rollUp.count += count;
      rollUp.sum += sum;
      rollUps.set(id, rollUp);
    }
  }
  return rollUps;
}
