/**
 * A symbol's trades came both ways, directly and re-keyed. Its owner was taken for dead and wrote
 * rows of direct ones; the new owner met a re-keyed one before them, by which they were late. Rows
 * of windows that the new owner closed without them, or never had, stayed in the table.
 */
import assert from "node:assert/strict";
import { TopologyTestDriver } from "../../../src/streams/testing/mod.ts";
import { PartsWriter } from "../../../src/streams/repartition_record.ts";
import { encodeText } from "../../../src/streams/text.ts";
import { type CountingDriver, startMs } from "../../support/counting_driver.ts";
import { countingTopology, type Measurement, rowKey } from "../../support/counting_topology.ts";

const direct = (...events: readonly Measurement[]) => ({
  key: "k",
  value: JSON.stringify(events),
});

function event(offsetMs: number, value: number): Measurement {
  return { key: "k", timeMs: startMs + offsetMs, value };
}

/** What another task sends on. */
async function sendOn(driver: CountingDriver, sent: Measurement): Promise<void> {
  const parts = new PartsWriter("test-repartition");
  parts.add(0, {
    keys: [encodeText(sent.key)],
    value: encodeText(JSON.stringify([sent])),
    timestampMs: sent.timeMs,
    origin: { input: 0, partition: 0, offset: 0, indexes: [0] },
  });
  await driver.log.append(parts.records());
  await driver.pipe();
}

/** Window rows as a table that keeps the newest write shows them, without write times. */
function shownWindows(driver: CountingDriver): Map<string, string> {
  const newest = new Map<string, { readonly versionUs: number; readonly text: string }>();
  for (const row of driver.rows) {
    if (row.kind !== "window") continue;
    const { versionUs, count, sum, final } = row;
    if ((newest.get(rowKey(row))?.versionUs ?? -1) > versionUs) continue;
    newest.set(rowKey(row), { versionUs, text: `${count} make ${sum}, final ${final}` });
  }
  return new Map([...newest].map(([key, { text }]) => [key, text]));
}

Deno.test("StreamsApp shows no window of a zombie that met two inputs in another order", async () => {
  const job = countingTopology({ repartition: true });
  await using driver = await TopologyTestDriver.start(job, { startMs, instances: 2 });
  driver.log.readRecordsMax = 1;
  await driver.pipe(direct(event(1, 1)));
  await driver.commit();
  const inAnEarlierWindow = event(-3_000, 16);
  await driver.pipe(direct(event(2, 2)), direct(event(3, 4), inAnEarlierWindow));
  await sendOn(driver, event(59_000, 8));
  await driver.rebalance([[], [0]], { untold: [0] });
  await driver.commit();
  await driver.tellLost(0);
  await driver.commit();
  assert.deepEqual(driver.tasks(1)[0]?.counts.late, 2, "the new owner met the re-keyed one first");
  assert.deepEqual(
    shownWindows(driver),
    new Map([
      [`k@${startMs}`, "2 make 3, final true"],
      [`k@${startMs + 50_000}`, "1 make 8, final false"],
    ]),
  );
});
