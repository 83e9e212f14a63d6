/** Bytes of the input topic: derived by hand, and as fastavro writes them for the original's schema. */
import assert from "node:assert/strict";
import type { Trade } from "../../src/market/trade.ts";
import { parseSchema } from "../../src/registry/avro_type.ts";
import { tradeSchemaText } from "../../src/registry/schemas.ts";
import { writeFrameHeader } from "../../src/registry/wire_format.ts";
import { memoryTradeCodec } from "../support/trade_codecs.ts";
import fastavro from "./trade_by_fastavro.json" with { type: "json" };

/** A trade as the original's producer has it. */
interface SeedTrade {
  readonly c: readonly (string | null)[] | null;
  readonly p: number;
  readonly s: string;
  readonly t: number;
  readonly v: number;
}

function ours({ c, p, s, t, v }: SeedTrade): Trade {
  return { conditions: c, price: p, symbol: s, eventTimeMs: t, volume: v };
}

function withSchemaId(bytes: Uint8Array, id: number): Uint8Array {
  const copy = bytes.slice();
  writeFrameHeader(copy, id);
  return copy;
}

const byHand: readonly (readonly [string, string])[] = [
  ["00", "magic byte"],
  ["00000001", "schema id 1"],
  ["02", "data: a block of 1 item (zigzag)"],
  ["00", "c: branch 0, the array"],
  ["02", "a block of 1 code"],
  ["02", "branch 1, string"],
  ["0231", "1 byte: 1"],
  ["00", "end of the codes"],
  ["000000000000f83f", "p: 1.5, little-endian"],
  ["084141504c", "s: 4 bytes: AAPL"],
  ["ac02", "t: 150, zigzag 300, base 128: 0x2c | 0x80, 0x02"],
  ["0000000000000040", "v: 2"],
  ["00", "end of the trades"],
  ["0a7472616465", "type: 5 bytes: trade"],
];

Deno.test("AvroTradeCodec writes and reads the bytes derived by hand", async () => {
  const { codec } = await memoryTradeCodec();
  const trade = { symbol: "AAPL", price: 1.5, volume: 2, eventTimeMs: 150, conditions: ["1"] };
  const hex = byHand.map(([bytes]) => bytes).join("");
  assert.equal(codec.encode([trade]).toHex(), hex);
  assert.deepEqual(codec.decode(Uint8Array.fromHex(hex)), [trade]);
});

for (const { name, frame, hex } of fastavro.frames) {
  Deno.test(`AvroTradeCodec writes and reads fastavro's bytes: ${name}`, async () => {
    const { codec } = await memoryTradeCodec();
    const theirs = withSchemaId(Uint8Array.fromHex(hex), 1);
    const trades = frame.data.map(ours);
    assert.equal(codec.encode(trades).toHex(), theirs.toHex());
    assert.deepEqual(codec.decode(theirs), trades);
  });

  Deno.test(`AvroTradeCodec reads a record of the original's own schema id: ${name}`, async () => {
    const { codec, registry } = await memoryTradeCodec();
    const id = await registry.register("trade1-value", JSON.stringify(fastavro.seedSchema));
    assert.notEqual(id, 1);
    const theirs = withSchemaId(Uint8Array.fromHex(hex), id);
    await codec.prepare([{ value: theirs }]);
    assert.deepEqual(codec.decode(theirs), frame.data.map(ours));
  });
}

Deno.test("trade.avsc has the fingerprint of the original's schema, here and in fastavro", () => {
  const fingerprints = [tradeSchemaText, JSON.stringify(fastavro.seedSchema)]
    .map((text) => parseSchema(text).fingerprint("md5").toString("hex"));
  assert.deepEqual(fingerprints, [fastavro.fingerprintMd5, fastavro.fingerprintMd5]);
});
