/** What every log must do for its readers; run over each of them. */
import assert from "node:assert/strict";
import { PipelineError } from "../../src/base/errors.ts";
import { partitionForKey } from "../../src/streams/partitioner.ts";
import type { TopicPartition } from "../../src/streams/record.ts";
import { encodeText } from "../../src/streams/text.ts";
import {
  type LogHarness,
  type LogHarnessFactory,
  patience,
  readAll,
  readCount,
  readUntil,
  registerCases,
  type SuiteOptions,
  textRecord,
  uniqueName,
  valuesOf,
} from "./log_harness.ts";

async function onePartition(harness: LogHarness): Promise<TopicPartition> {
  return { topic: await harness.createTopic(1), partition: 0 };
}

async function appendValues(
  { appender }: LogHarness,
  place: TopicPartition,
  values: readonly string[],
): Promise<void> {
  await using writer = appender();
  await writer.append(values.map((value) => textRecord(place, "k", value)));
}

function numbered(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `v${i}`);
}

const cases = {
  async "says how many partitions a topic has, and gives each topic an id"(
    { log, createTopic }: LogHarness,
  ) {
    const [first, second] = [await createTopic(3), await createTopic(1)];
    const { id, partitions } = await log.describe(first);
    assert.equal(partitions, 3);
    assert.equal((await log.describe(first)).id, id);
    assert.notEqual((await log.describe(second)).id, id);
  },

  async "refuses a topic that does not exist with TOPIC_UNSUITABLE"({ log }: LogHarness) {
    await assert.rejects(log.describe(uniqueName("missing")), { code: "TOPIC_UNSUITABLE" });
  },

  async "reads a topic by its id, and refuses another one of the same name with TOPIC_REPLACED"(
    harness: LogHarness,
  ) {
    const place = await onePartition(harness);
    await appendValues(harness, place, ["first"]);
    const { id } = await harness.log.describe(place.topic);
    await using right = harness.log.open(place, { offset: 0, topicId: id });
    assert.deepEqual(valuesOf((await right.next(patience())).records), ["first"]);
    const other = await harness.log.describe((await onePartition(harness)).topic);
    await using wrong = harness.log.open(place, { offset: 0, topicId: other.id });
    await assert.rejects(wrong.next(patience()), { code: "TOPIC_REPLACED" });
  },

  async "tells a topic that is created again from the one it replaces"(harness: LogHarness) {
    const { log, recreateTopic } = harness;
    if (recreateTopic === undefined) return;
    const place = await onePartition(harness);
    await appendValues(harness, place, ["old"]);
    const { id } = await log.describe(place.topic);
    await using reader = log.open(place, { offset: 0, topicId: id });
    await reader.next(patience());
    await recreateTopic(place.topic, 1);
    assert.notEqual((await log.describe(place.topic)).id, id);
    await appendValues(harness, place, ["new", "newer"]);
    await assert.rejects(reader.next(patience()), { code: "TOPIC_REPLACED" });
  },

  async "notices that the tail which led to its position is lost"(harness: LogHarness) {
    const { log, loseTail } = harness;
    if (loseTail === undefined) return;
    const place = await onePartition(harness);
    await appendValues(harness, place, numbered(20));
    await using running = log.open(place, { offset: 0 });
    let leaderEpoch: number | undefined;
    for (let position = 0; position < 20;) {
      ({ nextOffset: position, leaderEpoch } = await running.next(patience()));
    }
    await loseTail(place, 15);
    await appendValues(harness, place, numbered(10));
    await assert.rejects(running.next(patience()), { code: "INPUT_TRUNCATED" });
    await using reopened = log.open(place, { offset: 20, leaderEpoch });
    await assert.rejects(reopened.next(patience()), { code: "INPUT_TRUNCATED" });
    await using sound = log.open(place, { offset: 15, leaderEpoch });
    assert.equal(valuesOf((await sound.next(patience())).records)[0], "v0");
  },

  async "bounds an empty partition by equal offsets"(harness: LogHarness) {
    const { startOffset, endOffset } = await harness.log.bounds(await onePartition(harness));
    assert.equal(startOffset, endOffset);
  },

  async "brings records back whole: key, value, timestamp, headers, null and empty"(
    harness: LogHarness,
  ) {
    const place = await onePartition(harness);
    const full = {
      ...textRecord(place, "key", "value"),
      timestampMs: 1_700_000_000_123,
      headers: { "producer-id": encodeText("p1"), empty: new Uint8Array(0) },
    };
    const tombstone = { ...textRecord(place, "key", null), timestampMs: 1_600_000_000_000 };
    const keyless = { ...textRecord(place, null, ""), timestampMs: 0 };
    await using writer = harness.appender();
    await writer.append([full, tombstone, keyless]);
    const plain = { headers: {}, partition: 0 };
    assert.deepEqual(await readAll(harness.log, place), [
      { ...full, offset: 0 },
      { ...tombstone, ...plain, offset: 1 },
      { ...keyless, ...plain, offset: 2 },
    ]);
  },

  async "reads a partition in order, each offset once"(harness: LogHarness) {
    const place = await onePartition(harness);
    const values = numbered(5_000);
    await appendValues(harness, place, values);
    const records = await readAll(harness.log, place);
    assert.deepEqual(valuesOf(records), values);
    assert.deepEqual(records.map(({ offset }) => offset), values.map((_, i) => i));
  },

  async "brings large records a few at a time"(harness: LogHarness) {
    const place = await onePartition(harness);
    const values = numbered(30).map((value) => value.padEnd(900_000));
    for (const value of values) await appendValues(harness, place, [value]);
    await using reader = harness.log.open(place, { offset: 0, topicId: undefined });
    const brought: string[] = [];
    while (brought.length < values.length) {
      const { records } = await reader.next(patience());
      assert.ok(records.length <= 12, `${records.length} records of 900 kB`);
      brought.push(...valuesOf(records) as string[]);
    }
    assert.deepEqual(brought, values);
  },

  async "never moves a position back and names the end of the log"(harness: LogHarness) {
    const place = await onePartition(harness);
    await appendValues(harness, place, numbered(100));
    await using reader = harness.log.open(place, { offset: 0 });
    let position = 0;
    while (position < 100) {
      const { nextOffset, endOffset } = await reader.next(patience());
      assert.ok(nextOffset > position, `${nextOffset} after ${position}`);
      assert.ok(endOffset >= nextOffset, `end ${endOffset} before ${nextOffset}`);
      position = nextOffset;
    }
    assert.equal((await harness.log.bounds(place)).endOffset, 100);
  },

  async "opens in the middle and skips what lies before"(harness: LogHarness) {
    const place = await onePartition(harness);
    await appendValues(harness, place, numbered(50));
    const [first] = await readAll(harness.log, place, 37);
    assert.equal(first?.offset, 37);
  },

  async "waits at the end until a record comes"(harness: LogHarness) {
    const place = await onePartition(harness);
    await using reader = harness.log.open(place, { offset: 0 });
    const waiting = reader.next(patience());
    await appendValues(harness, place, ["late"]);
    assert.deepEqual(valuesOf((await waiting).records), ["late"]);
  },

  async "stops waiting with ABORTED when the signal fires"(harness: LogHarness) {
    await using reader = harness.log.open(await onePartition(harness), { offset: 0 });
    const stop = new AbortController();
    const waiting = reader.next(stop.signal);
    stop.abort();
    await assert.rejects(waiting, { code: "ABORTED" });
  },

  async "goes on where it was after an aborted wait"(harness: LogHarness) {
    const place = await onePartition(harness);
    await using reader = harness.log.open(place, { offset: 0 });
    await assert.rejects(reader.next(AbortSignal.abort()), { code: "ABORTED" });
    await appendValues(harness, place, ["a", "b"]);
    assert.deepEqual(valuesOf((await readUntil(reader, 2)).records), ["a", "b"]);
  },

  async "serves many readers at once, two of them on one partition"(harness: LogHarness) {
    const topic = await harness.createTopic(4);
    await using writer = harness.appender();
    const places = [0, 1, 2, 3].map((partition) => ({ topic, partition }));
    await writer.append(
      places.flatMap((place) =>
        numbered(200).map((value) => textRecord(place, "k", `${place.partition}${value}`))
      ),
    );
    const read = await Promise.all(
      [...places, { topic, partition: 0 }].map(async (place) =>
        valuesOf(await readAll(harness.log, place))
      ),
    );
    assert.deepEqual(read, [0, 1, 2, 3, 0].map((p) => numbered(200).map((v) => `${p}${v}`)));
  },

  async "lets a reader join while others wait"(harness: LogHarness) {
    const topic = await harness.createTopic(2);
    await using idle = harness.log.open({ topic, partition: 0 }, { offset: 0 });
    const stop = new AbortController();
    const waiting = idle.next(stop.signal);
    const place = { topic, partition: 1 };
    await appendValues(harness, place, ["x"]);
    assert.deepEqual(valuesOf(await readAll(harness.log, place)), ["x"]);
    stop.abort();
    await assert.rejects(waiting, { code: "ABORTED" });
  },

  async "keeps a reader that is not read from from holding up the others"(harness: LogHarness) {
    const topic = await harness.createTopic(2);
    await using writer = harness.appender();
    const big = "x".repeat(100_000);
    for (let i = 0; i < 6; i++) {
      await writer.append(numbered(10).map(() => textRecord({ topic, partition: 0 }, "k", big)));
    }
    await using idle = harness.log.open({ topic, partition: 0 }, { offset: 0 });
    const first = await idle.next(patience());
    const place = { topic, partition: 1 };
    await writer.append([textRecord(place, "k", "small")]);
    assert.deepEqual(valuesOf(await readAll(harness.log, place)), ["small"]);
    const { records } = first.nextOffset < 60 ? await readUntil(idle, 60) : first;
    assert.equal(records.at(-1)?.offset, 59);
  },

  async "moves past what a transaction leaves behind, up to the end"(harness: LogHarness) {
    const topic = await harness.createTopic(1);
    const place = { topic, partition: 0 };
    const input = { topic: await harness.createTopic(1), partition: 0 };
    await using writer = await harness.commitLog(uniqueName("app")).fence(input);
    await writer.commit({
      records: [textRecord(place, "k", "in a transaction")],
      changelog: place,
      input,
      inputOffset: 1,
      metadata: () => "",
    });
    await using reader = harness.log.open(place, { offset: 0 });
    await appendValues(harness, place, ["after"]);
    await readCount(harness.log, place, 2);
    const { endOffset } = await harness.log.bounds(place);
    const { records, position } = await readUntil(reader, endOffset);
    assert.deepEqual(valuesOf(records), ["in a transaction", "after"]);
    assert.equal(position, endOffset);
  },

  async "puts a record without partition where its key belongs"(harness: LogHarness) {
    const topic = await harness.createTopic(4);
    await using writer = harness.appender();
    const keys = ["AAPL", "MSFT", "BINANCE:BTCUSDT", "IC MARKETS:1", "é"];
    await writer.append(keys.map((key) => textRecord({ topic }, key, key)));
    for (let partition = 0; partition < 4; partition++) {
      const expected = keys.filter((key) => partitionForKey(encodeText(key), 4) === partition);
      assert.deepEqual(valuesOf(await readAll(harness.log, { topic, partition })), expected);
    }
  },

  async "refuses a position before the start with INPUT_TRUNCATED and the bounds"(
    harness: LogHarness,
  ) {
    if (harness.truncate === undefined) return;
    const place = await onePartition(harness);
    await appendValues(harness, place, numbered(20));
    await harness.truncate(place, 10);
    assert.deepEqual(await harness.log.bounds(place), { startOffset: 10, endOffset: 20 });
    await using reader = harness.log.open(place, { offset: 3 });
    await assert.rejects(reader.next(patience()), (error) => {
      assert.ok(error instanceof PipelineError);
      assert.equal(error.code, "INPUT_TRUNCATED");
      for (const named of [place.topic, "3", "10", "20"]) {
        assert.ok(error.message.includes(named), `${named} in ${error.message}`);
      }
      return true;
    });
  },
};

/** Registers the suite for one implementation. */
export function recordLogContract(
  name: string,
  factory: LogHarnessFactory,
  options?: SuiteOptions,
): void {
  registerCases(name, factory, cases, options);
}
