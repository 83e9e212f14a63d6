import assert from "node:assert/strict";
import { RecordProcessor } from "../../../src/streams/processor.ts";
import type { LogRecord } from "../../../src/streams/record.ts";
import { deadLetterCauseOf } from "../../../src/streams/side_output.ts";
import { firstMeta } from "../../../src/streams/state.ts";
import { encodeText } from "../../../src/streams/text.ts";
import { WriteCache } from "../../../src/streams/write_cache.ts";
import {
  type CountingRow,
  countingTopology,
  jsonEngineCodecs,
  type Measurement,
  type Total,
} from "../../support/counting_topology.ts";
import { MemoryStores } from "../../support/memory_stores.ts";

const receivedAtMs = 1_000_000;

interface Bench {
  readonly processor: RecordProcessor<Measurement, Total, CountingRow>;
  readonly cache: WriteCache<Total>;
}

async function bench(): Promise<Bench> {
  const topology = countingTopology();
  const store = await new MemoryStores().open({ topic: "input", partition: 0 });
  const cache = new WriteCache(store, jsonEngineCodecs, topology);
  return { processor: new RecordProcessor(topology, cache, firstMeta(0)), cache };
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
  processor.process(record(4, {}));
  processor.process(record(4, {}));
  assert.equal(processor.meta.inputOffset, 5);
  assert.equal(processor.meta.counts.read, 1);
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
  assert.equal(cache.key("k", 0).state.streamTimeMs, receivedAtMs);
  processor.process(record(1, { timeMs: receivedAtMs + 60_000 }));
  assert.equal(processor.meta.counts.aggregated, 2);
});

Deno.test("RecordProcessor sends an impossible event to the dead letters, not its fellows", async () => {
  const { processor } = await bench();
  const bad = record(0, {}, {}).value;
  const text = new TextDecoder().decode(bad ?? undefined).replace('"value":1', '"value":null');
  processor.process({ ...record(0), value: encodeText(text) });
  assert.deepEqual(processor.meta.counts, {
    read: 2,
    aggregated: 1,
    late: 0,
    deadLetters: 1,
    duplicates: 0,
  });
  const [letter] = processor.sideOutputs;
  assert.ok(letter !== undefined);
  assert.equal(deadLetterCauseOf(letter), "impossible-value");
  assert.deepEqual(letter.value, encodeText(text));
});

Deno.test("RecordProcessor keeps a record with an impossible timestamp out of write times", async () => {
  const { processor } = await bench();
  processor.process({ ...record(0, {}), timestampMs: Number.MAX_SAFE_INTEGER });
  assert.equal(processor.meta.versionUs, 0);
  assert.equal(processor.meta.counts.deadLetters, 1);
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
  const owner = cache.key("k", 0);
  assert.ok(!cache.window(owner, 0)?.state.final);
  processor.process(record(1, { timeMs: 15_000 }));
  assert.ok(cache.window(owner, 0)?.state.final);
  assert.deepEqual(owner.state.openWindows, [10_000]);
});
