import assert from "node:assert/strict";
import { parseFrame } from "../../src/feed/parse_frame.ts";
import { SharedFrame } from "../../src/feed/shared_frame.ts";
import { frameToRecords } from "../../src/ingest/frame_records.ts";
import { decodeText } from "../../src/streams/text.ts";
import { entryArbitrary, entryTrade, frameText } from "../support/frame_arbitraries.ts";
import { frameOf } from "../support/frames.ts";
import { jsonTradeCodec } from "../support/json_trade_codec.ts";
import { fc } from "../support/properties.ts";

const entriesArbitrary = fc.array(entryArbitrary, { minLength: 1 });
const terms = { topic: "trade1", producerId: "p", codec: jsonTradeCodec };

Deno.test("frameToRecords() loses no trade and keeps the order of each symbol", () => {
  fc.assert(fc.property(entriesArbitrary, (entries) => {
    const text = frameText(entries);
    const { records } = frameToRecords(frameOf(text), parseFrame(text), terms);
    const want = Map.groupBy(entries.map(entryTrade), ({ symbol }) => symbol);
    const got = records.map(({ key, value }) =>
      [key && decodeText(key), value && jsonTradeCodec.decode(value)] as const
    );
    assert.deepEqual(got, [...want]);
  }));
});

Deno.test("frameToRecords() numbers the records of any frames strictly upwards", () => {
  const frames = fc.array(fc.oneof(entriesArbitrary.map(frameText), fc.json()));
  fc.assert(fc.property(frames, (texts) => {
    const sequences = texts.flatMap((text, index) =>
      frameToRecords(frameOf(text, index + 1), parseFrame(text), terms).records.map(({ headers }) =>
        Number(decodeText(headers?.["sequence"] ?? new Uint8Array()))
      )
    );
    for (const [index, sequence] of sequences.entries()) {
      assert(sequence > (sequences[index - 1] ?? 0));
    }
  }));
});

Deno.test("frameToRecords() gives the same records for the same frame", () => {
  fc.assert(fc.property(entriesArbitrary, (entries) => {
    const text = frameText(entries);
    const convert = () => frameToRecords(frameOf(text, 9), parseFrame(text), terms);
    assert.deepEqual(convert(), convert());
  }));
});

Deno.test("SharedFrame gives two halves of an audience exactly the frame together", () => {
  const symbols = fc.subarray(["AAPL", "BINANCE:BTCUSDT", "OANDA:EUR_USD", "IC MARKETS:1", "é€"]);
  fc.assert(fc.property(entriesArbitrary, symbols, (entries, subscribed) => {
    const frame = new SharedFrame(frameText(entries));
    const share = frame.shareOf(new Set(subscribed));
    const want = entries.filter(({ s }) => subscribed.includes(s));
    assert.equal(share?.tradeCount ?? 0, want.length);
    if (share) assert.equal(share.text, frameText(want));
  }));
});
