/** What a member asks its coordinator, and what it makes of the answer. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { silentLogger } from "../../../src/base/logger.ts";
import { GroupClient } from "../../../src/kafka/group/group_client.ts";
import type { JoinedMember } from "../../../src/kafka/group/join_protocol.ts";
import {
  encodeSubscription,
  noAssignment,
  parseAssignment,
} from "../../../src/kafka/group/member_metadata.ts";
import { FakeCoordinator } from "../../support/fake_coordinator.ts";

interface Scene {
  readonly coordinator: FakeCoordinator;
  readonly client: GroupClient;
  /** What the log warns of. */
  readonly warnings: string[];
}

function scene(): Scene {
  const coordinator = new FakeCoordinator();
  const warnings: string[] = [];
  const options = {
    groupId: "g",
    sessionTimeoutMs: 1_000,
    rebalanceTimeoutMs: 1_000,
    standbyReplicas: 0,
  };
  const client = new GroupClient(coordinator.cluster(), options, {
    ...silentLogger,
    warn: (message, { memberId } = {}) => void warnings.push(`${memberId ?? ""} ${message}`),
  });
  return { coordinator, client, warnings };
}

function member(memberId: string): JoinedMember {
  const metadata = encodeSubscription({
    topic: "t",
    instance: memberId,
    generation: -1,
    owned: [],
    held: new Map(),
    leaving: false,
    addresses: {},
  });
  return { memberId, metadata };
}

const stranger = (memberId: string): JoinedMember => ({ memberId, metadata: Buffer.alloc(1) });
const joined = (leaderId: string, members: readonly JoinedMember[]) => (
  { generation: 3, leaderId, memberId: "m1", members }
);

Deno.test("GroupClient shares the partitions out as the leader, and only then", async () => {
  const { coordinator, client } = scene();
  const members = [member("m1"), member("m2")];
  const told = await client.sync("t", joined("m2", members));
  assert.deepEqual([told.active, coordinator.shared], [[0], []]);
  await client.sync("t", joined("m1", members));
  const active = coordinator.shared.map(({ memberId, memberAssignment }) =>
    `${memberId}: ${parseAssignment("t", memberAssignment)?.active.join()}`
  );
  assert.deepEqual(active.toSorted(), ["m1: 0", "m2: 1"]);
});

Deno.test("GroupClient warns of each member that cannot be read once, as long as it stays", async () => {
  const { client, warnings } = scene();
  const sync = async (...strangers: readonly string[]) => {
    await client.sync("t", joined("m1", [member("m1"), ...strangers.map(stranger)]));
    return warnings.splice(0).map((warning) => warning.split(" ")[0]);
  };
  assert.deepEqual(await sync("a"), ["a"]);
  assert.deepEqual(await sync("a", "b"), ["b"]);
  assert.deepEqual(await sync("b"), []);
  assert.deepEqual(await sync("a"), ["a"], "it has come back");
});

Deno.test("GroupClient takes an assignment that cannot be read for none, and says so", async () => {
  const { coordinator, client, warnings } = scene();
  coordinator.assignment = Buffer.alloc(1);
  assert.deepEqual(await client.sync("t", joined("m2", [])), noAssignment);
  assert.match(warnings.join(), /assignment that cannot be read/);
});

Deno.test("GroupClient names its group, member and generation", async () => {
  const { coordinator, client } = scene();
  await client.heartbeat({ memberId: "m1", generation: 3 });
  await client.leave("m2");
  assert.deepEqual(coordinator.asked, ["Heartbeat g m1 3", "LeaveGroup g m2"]);
});
