import assert from "node:assert/strict";
import { seededRandom } from "../../src/base/random.ts";
import { IdentityFile } from "../../src/kafka/group/identity_file.ts";
import { startMember } from "../support/coordinated_member.ts";
import { FakeCoordinator } from "../support/fake_coordinator.ts";
import { groupErrors } from "../support/fake_group.ts";
import { until } from "../support/until.ts";

const random = seededRandom(1);
const denied = 30;

async function inFolder(
  test: (file: IdentityFile, folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "identity-" });
  try {
    await test(new IdentityFile(`${folder}/identity`), folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("IdentityFile gives what was written last, and leaves nothing beside it", () =>
  inFolder(async (file, folder) => {
    for (const identity of [{ instance: "i", memberId: "m" }, { instance: "i" }]) {
      await file.write(identity);
      assert.deepEqual(await file.read(random), identity);
    }
    assert.deepEqual(await Array.fromAsync(Deno.readDir(folder), ({ name }) => name), [
      "identity",
    ]);
  }));

const long = "n".repeat(500);

Deno.test.each([
  { what: "a member's name that is none", text: `{"instance":"i","memberId":7}`, instance: "i" },
  {
    what: "a member's name that is too long",
    text: `{"instance":"i","memberId":"${long}x"}`,
    instance: "i",
  },
  {
    what: "names that are as long as can be",
    text: `{"instance":"${long}","memberId":"${long}"}`,
    instance: long,
    memberId: long,
  },
  { what: "a name that is too long", text: `{"instance":"${long}x","memberId":"m"}` },
  { what: "a name that is none", text: `{"instance":7,"memberId":"m"}` },
  { what: "no name", text: `{"memberId":"m"}` },
  { what: "half a file", text: `{"instance":"i"` },
  { what: "null", text: "null" },
  { what: "an empty file", text: "" },
  { what: "no file", text: undefined },
])(
  "IdentityFile reads $what",
  ({ text, instance, memberId }) =>
    inFolder(async (file, folder) => {
      if (text !== undefined) await Deno.writeTextFile(`${folder}/identity`, text);
      const identity = await file.read(random);
      if (instance === undefined) assert.match(identity.instance, /^[0-9a-f]{16}$/);
      else assert.equal(identity.instance, instance);
      assert.equal(identity.memberId, memberId);
    }),
);

Deno.test("IdentityFile passes on what keeps it from being read", () =>
  inFolder(async (file, folder) => {
    await Deno.mkdir(`${folder}/identity`);
    await assert.rejects(file.read(random), { code: "EISDIR" });
  }));

Deno.test("KafkaMembership removes the member that ran before and did not leave, and is the same instance", () =>
  inFolder(async (file, folder) => {
    const identityFile = `${folder}/identity`;
    const run = async (coordinator: FakeCoordinator) => {
      const member = startMember(coordinator, { identityFile });
      await until(() => member.told.length > 0, { what: "an assignment", msMax: 5_000, lookMs: 5 });
      return member;
    };
    const removed = "removed the former member from the group";
    const stays = new FakeCoordinator();
    const first = await run(stays);
    const { instance, memberId } = await file.read(random);
    assert.equal(memberId, "m1");
    stays.fail("LeaveGroup", denied);
    await first.stop();
    assert.equal((await file.read(random)).memberId, "m1", "it is in the group still");
    const leaves = new FakeCoordinator();
    const second = await run(leaves);
    assert.deepEqual(leaves.asked.slice(0, 3), ["Metadata t", "LeaveGroup g m1", "JoinGroup"]);
    assert.ok(second.logged.includes(removed));
    leaves.fail("LeaveGroup", denied);
    await second.stop();
    const refuses = new FakeCoordinator();
    refuses.fail("LeaveGroup", denied);
    const third = await run(refuses);
    assert.ok(!third.logged.includes(removed));
    refuses.fail("LeaveGroup", groupErrors.unknownMember);
    await third.stop();
    assert.deepEqual(await file.read(random), { instance }, "it is out, whoever has removed it");
    const last = new FakeCoordinator();
    const fourth = await run(last);
    assert.deepEqual(last.asked.slice(0, 2), ["Metadata t", "JoinGroup"]);
    await fourth.stop();
    assert.deepEqual(await file.read(random), { instance });
  }));
