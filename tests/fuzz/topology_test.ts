/** Records of foreign writers, in the input and in the repartition topic, through the whole engine. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { Random } from "../../src/base/random.ts";
import { encodeText } from "../../src/base/text.ts";
import type { Trade } from "../../src/market/trade.ts";
import { tradeSchemaText } from "../../src/registry/schemas.ts";
import { writeFrameHeader } from "../../src/registry/wire_format.ts";
import { PartsWriter } from "../../src/streams/repartition_record.ts";
import type { LogRecord, OutputRecord } from "../../src/streams/record.ts";
import { below, everyInputIsSurvived, mutatedBytes, pick, randomBytes } from "../support/fuzz.ts";
import { type MarketDriver, marketDriver, marketStartMs } from "../support/market_driver.ts";
import { memoryTradeCodec, tradeWith } from "../support/trade_codecs.ts";

type Hostile = Pick<OutputRecord, "key" | "value" | "timestampMs" | "headers">;

const { codec } = await memoryTradeCodec();
const good = tradeWith({ symbol: "GOOD", price: 5, volume: 1, eventTimeMs: marketStartMs });

/** Writers' schemas that differ from ours: one that resolves, one that does not. */
const otherSchemas = [
  tradeSchemaText.replace('"double"', '"float"'),
  '{"type":"record","name":"R","fields":[{"name":"next","type":["null","R"]}]}',
];

const prices = [0, -0, 1, -37.6, 1e15, -1e15, 1e308, -1e308, 5e-324, NaN, Infinity, -Infinity];
const times = [0, 1_700_000_000, 31_536_000_000, 2 ** 52 - 1].concat(
  [-3_600_000, -76_000, 0, 60_000, 60_001, 3_600_000].map((ms) => marketStartMs + ms),
);
const symbols = ["AAPL", "", "A".repeat(129), "\uFEFFAAPL", "A\u0000", "é€😀", "IC MARKETS:1"];
const stamps = [marketStartMs, 0, -1, marketStartMs + 3_600_000, 9_000_000_000_001, 2 ** 53];

everyInputIsSurvived<Hostile>({
  name: "records of the input",
  together: 500,
  draw: drawRecord,
  take: (inputs) => takeRecords(inputs, "trade1"),
  show: shown,
});

everyInputIsSurvived<Hostile>({
  name: "records of the repartition topic",
  together: 500,
  draw: drawSentOn,
  take: (inputs) => takeRecords(inputs, "test-repartition"),
  show: shown,
});

function drawRecord(random: Random): Hostile {
  const symbol = pick(symbols, random);
  const trades = Array.from({ length: below(4, random) }, () => drawTrade(symbol, random));
  return {
    key: pick([null, encodeText(symbol), encodeText("OTHER"), randomBytes(5, random)], random),
    value: drawValue(trades, random),
    timestampMs: pick(stamps, random),
    headers: pick([{}, drawHeaders(random)], random),
  };
}

/** Hostile records as others would send them on; some damaged, some that are nothing of ours. */
function drawSentOn(random: Random): Hostile {
  const record = drawRecord(random);
  if (random.next() < 0.1) return record;
  const writer = new PartsWriter("");
  for (let parts = below(2, random); parts >= 0; parts--) {
    const { key, value, timestampMs } = drawRecord(random);
    const indexes = Array.from({ length: below(4, random) }, (_, i) => i);
    const keys = indexes.map(() => pick([key ?? new Uint8Array(), undefined], random));
    const origin = { input: 0, partition: 0, offset: below(9, random), indexes };
    writer.add(0, { value: value ?? new Uint8Array(), keys, timestampMs, origin });
  }
  const value = writer.records()[0]?.value ?? new Uint8Array();
  return { ...record, value: random.next() < 0.3 ? mutatedBytes(value, random) : value };
}

function drawTrade(symbol: string, random: Random): Trade {
  return {
    symbol: random.next() < 0.8 ? symbol : pick(symbols, random),
    price: pick(prices, random),
    volume: pick(prices, random),
    eventTimeMs: pick(times, random),
    conditions: pick([null, [], ["1", null], Array(33).fill("1"), ["x".repeat(40)]], random),
  };
}

function drawValue(trades: readonly Trade[], random: Random): Uint8Array | null {
  if (random.next() < 0.02) return null;
  const value = random.next() < 0.1 ? randomBytes(30, random) : codec.encode(trades).slice();
  if (random.next() < 0.2) writeFrameHeader(value, below(8, random));
  return random.next() < 0.4 ? mutatedBytes(value, random) : value;
}

function drawHeaders(random: Random): Record<string, Uint8Array> {
  const names = ["producer-id", "sequence", "origin-topic", "origins", "__proto__", ""];
  return Object.fromEntries(
    names.map((
      name,
    ) => [name, pick([new Uint8Array(), encodeText("7"), randomBytes(9, random)], random)]),
  );
}

async function takeRecords(inputs: readonly Hostile[], topic: string): Promise<void> {
  await using market = await marketDriver({ partitions: 2 }); // some of it belongs to the other one
  const { driver, registry } = market;
  registry.texts.push(...otherSchemas);
  const value = codec.encode([good]).slice();
  const next = { topic: "trade1", key: encodeText("GOOD"), value, timestampMs: marketStartMs };
  await driver.log.append(
    inputs.flatMap((input) => [{ ...input, topic, partition: 0 }, { ...next, partition: 0 }]),
  );
  for (let commits = 0; commits < 3; commits++) await driver.commit();
  assert.deepEqual(driver.tasks().map(({ state }) => state), ["running", "running"]);
  checkRows(market, inputs.length);
}

function checkRows({ driver }: MarketDriver, inputs: number): void {
  const taken = driver.rows.filter((row) => row.kind === "trade" && row.symbol === "GOOD");
  assert.equal(taken.length, inputs, "every good record is a row");
  for (const row of driver.rows) {
    const numbers = Object.values(row).filter((value) => typeof value === "number");
    assert.ok(numbers.every(Number.isFinite), "every number of a row is finite");
    assert.ok(row.symbol.length <= 128);
  }
  const { read, aggregated, late, deadLetters, duplicates } = driver.counts;
  assert.equal(read, aggregated + late + deadLetters + duplicates, "nothing is dropped silently");
  assert.ok(read + driver.counts.rekeyed >= 2 * inputs, "every record is counted");
}

function shown({ key, value, timestampMs, headers = {} }: Hostile): string {
  const hex = (bytes: LogRecord["value"]) =>
    bytes === null ? null : Buffer.from(bytes).toString("hex");
  const named = Object.entries(headers).map(([name, bytes]) => [name, hex(bytes)]);
  return JSON.stringify({ key: hex(key), value: hex(value), timestampMs, headers: named });
}
