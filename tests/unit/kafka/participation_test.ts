import assert from "node:assert/strict";
import { type Logger, silentLogger } from "../../../src/base/logger.ts";
import { OutageLog } from "../../../src/base/outage_log.ts";
import { seededRandom } from "../../../src/base/random.ts";
import { Participation } from "../../../src/kafka/group/participation.ts";
import {
  type Addresses,
  type AssignmentListener,
  type HeldState,
  type MemberWatch,
  noTasks,
  type TaskAssignment,
} from "../../../src/streams/ports.ts";
import { FakeGroup, groupErrors } from "../../support/fake_group.ts";
import { settle, SimulatedClock } from "../../../src/streams/testing/simulated_clock.ts";

const options = { sessionTimeoutMs: 6_000, rebalanceTimeoutMs: 10_000, heartbeatIntervalMs: 500 };

/** A participation, its coordinator and its listener, on a clock that a test moves. */
class Scene implements AssignmentListener, MemberWatch {
  readonly group = new FakeGroup();
  readonly clock = new SimulatedClock();
  readonly outage = new OutageLog({ lasting: "waiting", over: "over" }, {
    logger: silentLogger,
    clock: this.clock,
  });
  readonly told: string[] = [];
  readonly remembered: string[] = [];
  /** Messages of the log. */
  readonly logged: string[] = [];
  instance: string | undefined = "i1";
  /** What the listener fails with, if it does. */
  failure: Error | undefined;
  owners: ReadonlyMap<number, Addresses> | undefined;
  readonly #stop = new AbortController();
  running: Promise<void> = Promise.resolve();
  readonly has: Map<number, HeldState> = new Map();
  watched: readonly string[] = [];
  dies: (memberId: string) => void = () => {};
  /** How long it takes to do what the group says, ms. */
  takesMs = 0;
  reconsider: () => void = () => {};

  async start(): Promise<void> {
    const participation = new Participation(this.group, {
      topic: "t",
      listener: this,
      signal: this.#stop.signal,
      remember: (memberId) => {
        this.remembered.push(memberId);
        return Promise.resolve();
      },
      learn: (owners) => {
        this.owners = owners;
      },
      addresses: { address: "http://me:1", peer: "http://me:2" },
      watch: this,
      instance: this.instance,
      timing: { clock: this.clock, random: seededRandom(1) },
      logger: this.#logger(),
      outage: this.outage,
      options,
    });
    this.reconsider = () => participation.reconsider();
    this.running = participation.run();
    this.running.catch(() => {});
    await settle();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await settle();
    await this.clock.advance(this.takesMs);
    await this.running;
    assert.equal(this.clock.nextWakeMs, Infinity, "nothing is under way any more");
  }

  #logger(): Logger {
    const write = (message: string) => void this.logged.push(message);
    return { ...silentLogger, info: write, warn: write };
  }

  follow(members: ReadonlyMap<string, Addresses>, onDead: (memberId: string) => void): void {
    this.watched = [...members.keys()];
    this.dies = onDead;
  }

  held(): Promise<ReadonlyMap<number, HeldState>> {
    return Promise.resolve(new Map(this.has));
  }

  async assigned({ active, standbys, warmUps }: TaskAssignment): Promise<void> {
    const more = [...standbys.map((p) => `standby ${p}`), ...warmUps.map((p) => `warm-up ${p}`)];
    this.told.push(["assigned", `[${active.join()}]`, ...more].join(" "));
    if (this.takesMs > 0) await this.clock.sleep(this.takesMs);
    if (this.failure !== undefined) throw this.failure;
  }

  lost(): Promise<void> {
    this.told.push("lost");
    return Promise.resolve();
  }
}

async function started(): Promise<Scene> {
  const scene = new Scene();
  await scene.start();
  return scene;
}

Deno.test("Participation joins with the id it is given, and remembers it before", async () => {
  const scene = await started();
  assert.deepEqual(scene.group.asked, ["join new -1 []", "join m1 -1 []", "sync 1"]);
  assert.equal(scene.remembered[0], "m1");
  assert.equal(scene.group.told?.instance, "i1");
  await scene.stop();
  assert.deepEqual(scene.told, ["assigned [0,1]", "assigned []"]);
});

Deno.test("Participation tells its addresses, and learns those of the others until it is lost", async () => {
  const scene = new Scene();
  scene.group.assignment = { ...noTasks, active: [0] };
  const other: Addresses = { address: "http://other:1", peer: "http://other:2" };
  const own: Addresses = { address: "http://me:1", peer: "http://me:2" };
  scene.group.owners = new Map([[0, own], [1, other]]);
  scene.group.members = new Map([["m1", own], ["m2", other]]);
  await scene.start();
  assert.deepEqual(scene.group.told?.addresses, own);
  assert.deepEqual(scene.owners, new Map([[1, other]]));
  scene.group.owners = new Map();
  scene.group.fail("heartbeat", groupErrors.unknownMember);
  scene.group.holdJoins();
  await scene.clock.advance(1_000);
  assert.deepEqual([scene.owners, scene.watched], [new Map(), []]);
  scene.group.releaseJoins();
  await settle();
  await scene.stop();
});

Deno.test("Participation takes a member that has died out of the group, and rejoins at once", async () => {
  const scene = new Scene();
  scene.group.members = new Map([["m1", {}], ["m2", {}], ["m3", {}]]);
  await scene.start();
  assert.deepEqual(scene.watched, ["m2", "m3"]);
  scene.group.fail("heartbeat", groupErrors.rebalanceInProgress);
  scene.group.members = new Map([["m1", {}], ["m3", {}]]);
  scene.dies("m2");
  await settle();
  assert.deepEqual(scene.group.asked.slice(-3), ["leave m2", "join m1 1 [0,1]", "sync 2"]);
  assert.deepEqual(scene.watched, ["m3"]);
  await scene.stop();
  assert.deepEqual(scene.watched, []);
});

Deno.test("Participation rejoins where another has taken the dead member out already", async () => {
  const scene = await started();
  scene.group.fail("leave", groupErrors.unknownMember);
  scene.group.fail("heartbeat", groupErrors.rebalanceInProgress);
  scene.dies("m2");
  await settle();
  assert.deepEqual(scene.group.asked.slice(-2), ["join m1 1 [0,1]", "sync 2"]);
  await scene.stop();
});

Deno.test("Participation leaves a dead member to the group where Kafka cannot be reached", async () => {
  const scene = await started();
  scene.group.fail("leave", groupErrors.connection);
  scene.dies("m2");
  await settle();
  assert.deepEqual([scene.group.asked.at(-1), scene.group.heartbeats], ["leave m2", 0]);
  assert.deepEqual(scene.told, ["assigned [0,1]"]);
  await scene.stop();
});

Deno.test("Participation rejoins with what it owns, while that is worked on", async () => {
  const scene = await started();
  scene.group.fail("heartbeat", groupErrors.rebalanceInProgress);
  scene.group.assignment = { ...noTasks, active: [1], standbys: [0, 2], warmUps: [2] };
  await scene.clock.advance(600);
  assert.equal(scene.group.asked.at(-2), "join m1 1 [0,1]");
  assert.deepEqual(scene.told, ["assigned [0,1]", "assigned [1] standby 0 standby 2 warm-up 2"]);
  await scene.stop();
});

Deno.test("Participation tells what it has, as of each join", async () => {
  const scene = await started();
  assert.deepEqual(scene.group.told?.held, new Map());
  const held = new Map([[1, { position: 9, current: true }]]);
  scene.has.set(1, { position: 9, current: true });
  scene.reconsider();
  await settle();
  assert.equal(scene.group.asked.at(-2), "join m1 1 [0,1]");
  assert.deepEqual(scene.group.told?.held, held);
  await scene.stop();
});

Deno.test("Participation reconsiders once, whenever it was asked", async () => {
  const scene = new Scene();
  scene.takesMs = 1_000;
  await scene.start();
  scene.reconsider();
  scene.reconsider();
  await settle();
  assert.equal(scene.group.asked.at(-1), "sync 1");
  await scene.clock.advance(5_000);
  assert.equal(scene.group.asked.filter((asked) => asked.startsWith("sync")).length, 2);
  await scene.stop();
});

Deno.test("Participation continues with its heartbeat while it does its work", async () => {
  const scene = new Scene();
  scene.takesMs = 3_000;
  await scene.start();
  await scene.clock.advance(2_900);
  assert.ok(scene.group.heartbeats >= 5, `${scene.group.heartbeats} heartbeats`);
  assert.equal(scene.group.asked.at(-1), "sync 1");
  scene.takesMs = 0;
  await scene.clock.advance(1_000);
  await scene.stop();
});

Deno.test("Participation says that it leaves, and closes nothing before others know", async () => {
  const scene = await started();
  scene.group.holdJoins();
  const stopping = scene.stop();
  await settle();
  assert.equal(scene.group.asked.at(-1), "join leaving m1 1 [0,1]");
  assert.deepEqual(scene.told, ["assigned [0,1]"]);
  scene.group.releaseJoins();
  await stopping;
  assert.equal(scene.group.asked.at(-1), "sync 2");
  assert.deepEqual(scene.told, ["assigned [0,1]", "assigned []"]);
  assert.deepEqual(scene.logged, ["joined the group"]);
});

Deno.test("Participation leaves in time when the group does not take over", async () => {
  const scene = await started();
  scene.group.holdJoins();
  const stopping = scene.stop();
  await settle();
  await scene.clock.advance(1_600);
  await stopping;
  assert.deepEqual(scene.told, ["assigned [0,1]", "assigned []"]);
  assert.match(scene.logged.at(-1) ?? "", /^the group did not take over in time/);
  scene.group.fail("join", groupErrors.unknownMember);
  scene.group.releaseJoins();
  await settle();
});

for (const fault of ["unknownMember", "illegalGeneration"] as const) {
  Deno.test(`Participation is lost at ${fault}, and joins as a new member`, async () => {
    const scene = await started();
    scene.group.fail("heartbeat", groupErrors[fault]);
    await scene.clock.advance(600);
    assert.deepEqual(scene.told, ["assigned [0,1]", "lost", "assigned [0,1]"]);
    assert.deepEqual(scene.group.asked.slice(3), ["join new -1 []", "join m2 -1 []", "sync 2"]);
    await scene.stop();
  });
}

Deno.test("Participation is lost after a session without contact", async () => {
  const scene = await started();
  scene.group.fail("heartbeat", ...Array.from({ length: 13 }, () => groupErrors.connection));
  await scene.clock.advance(6_000);
  assert.deepEqual(scene.told, ["assigned [0,1]"]);
  await scene.clock.advance(1_000);
  assert.deepEqual(scene.told, ["assigned [0,1]", "lost", "assigned [0,1]"]);
  await scene.stop();
});

Deno.test("Participation stays while it is heard, also where its work takes longer than a session", async () => {
  const scene = new Scene();
  scene.takesMs = 20_000;
  await scene.start();
  await scene.clock.advance(8_000);
  const rebalancing = Array.from({ length: 16 }, () => groupErrors.rebalanceInProgress);
  scene.group.fail("heartbeat", ...rebalancing);
  await scene.clock.advance(8_000);
  assert.equal(scene.group.heartbeats, 16_000 / options.heartbeatIntervalMs);
  scene.takesMs = 0;
  await scene.clock.advance(8_000);
  assert.ok(!scene.told.includes("lost"), scene.told.join());
  await scene.stop();
});

Deno.test("Participation sends no more heartbeats once it is lost, whatever it works on", async () => {
  const scene = new Scene();
  scene.takesMs = 10_000;
  await scene.start();
  scene.group.fail("heartbeat", groupErrors.unknownMember);
  await scene.clock.advance(5_000);
  assert.equal(scene.group.heartbeats, 1);
  scene.takesMs = 0;
  await scene.clock.advance(6_000);
  await scene.stop();
});

Deno.test("Participation is lost when the group has gone on before its next join", async () => {
  const scene = await started();
  scene.group.fail("heartbeat", groupErrors.rebalanceInProgress);
  scene.group.fail("join", groupErrors.unknownMember);
  await scene.clock.advance(options.heartbeatIntervalMs);
  assert.deepEqual(scene.told.slice(1), ["lost"], "before it pauses");
  await scene.clock.advance(2_000);
  assert.deepEqual(scene.told.slice(1), ["lost", "assigned [0,1]"]);
  await scene.stop();
});

Deno.test("Participation joins again when the group changes in mid-sync, without telling anyone", async () => {
  const scene = new Scene();
  scene.group.fail("sync", groupErrors.rebalanceInProgress);
  await scene.start();
  assert.equal(scene.outage.problem, undefined, "Kafka answers");
  await scene.clock.advance(1_000);
  assert.deepEqual(scene.told, ["assigned [0,1]"]);
  assert.equal(scene.group.asked.at(-1), "sync 2");
  await scene.stop();
});

Deno.test("Participation asks again while the coordinator does not answer, and gives the reason", async () => {
  const scene = new Scene();
  scene.group.fail("join", groupErrors.connection, groupErrors.connection);
  await scene.start();
  assert.deepEqual(scene.group.asked, ["join new -1 []"], "it pauses");
  assert.match(scene.outage.problem ?? "", /^Cannot share the partitions of t as Kafka must /);
  await scene.clock.advance(2_000);
  assert.deepEqual(scene.told, ["assigned [0,1]"]);
  assert.equal(scene.outage.problem, undefined);
  await scene.stop();
});

Deno.test("Participation gives up at an answer that no repetition changes", async () => {
  const scene = new Scene();
  scene.group.fail("join", groupErrors.inconsistentProtocol);
  await scene.start();
  await assert.rejects(scene.running, /INCONSISTENT_GROUP_PROTOCOL/);
});

Deno.test("Participation can be stopped in the middle of a join", async () => {
  const scene = new Scene();
  scene.group.holdJoins();
  await scene.start();
  await scene.stop();
  assert.deepEqual(scene.told, ["assigned []"]);
  scene.group.releaseJoins();
  await settle();
  assert.deepEqual(scene.group.asked, ["join new -1 []"], "it is no member");
});

Deno.test("Participation is called by its member id where nothing else names it", async () => {
  const scene = new Scene();
  scene.instance = undefined;
  await scene.start();
  assert.equal(scene.group.told?.instance, "m1");
  await scene.stop();
});

Deno.test("Participation loses nothing where it has had nothing", async () => {
  const scene = new Scene();
  scene.group.fail("join", groupErrors.unknownMember);
  await scene.start();
  await scene.clock.advance(1_000);
  assert.deepEqual(scene.told, ["assigned [0,1]"]);
  await scene.stop();
});

Deno.test("Participation beats for its last generation alone, and no more when it has failed", async () => {
  const scene = await started();
  for (let generation = 2; generation < 5; generation++) {
    scene.reconsider();
    await settle();
  }
  await scene.clock.advance(2_000);
  assert.equal(scene.group.heartbeats, 2_000 / options.heartbeatIntervalMs);
  scene.failure = new Error("no room");
  scene.reconsider();
  await assert.rejects(scene.running, { message: "no room" });
  assert.equal(scene.clock.nextWakeMs, Infinity);
});
