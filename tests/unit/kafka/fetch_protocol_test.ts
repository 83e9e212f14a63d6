/** Bytes by the protocol's own descriptions, `clients/src/main/resources/common/message`. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { fetchRequest } from "../../../src/kafka/read/fetch_protocol.ts";
import { decodeAnswer, encodeRequest } from "../../../src/kafka/wire/wire_request.ts";

const ids = ["11", "22"].map((byte) => ({
  hex: byte.repeat(16),
  id: Buffer.from(byte.repeat(16), "hex").toString("base64url"),
}));
const targets = ids.map(({ id }, partition) => ({
  topicId: id,
  partition,
  offset: 9,
  currentLeaderEpoch: 3,
  lastFetchedEpoch: 2,
}));
const limits = { maxWaitMs: 100, maxBytes: 2_000, maxBytesPerPartition: 1_000 };
const request = fetchRequest(targets, limits);

Deno.test.each([13, 14, 15, 17])(
  "Fetch is written in version %d as the protocol describes it",
  (version) => {
    const replica = version < 15 ? "ffffffff" : "";
    const topics = ids.map(({ hex }, partition) =>
      hex + "02" + `0000000${partition}` + "00000003" + "0000000000000009" + "00000002" +
      "ffffffffffffffff" + "000003e8" + "00" + "00"
    );
    const bytes = "00" + replica + "00000064" + "00000001" + "000007d0" + "01" + "00000000" +
      "ffffffff" + "03" + topics.join("") + "01" + "01" + "00";
    assert.equal(encodeRequest(request, version).toString("hex"), bytes);
  },
);

Deno.test("Fetch's answer is read whole, and not kept for a small part of it", () => {
  const aborted = (producer: string) => `000000000000000${producer}` + "0000000000000005" + "00";
  // A field of a tag that we do not know comes first.
  const tags = "02" + "01" + "0105" + "00" + "0d" + "00000007" + "0000000000000008" + "00";
  const partition = (number: number, rest: string) =>
    `0000000${number}` + "0006" + "00000000000000ff" + "000000000000000b" + "0000000000000001" +
    "03" + aborted("3") + aborted("4") + "ffffffff" + rest;
  const topic = (hex: string) =>
    hex + "03" + partition(0, "0309" + "0a" + "00") + partition(1, "01" + tags) + "00";
  const answer = "00" + "00000064" + "0003" + "00000000" + "03" +
    ids.map(({ hex }) => topic(hex)).join("") + "00";
  const bytes = Buffer.concat([Buffer.from(answer, "hex"), Buffer.alloc(10_000)]);
  const { errorCode, partitions } = decodeAnswer(request, 17, bytes);
  assert.ok(partitions.every(({ records }) => records.buffer !== bytes.buffer));
  assert.equal(errorCode, 3);
  const common = {
    errorCode: 6,
    lastStableOffset: 11,
    logStartOffset: 1,
    abortedTransactions: [3, 4].map((producerId) => ({ producerId, firstOffset: 5 })),
  };
  assert.deepEqual(
    partitions,
    ids.flatMap(({ id: topicId }) => [
      { ...common, topicId, partition: 0, divergence: undefined, records: Buffer.of(9, 10) },
      {
        ...common,
        topicId,
        partition: 1,
        divergence: { leaderEpoch: 7, endOffset: 8 },
        records: Buffer.alloc(0),
      },
    ]),
  );
});
