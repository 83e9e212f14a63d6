import assert from "node:assert/strict";
import { partitionForKey } from "../../../src/streams/partitioner.ts";
import { Pace } from "../../../src/streams/processing/pace.ts";
import { RecordProcessor } from "../../../src/streams/processing/processor.ts";
import { type LogRecord, recordTimestampMsMax } from "../../../src/streams/record.ts";
import { identityHeaders } from "../../../src/streams/record_identity.ts";
import { deadLetterCauseOf } from "../../../src/streams/side_output.ts";
import { firstMeta, noItems } from "../../../src/streams/state/state.ts";
import {
  type Arrival,
  arrivedParts,
  type Part,
  PartsWriter,
} from "../../../src/streams/repartition_record.ts";
import { decodeText, encodeText } from "../../../src/streams/text.ts";
import { KeyValues } from "../../../src/streams/state/key_values.ts";
import { WriteCache } from "../../../src/streams/state/write_cache.ts";
import {
  type CountingRow,
  countingTopology,
  lastStraw,
  type Measurement,
  type Total,
  unbearable,
} from "../../support/counting_topology.ts";
import { MemoryStores } from "../../../src/streams/testing/memory_stores.ts";

const receivedAtMs = 1_000_000;

const lineage = {
  topic: "input",
  topicId: "input-id",
  partitions: 1,
  changelogId: "id",
  repartitionId: "",
};

interface Bench {
  readonly processor: RecordProcessor<Measurement, Total, CountingRow>;
  readonly cache: WriteCache<Total>;
}

async function bench(
  options: Parameters<typeof countingTopology>[0] & { readonly pace?: Pace } = {},
  topology = countingTopology(options),
  partitions = 2,
): Promise<Bench> {
  const store = await new MemoryStores().open({ topic: "input", partition: 0 }, "id");
  const cache = new WriteCache(store, topology);
  const stores = new KeyValues({ get: () => undefined });
  const repartition = options.repartition === true ? { topic: "again", partitions } : undefined;
  const meta = firstMeta(lineage, 0);
  return {
    processor: new RecordProcessor(topology, cache, stores, meta, repartition, options.pace),
    cache,
  };
}

function record(offset: number, ...events: Partial<Measurement>[]): LogRecord {
  const full = events.map((event) => ({ key: "k", timeMs: receivedAtMs, value: 1, ...event }));
  return {
    topic: "input",
    partition: 0,
    offset,
    timestampMs: receivedAtMs,
    key: encodeText("k"),
    value: encodeText(JSON.stringify(full)),
    headers: {},
  };
}

function header(processor: Bench["processor"], name: string): string | undefined {
  const value = processor.sideOutputs.at(-1)?.headers?.[name];
  return value === undefined ? undefined : new TextDecoder().decode(value);
}

Deno.test("RecordProcessor leaves out a record that it has processed", async () => {
  const { processor } = await bench();
  assert.ok(!processor.changed);
  processor.process(record(4, {}));
  assert.ok(processor.changed);
  processor.handOver();
  processor.process(record(4, {}));
  processor.skipTo("input", 5);
  assert.ok(!processor.changed, "there is nothing to commit");
  assert.equal(processor.meta.inputOffset, 5);
  assert.equal(processor.meta.counts.read, 1);
});

Deno.test("RecordProcessor is full when its dead letters have many bytes, until a commit has them", async () => {
  const { processor } = await bench();
  const batch = new Uint8Array(40_000_000);
  const dead = (offset: number): LogRecord => {
    const value = batch.subarray(offset, offset + 1_000_000);
    return { ...record(offset), value, unreadable: "no codec" };
  };
  for (let offset = 0; offset < 8; offset++) processor.process(dead(offset));
  assert.ok(!processor.isFull);
  processor.process(dead(8));
  assert.ok(processor.isFull);
  const kept = processor.sideOutputs.map(({ value }) => value?.buffer.byteLength);
  assert.deepEqual(kept, new Array(9).fill(1_000_000));
  processor.handOver();
  assert.ok(!processor.isFull);
});

Deno.test("RecordProcessor sends a batch that cannot be read to the dead letters, whole", async () => {
  const { processor } = await bench({ joins: true });
  processor.process({ ...record(4, {}), unreadable: "no codec" });
  processor.skipTo("input", 9);
  processor.process(record(9, {}));
  const [dead] = processor.sideOutputs;
  assert.ok(dead !== undefined);
  assert.equal(deadLetterCauseOf(dead), "unreadable-batch");
  assert.deepEqual(dead.value, record(4, {}).value);
  assert.equal(header(processor, "detail"), "no codec");
  assert.deepEqual([processor.meta.inputOffset, processor.meta.counts.aggregated], [10, 1]);
  processor.process({ ...record(10), topic: "factors", unreadable: "no codec either" });
  assert.equal(header(processor, "cause"), "unreadable-batch");
  assert.equal(header(processor, "detail"), "no codec either");
});

Deno.test("RecordProcessor gives every event a greater write time near its receipt", async () => {
  const { processor } = await bench();
  processor.process(record(0, {}, {}, {}));
  const times = processor.eventRows.map(({ versionUs }) => versionUs);
  assert.deepEqual(times, [1_000_000_000, 1_000_000_001, 1_000_000_002]);
});

Deno.test("RecordProcessor sends an event from the far future to the dead letters", async () => {
  const { processor, cache } = await bench();
  processor.process(record(0, {}, { timeMs: receivedAtMs + 60_001 }));
  assert.equal(header(processor, "cause"), "far-future");
  assert.equal(header(processor, "origin-index"), "1");
  assert.equal(cache.key("k").state.streamTimeMs, receivedAtMs);
  processor.process(record(1, { timeMs: receivedAtMs + 60_000 }));
  assert.equal(processor.meta.counts.aggregated, 2);
});

Deno.test("RecordProcessor sends an impossible event to the dead letters, not its fellows", async () => {
  const { processor } = await bench();
  const bad = record(0, {}, {}).value;
  const text = new TextDecoder().decode(bad ?? undefined).replace('"value":1', '"value":null');
  processor.process({ ...record(0), value: encodeText(text) });
  assert.deepEqual(processor.meta.counts, { ...noItems, read: 2, aggregated: 1, deadLetters: 1 });
  const [letter] = processor.sideOutputs;
  assert.ok(letter !== undefined);
  assert.equal(deadLetterCauseOf(letter), "impossible-value");
  assert.deepEqual(letter.value, encodeText(text));
});

Deno.test("RecordProcessor keeps a record with an impossible timestamp out of write times", async () => {
  const { processor } = await bench();
  for (const [at, timestampMs] of [-1, NaN, recordTimestampMsMax + 1].entries()) {
    processor.process({ ...record(at, {}), timestampMs });
  }
  assert.equal(processor.meta.versionUs, 0);
  assert.equal(processor.meta.counts.deadLetters, 3);
  processor.process({ ...record(3, { timeMs: 0 }), timestampMs: 0 });
  processor.process({ ...record(4, {}), timestampMs: recordTimestampMsMax });
  assert.equal(processor.meta.counts.aggregated, 2);
});

Deno.test("RecordProcessor marks a late event with its window and its key's time", async () => {
  const { processor } = await bench();
  processor.process(record(0, { timeMs: 15_000 }, { timeMs: 9_999 }));
  assert.equal(processor.meta.counts.late, 1);
  assert.equal(processor.eventRows.length, 2, "a late event is stored all the same");
  assert.equal(header(processor, "cause"), "window-closed");
  assert.equal(header(processor, "window-start"), "0");
  assert.equal(header(processor, "window-end"), "10000");
  assert.equal(header(processor, "stream-time"), "15000");
});

Deno.test("RecordProcessor closes a window in the moment its grace is over", async () => {
  const { processor, cache } = await bench();
  processor.process(record(0, { timeMs: 9_999 }, { timeMs: 14_999 }));
  const owner = cache.key("k");
  assert.ok(!cache.window(owner, 0)?.state.final);
  processor.process(record(1, { timeMs: 15_000 }));
  assert.deepEqual(owner.left.map(({ window }) => [window.startMs, window.state.final]), [[
    0,
    true,
  ]]);
  assert.deepEqual(owner.windows.map(({ startMs }) => startMs), [10_000]);
});

Deno.test("RecordProcessor puts an event into each of its hopping windows", async () => {
  const { processor, cache } = await bench({ advanceMs: 5_000 });
  processor.process(record(0, { timeMs: 12_000, value: 7 }));
  const owner = cache.key("k");
  assert.deepEqual(owner.windows.map(({ startMs }) => startMs), [5_000, 10_000]);
  assert.deepEqual(cache.window(owner, 5_000)?.state.aggregate, { count: 1, sum: 7 });
  assert.equal(processor.meta.counts.aggregated, 1);
});

Deno.test("RecordProcessor counts an event once that is late for one of its windows", async () => {
  const { processor } = await bench({ advanceMs: 5_000 });
  processor.process(record(0, { timeMs: 20_000 }, { timeMs: 12_000 }));
  assert.equal(processor.meta.counts.aggregated, 2);
  assert.equal(processor.meta.counts.late, 0);
  assert.equal(header(processor, "window-start"), "5000");
});

Deno.test("RecordProcessor stops where the job throws, by default", async () => {
  const { processor } = await bench();
  assert.throws(() => processor.process(record(3, { value: unbearable })), {
    code: "RECORD_REFUSED",
    message: /Cannot continue at input-0@3 as the job failed/,
  });
});

Deno.test("RecordProcessor continues after onProcessingError with a dead letter", async () => {
  const { processor, cache } = await bench({
    handlers: { onProcessingError: () => "dead-letter" },
  });
  processor.process(
    record(0, { value: 1 }, { value: unbearable, timeMs: 1_055_000 }, { value: 2 }),
  );
  assert.equal(header(processor, "cause"), "processing-error");
  const owner = cache.key("k");
  assert.equal(owner.state.streamTimeMs, receivedAtMs, "a failed event moves no time");
  assert.deepEqual(cache.window(owner, 1_000_000)?.state.aggregate, { count: 2, sum: 3 });
  const { read, aggregated, deadLetters } = processor.meta.counts;
  assert.deepEqual({ read, aggregated, deadLetters }, { read: 3, aggregated: 2, deadLetters: 1 });
  assert.equal(processor.eventRows.length, 3, "the event itself is good");
});

Deno.test("RecordProcessor stops at an unreadable record if the job says so", async () => {
  const { processor } = await bench({ handlers: { onDeserializationError: () => "stop" } });
  assert.throws(() => processor.process({ ...record(0), value: null }), { code: "RECORD_REFUSED" });
});

// A hopping window took an event whose next window threw: the dead letter was in a result, too.
Deno.test("RecordProcessor changes no window by an event on which the job throws", async () => {
  const { processor, cache } = await bench({
    advanceMs: 5_000,
    handlers: { onProcessingError: () => "dead-letter" },
  });
  processor.process(record(0, { timeMs: 10_000 }));
  const before = structuredClone(cache.key("k"));
  processor.process(record(1, { timeMs: 6_000, value: lastStraw }));
  const { windows, state } = cache.key("k");
  assert.deepEqual(windows, before.windows);
  assert.deepEqual(state, before.state);
  const { aggregated, deadLetters } = processor.meta.counts;
  assert.deepEqual({ aggregated, deadLetters }, { aggregated: 1, deadLetters: 1 });
  processor.process(record(2, { timeMs: 6_000, value: 2 }));
  const owner = cache.key("k");
  assert.deepEqual(cache.window(owner, 0)?.state.aggregate, { count: 1, sum: 2 });
  assert.deepEqual(cache.window(owner, 5_000)?.state.aggregate, { count: 2, sum: 3 });
});

Deno.test("RecordProcessor stops where aggregates cannot be merged, whatever the job says of events", async () => {
  const job = countingTopology({
    rollUps: true,
    handlers: { onProcessingError: () => "dead-letter" },
  });
  const merge = () => {
    throw new Error("cannot be merged");
  };
  const { processor } = await bench({}, { ...job, rollUps: { ...job.rollUps, merge } });
  processor.process(record(0, { timeMs: 9_999 }));
  assert.throws(() => processor.process(record(1, { timeMs: 15_000 })), { name: "InvariantError" });
});

Deno.test("RecordProcessor counts a record without events, and its repetition", async () => {
  const { processor } = await bench();
  const identity = { producerId: "p", sequence: 1 };
  const headers = identityHeaders(identity);
  processor.process({ ...record(0), headers });
  processor.process({ ...record(1), headers });
  assert.equal(header(processor, "cause"), "empty");
  const { read, deadLetters, duplicates } = processor.meta.counts;
  assert.deepEqual({ read, deadLetters, duplicates }, { read: 2, deadLetters: 1, duplicates: 1 });
  assert.deepEqual(processor.meta.producers, [identity], "under the name that it has");
});

Deno.test.each([NaN, Infinity, -1, 0.5, 2 ** 53])(
  "RecordProcessor makes a dead letter of an event at %s, which is no time",
  async (timeMs) => {
    const topology = { ...countingTopology(), maxFutureMs: Infinity };
    const source = { ...topology.source, timeOf: () => timeMs };
    const { processor } = await bench({}, { ...topology, source });
    processor.process(record(0, {}));
    assert.equal(header(processor, "cause"), "impossible-value");
    assert.deepEqual(processor.meta.counts, { ...noItems, read: 1, deadLetters: 1 });
  },
);

Deno.test("RecordProcessor sends on what is possible, and keeps what is not", async () => {
  const { processor } = await bench({ repartition: true });
  const mixed = record(0, { key: "a" }, { key: "b" }, { key: "b" }, { key: "c" });
  const text = new TextDecoder().decode(mixed.value ?? undefined);
  const values = ["null", "null", "2", "3"];
  const damaged = text.replaceAll('"value":1', () => `"value":${values.shift()}`);
  const others = 1; // all keys belong to partition 0
  processor.process({ ...mixed, partition: others, value: encodeText(damaged) });
  const dead = processor.sideOutputs.map(({ topic, headers = {} }) => [
    topic,
    decodeText(headers["origin-index"] ?? new Uint8Array()),
  ]);
  assert.deepEqual(dead, [["input-dead-letters", "0"], ["input-dead-letters", "1"]]);
  const sent = processor.sentOn.flatMap((output) =>
    arrivedParts({ ...mixed, ...output, partition: output.partition ?? -1, headers: {} }) ?? []
  );
  assert.deepEqual(
    sent.map(({ topic, keys, origin: { offset, indexes } }) => ({
      topic,
      keys: keys.map((key) => key && decodeText(key)),
      offset,
      indexes,
    })),
    [{
      topic: "again",
      keys: [undefined, undefined, "b", "c"],
      offset: 0,
      indexes: [0, 1, 2, 3],
    }],
  );
  const { read, deadLetters, rekeyed } = processor.meta.counts;
  assert.deepEqual({ read, deadLetters, rekeyed }, { read: 2, deadLetters: 2, rekeyed: 2 });
});

Deno.test("RecordProcessor sends a record as it is to a single partition, to several their events", async () => {
  const job = countingTopology({ repartition: true });
  const { processor } = await bench({ repartition: true }, job, 3);
  const [k0, k1, k2] = [0, 1, 2].map((partition) => ({
    key: [..."abcdefgh"].find((key) => partitionForKey(encodeText(key), 3) === partition) ?? "",
  }));
  assert.ok(k0 !== undefined && k1 !== undefined && k2 !== undefined);
  const [one, several] = [record(0, k1, k0, k1), record(1, k0, k1, k2, k1)];
  for (const read of [one, several]) processor.process(read);
  const parts = processor.sentOn.flatMap((sent) =>
    arrivedParts({ ...several, ...sent, partition: sent.partition ?? -1, headers: {} }) ?? []
  );
  const sentTo = parts.map(({ partition, value, keys, origin: { offset, indexes } }) => ({
    ...{ partition, value: decodeText(value), offset, indexes },
    keys: keys.map((key) => key && decodeText(key)),
  }));
  const textOf = ({ value }: LogRecord) => decodeText(value ?? new Uint8Array());
  assert.deepEqual(sentTo, [{
    ...{ partition: 1, value: textOf(one), offset: 0, indexes: [0, 1, 2] },
    keys: [k1.key, undefined, k1.key],
  }, {
    ...{ partition: 1, value: textOf(record(0, k1, k1)), offset: 1, indexes: [1, 3] },
    keys: [k1.key, k1.key],
  }, {
    ...{ partition: 2, value: textOf(record(0, k2)), offset: 1, indexes: [2] },
    keys: [k2.key],
  }]);
  assert.deepEqual(processor.meta.counts, { ...noItems, read: 2, aggregated: 2, rekeyed: 5 });
});

Deno.test("RecordProcessor tells its pace how far it has read", async () => {
  const pace = new Pace({ partition: 0, partitions: 2 }, { graceMs: 0, inUse: true });
  const { processor } = await bench({ repartition: true, pace });
  pace.heard(1, { timeMs: 1_000, behind: true });
  const isAhead = [1_000, 9_000].map((timeMs, offset) => {
    processor.process(record(offset, { timeMs }));
    return pace.isAhead({ behind: false });
  });
  assert.deepEqual(isAhead, [false, true]);
});

/** A record of the repartition topic that brings one part. */
function arrival(offset: number, part: Partial<Part>): Arrival {
  const { value, timestampMs } = record(0, {});
  const origin = { input: 0, partition: 1, offset, indexes: [0] };
  const writer = new PartsWriter("again");
  const full = { value: value ?? new Uint8Array(), keys: [encodeText("k")], timestampMs, origin };
  writer.add(0, { ...full, ...part });
  const [written] = writer.records();
  assert.ok(written !== undefined);
  const sent = { ...written, partition: 0, offset, headers: {} };
  return { record: sent, parts: arrivedParts(sent) };
}

Deno.test("RecordProcessor makes a dead letter of each part of which it can use nothing", async () => {
  const { processor } = await bench({ repartition: true });
  const parts: readonly Partial<Part>[] = [
    { timestampMs: recordTimestampMsMax + 1 },
    { value: encodeText("{") },
    { value: encodeText("[]") },
    { value: record(0, {}, {}).value ?? new Uint8Array() },
    { value: record(0, { key: "another" }).value ?? new Uint8Array() },
  ];
  for (const [offset, part] of parts.entries()) processor.processArrival(arrival(offset, part));
  const foreign = { ...record(5, {}), topic: "again" };
  processor.processArrival({ record: foreign, parts: undefined });
  assert.deepEqual(processor.sideOutputs.map((letter) => deadLetterCauseOf(letter)), [
    ...["impossible-value", "malformed", "key-mismatch", "malformed", "key-mismatch", "malformed"],
  ]);
  assert.deepEqual(processor.meta.counts, { ...noItems, read: 6, deadLetters: 6 });
  processor.processArrival(arrival(6, {}));
  processor.processArrival(arrival(6, {}));
  assert.deepEqual(processor.meta.counts, { ...noItems, read: 7, deadLetters: 6, aggregated: 1 });
  assert.deepEqual([processor.meta.rekeyedOffset, processor.meta.inputOffset], [7, 0]);
});
