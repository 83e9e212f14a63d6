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

Deno.test("encodeSubscription() tells where the member answers queries", () => {
  const subscription = { topic: "t", generation: 1, owned: [0], address: "http://a:8080" };
  assert.deepEqual(decodeSubscription(encodeSubscription(subscription)), subscription);
});

for (
  const address of ["javascript:alert(1)", "http://", "http://a:1/path", "http://b@a:1", "a:1", ""]
) {
  Deno.test(`decodeSubscription() and decodeAssignment() do not believe "${address}"`, () => {
    const told = encodeSubscription({ topic: "t", generation: 1, owned: [0], address });
    assert.deepEqual(decodeSubscription(told), { topic: "t", generation: 1, owned: [0] });
    const assigned = encodeAssignment("t", { partitions: [0], addresses: new Map([[0, address]]) });
    assert.deepEqual(decodeAssignment("t", assigned).addresses, new Map());
  });
}

Deno.test("encodeAssignment() round-trips, sorted, with every owner's address", () => {
  const addresses = new Map([[0, "http://a:8080"], [1, "https://[::1]:8443"]]);
  const assigned = encodeAssignment("t", { partitions: [3, 1, 2], addresses });
  assert.deepEqual(decodeAssignment("t", assigned), { partitions: [1, 2, 3], addresses });
});

Deno.test("decodeAssignment() reads one of a leader that tells no addresses", () => {
  const bytes = Buffer.from(
    "0000" + "00000001" + "000174" + "00000001" + "00000005" + "00000000",
    "hex",
  );
  assert.deepEqual(decodeAssignment("t", bytes), { partitions: [5], addresses: new Map() });
});

Deno.test("decodeAssignment() takes no bytes and another topic for nothing", () => {
  const nothing = { partitions: [], addresses: new Map() };
  assert.deepEqual(decodeAssignment("t", Buffer.alloc(0)), nothing);
  const ofAnother = encodeAssignment("other", { partitions: [1], addresses: new Map() });
  assert.deepEqual(decodeAssignment("t", ofAnother), nothing);
});
