import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import {
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
} from "../../../src/kafka/member_metadata.ts";

Deno.test("encodeSubscription() round-trips topic, generation and owned partitions", () => {
  const subscription = { topic: "trade1", generation: 7, owned: [0, 3] };
  assert.deepEqual(decodeSubscription(encodeSubscription(subscription)), subscription);
});

Deno.test("encodeSubscription() writes Kafka's consumer protocol, version 0", () => {
  const bytes = encodeSubscription({ topic: "t", generation: 1, owned: [] });
  const userData = '{"generation":1,"owned":[]}';
  assert.equal(
    bytes.toString("hex"),
    "0000" + "00000001" + "0001" + "74" + "0000001b" + Buffer.from(userData).toString("hex"),
  );
});

for (const userData of ["", "{", "null", '{"generation":1}', '{"generation":1,"owned":["x"]}']) {
  Deno.test(`decodeSubscription() takes user data ${userData} for owning nothing`, () => {
    const size = Buffer.alloc(4);
    size.writeInt32BE(userData.length);
    const bytes = Buffer.concat([
      Buffer.from("0000000000010001" + "74", "hex"),
      size,
      Buffer.from(userData),
    ]);
    assert.deepEqual(decodeSubscription(bytes), { topic: "t", generation: -1, owned: [] });
  });
}

Deno.test("encodeAssignment() round-trips, sorted", () => {
  assert.deepEqual(decodeAssignment("t", encodeAssignment("t", [3, 1, 2])), [1, 2, 3]);
});

Deno.test("decodeAssignment() takes no bytes and another topic for nothing", () => {
  assert.deepEqual(decodeAssignment("t", Buffer.alloc(0)), []);
  assert.deepEqual(decodeAssignment("t", encodeAssignment("other", [1])), []);
});
