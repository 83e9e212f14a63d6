/** Late events and dead letters of records without a key. */
import assert from "node:assert/strict";
import { job, json, stream } from "../../../src/streams/mod.ts";
import { partitionForKey } from "../../../src/streams/partitioner.ts";
import type { Headers } from "../../../src/streams/record.ts";
import { TopologyTestDriver } from "../../../src/streams/testing/mod.ts";
import { decodeText, encodeText, textOf } from "../../../src/streams/text.ts";
import { type CountingDriver, startMs } from "../../support/counting_driver.ts";
import { countingTopology } from "../../support/counting_topology.ts";

const keys = ["a", "b", "c", "d", "e"];

async function startDriver(): Promise<CountingDriver> {
  const job = countingTopology({ repartition: true });
  return await TopologyTestDriver.start(job, { startMs, partitions: 2 });
}

/** Events need a commit to be sent on, and one for what comes of them. */
async function settled(driver: CountingDriver): Promise<void> {
  for (let commit = 0; commit < 2; commit++) await driver.commit();
}

Deno.test("StreamsApp leads a dead letter back to the record that it was sent on from", async () => {
  await using driver = await startDriver();
  const [key = "", other = ""] = keys.filter((key) => partitionForKey(encodeText(key), 2) === 1);
  const good = { key, timeMs: startMs, value: 1 };
  const events = [good, { ...good, key: other }, { ...good, timeMs: startMs + 60_001 }];
  await driver.pipe({ key: null, value: JSON.stringify(events), partition: 0 });
  await settled(driver);
  const headers: Headers = driver.deadLetters[0]?.headers ?? {};
  const origin = ["topic", "partition", "offset", "index"].map((name) =>
    decodeText(headers[`origin-${name}`] ?? new Uint8Array())
  );
  assert.deepEqual(origin, ["input", "0", "0", "2"]);
  assert.equal(textOf(driver.deadLetters[0]?.key ?? new Uint8Array()), key);
  const { read, aggregated, deadLetters, rekeyed } = driver.counts;
  assert.deepEqual({ read, aggregated, deadLetters, rekeyed }, {
    read: 3,
    aggregated: 2,
    deadLetters: 1,
    rekeyed: 3,
  });
});

Deno.test("StreamsApp gives a late event of a record without a key its own", async () => {
  await using driver = await startDriver();
  const late = keys.flatMap((key) =>
    [startMs, startMs - 60_000].map((timeMs) => ({ key, timeMs, value: 1 }))
  );
  await driver.pipe({ key: null, value: JSON.stringify(late), partition: 0 });
  await settled(driver);
  const got = driver.late.map(({ key }) => textOf(key ?? new Uint8Array()));
  assert.deepEqual(got.toSorted(), keys);
});

Deno.test("StreamsApp without a repartition topic makes dead letters of them", async () => {
  const job = { ...countingTopology({ repartition: true }), repartition: false };
  await using driver = await TopologyTestDriver.start(job, { startMs });
  await driver.pipe({ key: null, value: JSON.stringify([{ key: "a", timeMs: 1, value: 1 }]) });
  await driver.commit();
  assert.equal(
    decodeText(driver.deadLetters[0]?.headers["cause"] ?? new Uint8Array()),
    "key-mismatch",
  );
});

Deno.test("StreamsApp sends on an event that alone is as large as a topic takes", async () => {
  await using driver = await startDriver();
  const [key = ""] = keys.filter((key) => partitionForKey(encodeText(key), 2) === 1);
  const small = { key, timeMs: startMs, value: 1 };
  const large = { ...small, note: "x".repeat(200_000) };
  for (const events of [[small, large, small], [large]]) {
    await driver.pipe({ key: null, value: JSON.stringify(events), partition: 0 });
  }
  await settled(driver);
  const { aggregated, rekeyed, deadLetters } = driver.counts;
  assert.deepEqual({ aggregated, rekeyed, deadLetters }, {
    ...{ aggregated: 4, rekeyed: 4, deadLetters: 0 },
  });
});

// What the job cannot look at, it may not be able to write: that would stop the commit.
Deno.test("StreamsApp sends no event on at which the job throws, or whose key cannot be one", async () => {
  const words = stream("words", json<string>())
    .reject((word) => {
      if (word === "no") throw new Error("no");
      return undefined;
    })
    .keyBy((word) => word);
  const counts = job("words", { handlers: { onProcessingError: () => "dead-letter" } })
    .to("counts", words.count("counts"));
  await using driver = await TopologyTestDriver.start(counts, { startMs, partitions: 2 });
  for (const word of ["no", "x".repeat(9_000)]) {
    for (const partition of [0, 1]) {
      await driver.pipe({ key: null, value: JSON.stringify(word), partition });
    }
  }
  for (let commit = 0; commit < 2; commit++) await driver.commit();
  const { read, deadLetters, rekeyed } = driver.counts;
  assert.deepEqual({ read, deadLetters, rekeyed }, { read: 4, deadLetters: 4, rekeyed: 0 });
});
