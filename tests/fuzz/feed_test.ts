/** The feed: messages of text and of bytes through the ingest, spool included. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { Random } from "../../src/base/random.ts";
import { decodeText, encodeText } from "../../src/base/text.ts";
import type { FrameSource } from "../../src/feed/frame.ts";
import { type Message, messageOf } from "../../src/feed/message.ts";
import { parseMessage } from "../../src/feed/parse_frame.ts";
import { frameSequenceOf } from "../../src/ingest/frame_records.ts";
import type { LogRecord } from "../../src/streams/record.ts";
import { deadLetterTopic } from "../../src/streams/side_output.ts";
import { mutatedFrame } from "../support/frame_mutations.ts";
import { frameOf, tradeText } from "../support/frames.ts";
import { everyInputIsSurvived, mutatedBytes } from "../support/fuzz.ts";
import { ingested, ingestTopic as topic } from "../support/ingested.ts";
import { memoryTradeCodec } from "../support/trade_codecs.ts";

const { codec } = await memoryTradeCodec();
const good = tradeText({ c: null, p: 5, s: "GOOD", t: 1_700_000_000_000, v: 1 });

everyInputIsSurvived<Uint8Array>({
  name: "messages of the feed",
  together: 1_000,
  draw: drawMessage,
  take: takeMessages,
  show: (bytes) => JSON.stringify(decodeText(bytes) ?? Buffer.from(bytes).toString("hex")),
});

/** A damaged frame as text, or damaged once more as bytes. */
function drawMessage(random: Random): Uint8Array {
  const text = encodeText(mutatedFrame(random));
  return random.next() < 0.7 ? text : mutatedBytes(text, random);
}

async function takeMessages(inputs: readonly Uint8Array[]): Promise<void> {
  const messages = inputs.flatMap((bytes) => [messageOf(bytes), { text: good }]);
  const byFrame = Map.groupBy(
    await ingested(sourceOf(messages)),
    ({ headers }) => frameSequenceOf(Number(decodeText(headers?.["sequence"] ?? new Uint8Array()))),
  );
  for (const [index, bytes] of inputs.entries()) {
    checkRecords(bytes, byFrame.get(2 * index + 1) ?? []);
    const next = byFrame.get(2 * index + 2) ?? [];
    assert.equal(next.length, 1, "the good frame behind it is a record");
    assert.equal(codec.decode(next[0]?.value as Uint8Array)[0]?.symbol, "GOOD");
  }
}

function sourceOf(messages: readonly Message[]): FrameSource {
  return {
    producerId: "p",
    async *frames() {
      await Promise.resolve();
      yield* messages.map((message, index) => ({ ...frameOf("", index + 1), ...message }));
    },
  };
}

/** Every entry is a trade, as it was read, or its message is a dead letter, byte for byte. */
function checkRecords(bytes: Uint8Array, records: readonly LogRecord[]): void {
  const parsed = parseMessage(messageOf(bytes));
  const entries = entriesOf(bytes);
  const dead = records.filter((record) => record.topic === deadLetterTopic(topic));
  const trades = records.filter((record) => record.topic === topic).flatMap(({ key, value }) => {
    const trades = codec.decode(value as Uint8Array);
    for (const trade of trades) assert.equal(trade.symbol, decodeText(key as Uint8Array));
    return trades;
  });
  const isControl = parsed.kind === "ping" || parsed.kind === "error";
  assert.equal(trades.length + dead.length > 0, !isControl, "neither trade nor dead letter");
  assert.ok(dead.length <= 1, "one dead letter at most");
  for (const { value } of dead) assert.ok(Buffer.from(value as Uint8Array).equals(bytes));
  if (entries === undefined) assert.equal(trades.length, 0);
  else assert.equal(trades.length < entries || entries === 0, dead.length === 1, "part is lost");
  if (parsed.kind !== "trades") return;
  const bySymbol = [...Map.groupBy(parsed.trades, ({ symbol }) => symbol).values()].flat();
  assert.deepEqual(trades, bySymbol);
}

/** How many entries a message has by JSON's rules alone; `undefined` if it is no frame of trades. */
function entriesOf(bytes: Uint8Array): number | undefined {
  try {
    const message = JSON.parse(decodeText(bytes) ?? "");
    const isFrame = typeof message === "object" && message !== null && !Array.isArray(message) &&
      Object.hasOwn(message, "type") && message.type === "trade" && Array.isArray(message.data);
    return isFrame ? message.data.length : undefined;
  } catch {
    return undefined;
  }
}
