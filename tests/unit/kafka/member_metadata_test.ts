import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import {
  encodeAssignment,
  encodeSubscription,
  noAssignment,
  parseAssignment,
  parseMemberMetadata,
  type Subscription,
} from "../../../src/kafka/group/member_metadata.ts";
import type { Addresses } from "../../../src/streams/ports.ts";
import { shareOut } from "../../../src/kafka/group/share_out.ts";
import { boastfulUserData, hostileUserData } from "../../support/hostile/metadata.ts";
import { hostileOrigins } from "../../support/hostile/origins.ts";

const plain: Subscription = {
  topic: "t",
  instance: "i",
  generation: 1,
  owned: [],
  held: new Map(),
  leaving: false,
  addresses: {},
};
Deno.test("encodeSubscription() round-trips all that a member tells", () => {
  const subscription: Subscription = {
    topic: "trade1",
    instance: "a1b2",
    generation: 7,
    owned: [0, 3],
    held: new Map([
      [0, { position: 12, current: true }],
      [5, { position: 0, current: false }],
      [6, { position: 1, current: false, unable: true }],
    ]),
    leaving: true,
    addresses: { address: "http://a:8080", peer: "http://10.0.0.7:8080", proof: "x-_1" },
  };
  assert.deepEqual(parseMemberMetadata(encodeSubscription(subscription)), subscription);
});

Deno.test("encodeSubscription() writes Kafka's consumer protocol, version 0", () => {
  const bytes = encodeSubscription(plain);
  const userData =
    '{"instance":"i","generation":1,"owned":[],"leaving":false,"addresses":{},"held":[]}';
  assert.equal(
    bytes.toString("hex"),
    "0000" + "00000001" + "0001" + "74" + userData.length.toString(16).padStart(8, "0") +
      Buffer.from(userData).toString("hex"),
  );
});

/** A subscription with this user data. */
function subscribed(userData: string): Buffer {
  const bytes = Buffer.from(userData);
  const size = Buffer.alloc(4);
  size.writeInt32BE(bytes.length);
  return Buffer.concat([Buffer.from("0000000000010001" + "74", "hex"), size, bytes]);
}

Deno.test("parseMemberMetadata() does not believe user data that no instance writes", () => {
  for (const userData of hostileUserData) {
    assert.equal(parseMemberMetadata(subscribed(userData)), undefined, userData.slice(0, 200));
  }
});

Deno.test("parseMemberMetadata() leaves out held state that says nothing", () => {
  const entries = [[0, 1, true], [1, -5, true], [2, 3], "x", [3, 4, "yes"]];
  const bytes = encodeSubscription({ ...plain, held: new Map() });
  const told = bytes.toString().replace('"held":[]', `"held":${JSON.stringify(entries)}`);
  const grown = Buffer.from(told);
  grown.writeInt32BE(grown.length - 13, 9);
  assert.deepEqual(
    parseMemberMetadata(grown)?.held,
    new Map([[0, { position: 1, current: true }]]),
  );
});

Deno.test("parseMemberMetadata() and parseAssignment() believe no address but an origin", () => {
  for (const address of hostileOrigins) {
    const addresses = { address, peer: address };
    const told = encodeSubscription({ ...plain, addresses });
    assert.deepEqual(parseMemberMetadata(told), plain, address);
    const assigned = encodeAssignment("t", {
      ...noAssignment,
      owners: new Map([[0, addresses]]),
      members: new Map([["m1", addresses]]),
    });
    assert.deepEqual(parseAssignment("t", assigned)?.owners, new Map([[0, {}]]), address);
    assert.deepEqual(parseAssignment("t", assigned)?.members, new Map([["m1", {}]]), address);
  }
});

Deno.test("parseMemberMetadata() believes no run or proof of another form", () => {
  const proof = "p".repeat(100);
  for (const [run, told] of [["0b6f", `${proof}p`], [1234567890123456, 7]]) {
    const bytes = encodeSubscription({ ...plain, addresses: { run, proof: told } as Addresses });
    assert.deepEqual(parseMemberMetadata(bytes), plain);
  }
  const addresses = { run: "1234567890123456", proof };
  const subscription = { ...plain, addresses };
  assert.deepEqual(parseMemberMetadata(encodeSubscription(subscription)), subscription);
});

Deno.test("encodeAssignment() round-trips, with every owner's addresses", () => {
  const owners = new Map([
    [0, { address: "http://a:8080" }],
    [1, { address: "https://[::1]:8443", peer: "http://c1:8080" }],
    [2, { peer: "http://c2:8080" }],
    [3, {}],
  ]);
  const members = new Map([
    ["m1", { address: "http://a:8080", run: "0b6f6fb4b1c24c3e" }],
    ["m2", {}],
  ]);
  const assigned = encodeAssignment("t", {
    active: [3, 1, 2],
    standbys: [0, 4],
    warmUps: [4],
    handedOver: [1],
    owners,
    members,
  });
  assert.deepEqual(parseAssignment("t", assigned), {
    active: [1, 2, 3],
    standbys: [0, 4],
    warmUps: [4],
    handedOver: [1],
    owners,
    members,
  });
});

Deno.test("parseAssignment() reads one of a leader that tells nothing else", () => {
  const bytes = Buffer.from(
    "0000" + "00000001" + "000174" + "00000001" + "00000005" + "00000000",
    "hex",
  );
  assert.deepEqual(parseAssignment("t", bytes), { ...noAssignment, active: [5] });
});

Deno.test("parseAssignment() takes no bytes and another topic for nothing", () => {
  assert.deepEqual(parseAssignment("t", Buffer.alloc(0)), noAssignment);
  const ofAnother = encodeAssignment("other", { ...noAssignment, active: [1] });
  assert.deepEqual(parseAssignment("t", ofAnother), noAssignment);
});

Deno.test("parseMemberMetadata() and parseAssignment() read no beginning of what was written", () => {
  const told = encodeSubscription({ ...plain, owned: [1] });
  for (let length = 0; length < told.length; length++) {
    assert.equal(parseMemberMetadata(told.subarray(0, length)), undefined);
  }
  const assigned = encodeAssignment("t", { ...noAssignment, active: [1] });
  for (let length = 1; length < assigned.length - 70; length++) {
    assert.equal(parseAssignment("t", assigned.subarray(0, length)), undefined);
  }
});

Deno.test("parseAssignment() leaves out partitions that cannot be, and repeats", () => {
  const bytes = encodeAssignment("t", { ...noAssignment, active: [2, -7, 2] });
  assert.deepEqual(parseAssignment("t", bytes)?.active, [2]);
});

Deno.test("parseAssignment() leaves out members whose ids cannot be", () => {
  const long = "m".repeat(500);
  const members = new Map(["", long, `${long}m`].map((id) => [id, {}]));
  const bytes = encodeAssignment("t", { ...noAssignment, members });
  assert.deepEqual(parseAssignment("t", bytes)?.members, new Map([[long, {}]]));
  const userData = '{"members":[[7,{}],["m",{}]]}';
  const strange = Buffer.concat([
    Buffer.from("0000" + "00000000" + userData.length.toString(16).padStart(8, "0"), "hex"),
    Buffer.from(userData),
  ]);
  assert.deepEqual(parseAssignment("t", strange)?.members, new Map([["m", {}]]));
});

for (const metadata of [Buffer.alloc(0), Buffer.alloc(1), Buffer.alloc(100, 0xff)]) {
  // A consumer of another program joined with such bytes: leader after leader ended with a bug.
  Deno.test(`shareOut() gives a member with ${metadata.length} strange bytes nothing`, () => {
    const members = ["a", "b"].map((memberId) => ({
      memberId,
      metadata: encodeSubscription({ ...plain, instance: memberId }),
    }));
    const shares = { topic: "t", partitionCount: 4, standbyReplicas: 1 };
    const { groupAssignment, unreadable } = shareOut(
      [...members, { memberId: "c", metadata }],
      shares,
    );
    assert.deepEqual(unreadable, ["c"]);
    assert.deepEqual(groupAssignment, shareOut(members, shares).groupAssignment);
    const active = groupAssignment.map(({ memberAssignment }) =>
      parseAssignment("t", memberAssignment)?.active.length
    );
    assert.deepEqual(active, [2, 2]);
  });
}

Deno.test("shareOut() gives each partition one owner and no address, whatever a member says of itself", () => {
  const shares = { topic: "t", partitionCount: 4, standbyReplicas: 1 };
  const members = ["a", "b"].map((memberId) => ({
    memberId,
    metadata: encodeSubscription({ ...plain, instance: memberId }),
  }));
  for (const userData of [...hostileUserData, ...boastfulUserData]) {
    const strange = { memberId: "c", metadata: subscribed(userData) };
    const { groupAssignment } = shareOut([...members, strange], shares);
    const told = groupAssignment.flatMap(({ memberAssignment }) =>
      parseAssignment("t", memberAssignment) ?? []
    );
    const active = told.flatMap((assignment) => assignment.active).toSorted();
    assert.deepEqual(active, [0, 1, 2, 3], userData.slice(0, 200));
    const owners = told.flatMap((assignment) => [...assignment.owners.values()]);
    assert.deepEqual(owners.filter(({ address, peer }) => address ?? peer), []);
  }
});

Deno.test("shareOut() gives nothing where no member can be read", () => {
  const members = [{ memberId: "c", metadata: Buffer.alloc(1) }];
  const shared = shareOut(members, { topic: "t", partitionCount: 1, standbyReplicas: 0 });
  assert.deepEqual(shared, { groupAssignment: [], unreadable: ["c"] });
});
