import assert from "node:assert/strict";
import { seededRandom } from "../../src/base/random.ts";
import { parseFrame } from "../../src/feed/parse_frame.ts";
import { type FrameRecords, frameToRecords } from "../../src/ingest/frame_records.ts";
import type { TradeCodec } from "../../src/market/codec.ts";
import type { Trade } from "../../src/market/trade.ts";
import type { OutputRecord } from "../../src/streams/record.ts";
import { deadLetterTopic } from "../../src/streams/processing/side_output.ts";
import { decodeText } from "../../src/streams/text.ts";
import { mutatedFrame } from "../support/frame_mutations.ts";
import { frameOf } from "../support/frames.ts";
import { say } from "../support/say.ts";
import { memoryTradeCodec } from "../support/trade_codecs.ts";

const topic = "trade1";
const frames = 100_000;
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** How many entries a frame has by JSON's rules alone; `undefined` if it is no frame of trades. */
function entriesOf(text: string): number | undefined {
  try {
    const message = JSON.parse(text);
    const isFrame = typeof message === "object" && message !== null && !Array.isArray(message) &&
      Object.hasOwn(message, "type") && message.type === "trade" && Array.isArray(message.data);
    return isFrame ? message.data.length : undefined;
  } catch {
    return undefined;
  }
}

function isControl(text: string): boolean {
  const { kind } = parseFrame(text);
  return kind === "ping" || kind === "error";
}

function tradesOf(records: readonly OutputRecord[], codec: TradeCodec): Trade[] {
  return records.filter((record) => record.topic === topic).flatMap(({ key, value }) => {
    const trades = codec.decode(value as Uint8Array);
    for (const trade of trades) assert.equal(trade.symbol, decodeText(key as Uint8Array));
    return trades;
  });
}

/** Every entry is a trade, as it was read, or its frame is a dead letter, byte for byte. */
function checkRecords(text: string, { records }: FrameRecords, codec: TradeCodec): void {
  const entries = entriesOf(text);
  const trades = tradesOf(records, codec);
  const dead = records.filter((record) => record.topic === deadLetterTopic(topic));
  assert.equal(trades.length + dead.length > 0, !isControl(text), "neither trade nor dead letter");
  assert.ok(dead.length <= 1, "one dead letter at most");
  for (const { value } of dead) assert.equal(decoder.decode(value as Uint8Array), text);
  if (entries === undefined) assert.equal(trades.length, 0);
  else assert.equal(trades.length < entries || entries === 0, dead.length === 1, "part is lost");
  const parsed = parseFrame(text);
  if (parsed.kind !== "trades") return;
  const bySymbol = [...Map.groupBy(parsed.trades, ({ symbol }) => symbol).values()].flat()
    .map((trade) => ({ ...trade, eventTimeMs: trade.eventTimeMs + 0 })); // Avro's long has no -0
  assert.deepEqual(trades, bySymbol);
}

Deno.test(`frameToRecords() makes trades or a dead letter of each of ${frames} damaged frames`, async () => {
  const seed = Math.floor(Math.random() * 2 ** 32);
  say(`seed ${seed}`);
  const random = seededRandom(seed);
  const { codec } = await memoryTradeCodec();
  const counts = { trades: 0, dead: 0, control: 0 };
  for (let i = 1; i <= frames; i++) {
    const text = mutatedFrame(random);
    try {
      const made = frameToRecords(frameOf(text, i), parseFrame(text), {
        topic,
        producerId: "p",
        codec,
      });
      checkRecords(text, made, codec);
      counts.trades += made.tradeCount;
      counts.dead += made.deadLetter === undefined ? 0 : 1;
      counts.control += isControl(text) ? 1 : 0;
    } catch (cause) {
      throw new Error(`frame ${i} of seed ${seed}: ${JSON.stringify(text.slice(0, 2_000))}`, {
        cause,
      });
    }
  }
  say(JSON.stringify(counts));
  for (const count of Object.values(counts)) assert.ok(count > frames / 100, "too one-sided");
});
