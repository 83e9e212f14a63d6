/** How a member comes into its group and out of it, by what Kafka answers. */
import assert from "node:assert/strict";
import { PipelineError } from "../../../src/base/errors.ts";
import { settle } from "../../../src/streams/testing/simulated_clock.ts";
import { startMember } from "../../support/coordinated_member.ts";
import { FakeCoordinator } from "../../support/fake_coordinator.ts";
import { groupErrors } from "../../support/fake_group.ts";

const unknownTopic = 3;

Deno.test("KafkaMembership waits for Kafka as long as it takes, and says what it waits for", async () => {
  const coordinator = new FakeCoordinator();
  coordinator.fail("Metadata", ...new Array<number>(60).fill(groupErrors.connection));
  const member = startMember(coordinator);
  await member.clock.advance(2_500);
  assert.equal(member.membership.problem, undefined);
  await member.clock.advance(2_000);
  assert.match(member.membership.problem ?? "", /^Cannot share the partitions of t as Kafka must /);
  const held = Promise.withResolvers<void>();
  coordinator.held = held.promise;
  await member.clock.advance(30_000);
  assert.deepEqual(member.told, [], "others are not there yet");
  assert.equal(member.membership.problem, undefined);
  held.resolve();
  await settle();
  assert.deepEqual(member.told, ["assigned 0"]);
  await member.stop();
});

Deno.test("KafkaMembership can be stopped while it waits for Kafka", async () => {
  const coordinator = new FakeCoordinator();
  coordinator.fail("Metadata", ...new Array<number>(10_000).fill(groupErrors.connection));
  const member = startMember(coordinator);
  await member.clock.advance(5_000);
  const stopping = member.stop();
  await member.clock.advance(5_000);
  await stopping;
  assert.deepEqual(member.told, ["assigned "]);
  assert.ok(coordinator.asked.every((asked) => asked === "Metadata t"));
});

Deno.test("KafkaMembership does not wait for a topic that does not exist", async () => {
  const coordinator = new FakeCoordinator();
  coordinator.fail("Metadata", ...new Array<number>(10_000).fill(unknownTopic));
  const member = startMember(coordinator);
  await member.clock.advance(5_000);
  await assert.rejects(member.running, { code: "TOPIC_UNSUITABLE" });
  assert.equal(coordinator.connections, 0);
});

Deno.test("KafkaMembership joins again when it is to reconsider, and leaves at the end", async () => {
  const coordinator = new FakeCoordinator();
  const member = startMember(coordinator);
  await settle();
  const { length } = coordinator.asked;
  member.membership.reconsider();
  await settle();
  assert.deepEqual(coordinator.asked.slice(length), ["JoinGroup", "SyncGroup g m1 1"]);
  await member.stop();
  assert.equal(coordinator.asked.at(-1), "LeaveGroup g m1");
  assert.deepEqual(member.told, ["assigned 0", "assigned 0", "assigned "]);
  assert.equal(coordinator.connections, 0);
  assert.ok(member.logged.every((message) => message === "joined the group"));
});

Deno.test("KafkaMembership leaves though its listener has failed; the end of the program is no failure", async () => {
  for (const failure of [new Error("no room"), new PipelineError("ABORTED", "the end")]) {
    const coordinator = new FakeCoordinator();
    const member = startMember(coordinator, { failure });
    await settle();
    if (failure instanceof PipelineError) await member.running;
    else await assert.rejects(member.running, failure);
    assert.equal(coordinator.asked.at(-1), "LeaveGroup g m1");
  }
});

Deno.test.each([
  { what: "is out already", errors: [groupErrors.unknownMember], warns: false },
  {
    what: "cannot be let go",
    errors: new Array<number>(9_999).fill(groupErrors.connection),
    warns: true,
  },
])(
  "KafkaMembership ends when its member $what, and warns only of what stays behind",
  async ({ errors, warns }) => {
    const coordinator = new FakeCoordinator();
    const member = startMember(coordinator);
    await settle();
    coordinator.fail("LeaveGroup", ...errors);
    const stopping = member.stop();
    await member.clock.advance(4_000);
    await stopping;
    assert.equal(member.logged.some((message) => /could not leave/.test(message)), warns);
  },
);
