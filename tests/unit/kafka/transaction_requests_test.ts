/** Bytes by the protocol's own descriptions, `clients/src/main/resources/common/message`. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { describeProducersRequest } from "../../../src/kafka/write/producers_protocol.ts";
import { produceRequest } from "../../../src/kafka/write/produce_protocol.ts";
import {
  addOffsetsRequest,
  addPartitionsRequest,
  commitOffsetsRequest,
  endRequest,
  initProducerIdRequest,
} from "../../../src/kafka/write/transaction_requests.ts";
import {
  decodeAnswer,
  encodeRequest,
  type WireRequest,
} from "../../../src/kafka/wire/wire_request.ts";

const transaction = { transactionalId: "a/b-0", producerId: 7, producerEpoch: 3 };
/** Tags of the header, then the id, producer and epoch. */
const begin = "00" + "06612f622d30" + "0000000000000007" + "0003";
const commit = { topic: "b", partition: 0, offset: 9, metadata: "m" };

Deno.test.each([
  {
    what: "InitProducerId",
    request: initProducerIdRequest("a/b-0", 1_000),
    version: 5,
    bytes: "00" + "06612f622d30" + "000003e8" + "ffffffffffffffff" + "ffff" + "00",
  },
  {
    what: "AddPartitionsToTxn",
    request: addPartitionsRequest(transaction, [{ topic: "c", partition: 1 }]),
    version: 3,
    bytes: begin + "02" + "0263" + "02" + "00000001" + "00" + "00",
  },
  {
    what: "AddOffsetsToTxn",
    request: addOffsetsRequest(transaction, "a"),
    version: 4,
    bytes: begin + "0261" + "00",
  },
  {
    what: "TxnOffsetCommit",
    request: commitOffsetsRequest(transaction, "a", { commits: [commit], v2: true }),
    version: 5,
    bytes: "00" + "06612f622d30" + "0261" + "0000000000000007" + "0003" + "ffffffff" + "01" + "00" +
      "02" + "0262" + "02" + "00000000" + "0000000000000009" + "ffffffff" + "026d" + "00" + "00" +
      "00",
  },
  {
    what: "EndTxn",
    request: endRequest(transaction, { committed: true, v2: true }),
    version: 5,
    bytes: begin + "01" + "00",
  },
])("$what is written as the protocol describes it", ({ request, version, bytes }) => {
  assert.equal(encodeRequest(request, version).toString("hex"), bytes);
});

Deno.test("a transaction's requests have the versions that add what is written only in V2", () => {
  const requestsOf = (v2: { readonly v2: boolean }) => [
    produceRequest([], { transactionalId: "a", ...v2, timeoutMs: 1 }),
    commitOffsetsRequest(transaction, "a", { commits: [commit], ...v2 }),
    endRequest(transaction, { committed: true, ...v2 }),
  ];
  assert.deepEqual(requestsOf({ v2: false }).map(({ versions }) => versions.max), [11, 4, 4]);
  assert.deepEqual(requestsOf({ v2: true }).map(({ versions }) => versions.min), [12, 5, 5]);
  assert.deepEqual(requestsOf({ v2: true }).map(({ versions }) => versions.max), [12, 5, 5]);
});

Deno.test("DescribeProducers is written and read as the protocol describes it", () => {
  const request = describeProducersRequest([
    { topic: "c", partition: 1 },
    { topic: "d", partition: 0 },
  ]);
  const asked = "00" + "03" + "0263" + "02" + "00000001" + "00" + "0264" + "02" + "00000000" +
    "00" + "00";
  assert.equal(encodeRequest(request, 0).toString("hex"), asked);
  const producer = (from: string) =>
    "0000000000000007" + "00000003" + "00000002" + "00000000000003e8" + "00000001" + from + "00";
  const answer = "00" + "00000000" + "03" +
    "0263" + "02" + "00000001" + "0000" + "00" + "04" +
    producer("0000000000000009") + producer("0000000000000000") + producer("ffffffffffffffff") +
    "00" + "00" +
    // One that we may not read.
    "0264" + "02" + "00000000" + "001d" + "00" + "01" + "00" + "00" + "00";
  const place = { topic: "c", partition: 1, producerId: 7 };
  assert.deepEqual(answered(request, 0, answer), [
    { ...place, openFrom: 9 },
    { ...place, openFrom: 0 },
    { ...place, openFrom: undefined },
  ]);
});

Deno.test("EndTxn tells who writes the next transaction: in V2 another epoch", () => {
  const v2 = endRequest(transaction, { committed: true, v2: true });
  const answer = "00" + "00000000" + "0000" + "0000000000000008" + "0000" + "00";
  assert.deepEqual(answered(v2, 5, answer), { producerId: 8, producerEpoch: 0 });
  const explicit = endRequest(transaction, { committed: true, v2: false });
  const { producerId, producerEpoch } = transaction;
  assert.deepEqual(answered(explicit, 4, "00" + "00000000" + "0000" + "00"), {
    producerId,
    producerEpoch,
  });
});

Deno.test("an error of one partition fails the request", () => {
  const request = commitOffsetsRequest(transaction, "a", { commits: [commit], v2: true });
  const topic = (errors: readonly string[]) =>
    "0262" + "03" + errors.map((error) => "00000000" + error + "00").join("") + "00";
  const answer = (...errors: readonly string[]) =>
    "00" + "00000000" + "03" + topic(errors.slice(0, 2)) + topic(errors.slice(2)) + "00";
  answered(request, 5, answer("0000", "0000", "0000", "0000"));
  for (let at = 0; at < 4; at++) {
    const errors = Array.from({ length: 4 }, (_, i) => i === at ? "0078" : "0000");
    assert.throws(() => answered(request, 5, answer(...errors)), { type: "TRANSACTION_ABORTABLE" });
  }
});

Deno.test("an error of the whole request fails it", () => {
  const answer = "00" + "00000000" + "0033";
  for (
    const request of [
      initProducerIdRequest("a", 1),
      addOffsetsRequest(transaction, "a"),
      endRequest(transaction, { committed: true, v2: true }),
    ]
  ) {
    const { max } = request.versions;
    assert.throws(() => answered<unknown>(request, max, answer), {
      type: "CONCURRENT_TRANSACTIONS",
    });
  }
});

Deno.test("Produce is written, and its answer read, as the protocol describes them", () => {
  const batches = ["c", "d"].flatMap((topic) =>
    [0, 1].map((partition) => ({ topic, partition, batch: Buffer.of(9) }))
  );
  const request = produceRequest(batches, { transactionalId: "a", v2: false, timeoutMs: 1_000 });
  const batch = (partition: string) => partition + "0209" + "00";
  const topic = (name: string) => "02" + name + "03" + batch("00000000") + batch("00000001") + "00";
  const asked = "00" + "0261" + "ffff" + "000003e8" + "03" + topic("63") + topic("64") + "00";
  assert.equal(encodeRequest(request, 11).toString("hex"), asked);
  // Two records that are refused, and why.
  const produced = (partition: string, error: string) =>
    partition + error + "0000000000000007" + "ffffffffffffffff" + "0000000000000001" +
    "03" + "00000000" + "0278" + "00" + "00000001" + "00" + "00" + "0279" + "00";
  const answeredTopic = (name: string) =>
    "02" + name + "03" + produced("00000000", "0000") + produced("00000001", "000a") + "00";
  const answer = "00" + "03" + answeredTopic("63") + answeredTopic("64") + "00000000" + "00";
  assert.deepEqual(
    answered(request, 11, answer),
    batches.map(({ topic, partition }) => ({
      topic,
      partition,
      errorCode: partition === 0 ? 0 : 10,
      baseOffset: 7,
    })),
  );
});

function answered<T>(request: WireRequest<T>, version: number, hex: string): T {
  return decodeAnswer(request, version, Buffer.from(hex, "hex"));
}
