/** What members of a group tell the leader, and what a leader tells its members. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import {
  encodeAssignment,
  encodeSubscription,
  parseAssignment,
} from "../../src/kafka/group/member_metadata.ts";
import { shareOut } from "../../src/kafka/group/share_out.ts";
import { everyInputIsSurvived, mutatedBytes, randomBytes } from "../support/fuzz.ts";

const shares = { topic: "t", partitionCount: 4, standbyReplicas: 1 };
const members = ["a", "b"].map((memberId) => ({ memberId, metadata: metadataOf(memberId) }));

function metadataOf(instance: string): Buffer {
  return encodeSubscription({
    topic: "t",
    instance,
    generation: 3,
    owned: instance === "a" ? [0, 1] : [2, 3],
    held: new Map([[0, { position: 12, current: true }]]),
    leaving: false,
    addresses: { address: "http://a:8080" },
  });
}

const show = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1");

everyInputIsSurvived<Uint8Array>({
  name: "metadata of a group's member",
  together: 1_000,
  draw: (random) =>
    random.next() < 0.1 ? randomBytes(20, random) : mutatedBytes(metadataOf("c"), random),
  take(inputs) {
    for (const bytes of inputs) {
      const strange = { memberId: "c", metadata: Buffer.from(bytes) };
      const { groupAssignment } = shareOut([...members, strange], shares);
      const active = new Map(
        groupAssignment.map(({ memberId, memberAssignment }) =>
          [memberId, parseAssignment("t", memberAssignment)?.active ?? []] as const
        ),
      );
      assert.ok((active.get("a")?.length ?? 0) > 0 && (active.get("b")?.length ?? 0) > 0);
      const all = [...active.values()].flat();
      assert.equal(new Set(all).size, all.length, "no partition has two owners");
    }
  },
  show,
});

const assignment = {
  active: [0, 2],
  standbys: [1],
  warmUps: [],
  handedOver: [3],
  owners: new Map([[0, { address: "http://a:8080" }]]),
  members: new Map([["m1", { address: "http://a:8080" }]]),
};
const encoded = encodeAssignment("t", assignment);

everyInputIsSurvived<Uint8Array>({
  name: "assignments of a group's leader",
  together: 10_000,
  draw: (random) => random.next() < 0.1 ? randomBytes(20, random) : mutatedBytes(encoded, random),
  take(inputs) {
    for (const bytes of inputs) {
      const told = parseAssignment("t", Buffer.from(bytes));
      for (const partitions of [told?.active, told?.standbys, told?.warmUps, told?.handedOver]) {
        assert.ok(partitions?.every((each) => Number.isSafeInteger(each) && each >= 0) ?? true);
      }
      assert.deepEqual(parseAssignment("t", encoded), assignment);
    }
  },
  show,
});
