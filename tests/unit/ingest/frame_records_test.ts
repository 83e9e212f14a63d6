import assert from "node:assert/strict";
import { parseFrame } from "../../../src/feed/parse_frame.ts";
import {
  frameSequenceOf,
  frameToRecords,
  recordSequence,
  sequencesPerFrame,
} from "../../../src/ingest/frame_records.ts";
import type { OutputRecord } from "../../../src/streams/record.ts";
import { decodeText } from "../../../src/streams/text.ts";
import { entry, frameOf, tradeText } from "../../support/frames.ts";
import { jsonTradeCodec } from "../../support/json_trade_codec.ts";

const terms = { topic: "trade1", producerId: "finnhub-1", codec: jsonTradeCodec };

function convert(text: string, sequence = 7) {
  return frameToRecords(frameOf(text, sequence), parseFrame(text), terms);
}

function header(record: OutputRecord | undefined, name: string): string | undefined {
  const value = record?.headers?.[name];
  return value && decodeText(value);
}

Deno.test("frameToRecords() makes one keyed record per symbol, in order", () => {
  const text = tradeText(
    entry({ s: "B", p: 1 }),
    entry({ s: "A", p: 2 }),
    entry({ s: "B", p: 3 }),
  );
  const { records, tradeCount, deadLetter } = convert(text);
  assert.deepEqual([tradeCount, deadLetter], [3, undefined]);
  assert.deepEqual(records.map(({ key }) => key && decodeText(key)), ["B", "A"]);
  assert.deepEqual(records.map(({ topic }) => topic), ["trade1", "trade1"]);
  assert.deepEqual(records.map(({ timestampMs }) => timestampMs), Array(2).fill(1_700_000_000_100));
  const prices = records.map(({ value }) =>
    value && jsonTradeCodec.decode(value).map(({ price }) => price)
  );
  assert.deepEqual(prices, [[1, 3], [2]]);
});

Deno.test("frameToRecords() gives records the producer's name and increasing numbers", () => {
  const { records } = convert(tradeText(entry({ s: "A" }), entry({ s: "B" })), 3);
  assert.deepEqual(records.map((record) => header(record, "producer-id")), [
    "finnhub-1",
    "finnhub-1",
  ]);
  const sequences = records.map((record) => Number(header(record, "sequence")));
  assert.deepEqual(sequences, [3 * 65_536, 3 * 65_536 + 1]);
});

Deno.test("frameToRecords() sends on the good trades of a frame with an impossible one", () => {
  const text = tradeText(entry({ v: -1 }), entry({ p: 5 }), entry({ t: -1 }));
  const { records, deadLetter } = convert(text);
  const fault = "data[0]: volume is not from 0 to 1000000000000000: -1; " +
    "data[2]: time is not epoch milliseconds: -1";
  assert.deepEqual(deadLetter, { cause: "impossible-value", detail: fault, items: 2 });
  const [good, dead] = records;
  assert.equal(good?.value && jsonTradeCodec.decode(good.value)[0]?.price, 5);
  assert.equal(dead?.topic, "trade1-dead-letters");
  assert.equal(dead?.value && decodeText(dead.value), text);
  assert.deepEqual([dead?.key, dead?.partition], [null, 0]);
  assert.equal(header(dead, "cause"), "impossible-value");
  assert.equal(header(dead, "detail"), fault);
  assert.equal(header(dead, "origin"), "feed");
  assert.equal(header(dead, "sequence"), String(7 * 65_536 + 1));
});

Deno.test("frameToRecords() spells out five faults and counts the others", () => {
  const { deadLetter } = convert(tradeText(...Array(9).fill(null)));
  assert.match(deadLetter?.detail ?? "", /data\[4\].*; and 4 more$/);
});

Deno.test.each([
  { text: "{", cause: "malformed", detail: "frame is not JSON" },
  { text: `{"type":"trade","data":[]}`, cause: "empty", detail: "frame holds no trades" },
])("frameToRecords() keeps $text as a dead letter", ({ text, cause, detail }) => {
  const { records, tradeCount } = convert(text);
  assert.deepEqual([records.length, tradeCount], [1, 0]);
  assert.equal(header(records[0], "cause"), cause);
  assert.equal(header(records[0], "detail"), detail);
  assert.equal(header(records[0], "sequence"), String(7 * 65_536));
});

Deno.test.each([`{"type":"ping"}`, `{"msg":"Invalid symbol X","type":"error"}`])(
  "frameToRecords() makes nothing of %s",
  (text) => {
    assert.deepEqual(convert(text), { records: [], tradeCount: 0, deadLetter: undefined });
  },
);

Deno.test("recordSequence() leads back to its frame", () => {
  for (const [frame, index] of [[1, 0], [2, 65_535], [2 ** 37 - 1, 65_535]] as const) {
    assert.equal(frameSequenceOf(recordSequence(frame, index)), frame);
  }
  assert(recordSequence(1, sequencesPerFrame - 1) < recordSequence(2, 0));
  assert.throws(() => recordSequence(1, sequencesPerFrame));
  assert.throws(() => recordSequence(2 ** 37, 0));
});
