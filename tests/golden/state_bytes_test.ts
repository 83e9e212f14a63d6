/** Bytes of changelog values, derived by hand: a changed byte breaks every existing changelog. */
import assert from "node:assert/strict";
import { tradeAggregator } from "../../src/market/candle.ts";
import { createStateCodecs } from "../../src/registry/state_codecs.ts";
import { MemoryRegistry } from "../support/memory_registry.ts";
import { decodePlainKeyRow, encodePlainKeyRow } from "../support/plain_key_row.ts";

const codecs = await createStateCodecs({
  registry: new MemoryRegistry(),
  changelogTopic: "market-windows-changelog",
});

type Parts = readonly (readonly [string, string])[];

function hexOf(parts: Parts): string {
  return parts.map(([hex]) => hex).join("");
}

const windowParts: Parts = [
  ["00 00000001", "header, schema 1"],
  ["04", "count 2"],
  ["0000000000000840", "volume 3"],
  ["0000000000001040", "priceVolume 4"],
  ["02 000000000000f03f", "open 1"],
  ["02 02", "openTimeMs 1"],
  ["02 0000000000000040", "high 2"],
  ["02 000000000000f03f", "low 1"],
  ["02 0000000000000040", "close 2"],
  ["02 04", "closeTimeMs 2"],
  ["01", "final"],
  ["d00f", "versionUs 1000, zigzag 2000"],
  ["02", "receivedAtMs 1"],
];

const emptyWindowParts: Parts = [
  ["00 00000001", "header, schema 1"],
  ["00", "count 0"],
  ["0000000000000000", "volume 0"],
  ["0000000000000000", "priceVolume 0"],
  ["00 00 00 00 00 00", "open to closeTimeMs: null"],
  ["00", "not final"],
  ["00", "versionUs 0"],
  ["00", "receivedAtMs 0"],
];

const keyParts: Parts = [
  ["98f203", "stream time 63768"],
  ["9875", "closed to 15000"],
  ["03 00 00 80c60a", "three lengths; rows purged to 0, 0 and 172800"],
  ["03 9875 9875 9875", "three open windows: 15000, 30000 and 45000"],
  ["02 aabb", "the first of them"],
  ["01 cc", "the second"],
  ["01 dd", "the third"],
  ["01 ee", "closed parts of the shorter roll-up"],
  ["00", "none of the longer one"],
];

const metaParts: Parts = [
  ["00 00000002", "header, schema 2"],
  ["04", "stateVersion 2"],
  ["14", "inputOffset 10"],
  ["06", "inputEpoch 3"],
  ["02 74 04 6964 04 02 63 00", "lineage: t, id, 2 partitions, changelog c, no repartition topic"],
  ["d00f", "versionUs 1000"],
  ["02", "generationUs 1"],
  ["14 06 04 02 08 0a", "counts: 10 = 3 + 2 + 1 + 4, and 5 re-keyed"],
  ["0c 08", "re-keyed: next 6, epoch 4"],
  ["02 02 70 0e 00", "one producer: p, sequence 7"],
  ["04 b0ea01 c0a907 00", "two lengths: 15000 and 60000"],
  ["02 72 06", "rules r, changed 3 times"],
  ["c0a907 b0ea01 02 c0a907", "horizon: 60000, expired to 15000, 1 event, at 60000"],
  ["02 c0a907", "whole from 60000"],
];

function compact(parts: Parts): string {
  return hexOf(parts).replaceAll(" ", "");
}

Deno.test("StateCodecs.windowState writes and reads the bytes derived by hand", () => {
  const state = {
    aggregate: {
      count: 2,
      volume: 3,
      priceVolume: 4,
      open: 1,
      openTimeMs: 1,
      high: 2,
      low: 1,
      close: 2,
      closeTimeMs: 2,
    },
    final: true,
    versionUs: 1_000,
    receivedAtMs: 1,
  };
  assert.equal(codecs.windowState.encode(state).toHex(), compact(windowParts));
  assert.deepEqual(codecs.windowState.decode(Uint8Array.fromHex(compact(windowParts))), state);
});

Deno.test("StateCodecs.windowState writes null for a window without a price", () => {
  const aggregate = tradeAggregator("all").initial();
  const state = { aggregate, final: false, versionUs: 0, receivedAtMs: 0 };
  assert.equal(codecs.windowState.encode(state).toHex(), compact(emptyWindowParts));
  assert.deepEqual(codecs.windowState.decode(Uint8Array.fromHex(compact(emptyWindowParts))), state);
});

Deno.test("encodeKeyRow() and decodeKeyRow() write and read the bytes derived by hand", () => {
  const block = (hex: string) => Uint8Array.fromHex(hex);
  const row = {
    streamTimeMs: 63_768,
    closedToMs: 15_000,
    purgedToMs: [0, 0, 172_800],
    windows: [
      { startMs: 15_000, content: block("aabb") },
      { startMs: 30_000, content: block("cc") },
      { startMs: 45_000, content: block("dd") },
    ],
    closedParts: [{ startMs: 0, content: block("ee") }, undefined],
  };
  assert.equal(encodePlainKeyRow(row).toHex(), compact(keyParts));
  assert.deepEqual(decodePlainKeyRow(Uint8Array.fromHex(compact(keyParts))), row);
});

Deno.test("StateCodecs.meta writes and reads the bytes derived by hand", () => {
  const counts = { read: 10, aggregated: 3, late: 2, deadLetters: 1, duplicates: 4, rekeyed: 5 };
  const producers = [{ producerId: "p", sequence: 7 }];
  const meta = {
    stateVersion: 2,
    inputOffset: 10,
    inputEpoch: 3,
    lineage: { topic: "t", topicId: "id", partitions: 2, changelogId: "c", repartitionId: "" },
    versionUs: 1_000,
    generationUs: 1,
    counts,
    rekeyedOffset: 6,
    rekeyedEpoch: 4,
    producers,
    windowing: [15_000, 60_000],
    rules: { text: "r", changes: 3 },
    horizon: { timeMs: 60_000, expiredToMs: 15_000, events: 1, leastMs: 60_000 },
    wholeFromMs: 60_000,
  };
  assert.equal(codecs.meta.encode(meta).toHex(), compact(metaParts));
  assert.deepEqual(codecs.meta.decode(Uint8Array.fromHex(compact(metaParts))), meta);
});
