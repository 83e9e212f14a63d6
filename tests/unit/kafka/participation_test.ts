import assert from "node:assert/strict";
import { silentLogger } from "../../../src/base/logger.ts";
import { seededRandom } from "../../../src/base/random.ts";
import { Participation } from "../../../src/kafka/participation.ts";
import type { RebalanceListener } from "../../../src/streams/ports.ts";
import { FakeGroup, groupErrors } from "../../support/fake_group.ts";
import { settle, SimulatedClock } from "../../../src/streams/testing/simulated_clock.ts";

const options = { sessionTimeoutMs: 6_000, rebalanceTimeoutMs: 10_000, heartbeatIntervalMs: 500 };

/** A participation, its coordinator and its listener, on a clock that a test moves. */
class Scene implements RebalanceListener {
  readonly group = new FakeGroup();
  readonly clock = new SimulatedClock();
  readonly told: string[] = [];
  readonly remembered: string[] = [];
  addresses: ReadonlyMap<number, string> | undefined;
  readonly #stop = new AbortController();
  running: Promise<void> = Promise.resolve();
  /** How long handing over takes, ms. */
  handOverMs = 0;

  async start(): Promise<void> {
    const participation = new Participation(this.group, {
      topic: "t",
      listener: this,
      signal: this.#stop.signal,
      remember: (memberId) => {
        this.remembered.push(memberId);
        return Promise.resolve();
      },
      learn: (addresses) => {
        this.addresses = addresses;
      },
      address: "http://me:1",
      waiting: { clock: this.clock, random: seededRandom(1) },
      logger: silentLogger,
      options,
    });
    this.running = participation.run();
    this.running.catch(() => {});
    await settle();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await settle();
    await this.clock.advance(this.handOverMs);
    await this.running;
  }

  async rebalancing(): Promise<void> {
    this.told.push("rebalancing");
    if (this.handOverMs > 0) await this.clock.sleep(this.handOverMs);
    this.told.push("handed over");
  }

  assigned(partitions: readonly number[]): Promise<void> {
    this.told.push(`assigned [${partitions.join()}]`);
    return Promise.resolve();
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

const leaving = ["rebalancing", "handed over", "assigned []"];

Deno.test("Participation joins with the id it is given, and remembers it before", async () => {
  const scene = await started();
  assert.deepEqual(scene.group.asked, ["join new -1 []", "join m1 -1 []", "sync 1"]);
  assert.equal(scene.remembered[0], "m1");
  await scene.stop();
  assert.deepEqual(scene.told, ["assigned [0,1]", ...leaving]);
});

Deno.test("Participation tells its address, and learns those of the others until it is lost", async () => {
  const scene = new Scene();
  scene.group.partitions = [0];
  scene.group.addresses = new Map([[0, "http://me:1"], [1, "http://other:1"]]);
  await scene.start();
  assert.equal(scene.group.address, "http://me:1");
  assert.deepEqual(scene.addresses, new Map([[1, "http://other:1"]]));
  scene.group.addresses = new Map();
  scene.group.fail("heartbeat", groupErrors.unknownMember);
  scene.group.holdJoins();
  await scene.clock.advance(1_000);
  assert.deepEqual(scene.addresses, new Map());
  scene.group.releaseJoins();
  await settle();
  await scene.stop();
});

Deno.test("Participation hands over, then joins with what it owned", async () => {
  const scene = await started();
  scene.group.fail("heartbeat", groupErrors.rebalanceInProgress);
  scene.group.partitions = [1];
  await scene.clock.advance(600);
  assert.equal(scene.group.asked.at(-2), "join m1 1 [0,1]");
  assert.deepEqual(scene.told, ["assigned [0,1]", "rebalancing", "handed over", "assigned [1]"]);
  await scene.stop();
});

Deno.test("Participation goes on with its heartbeat while it hands over", async () => {
  const scene = await started();
  scene.handOverMs = 3_000;
  scene.group.fail("heartbeat", groupErrors.rebalanceInProgress);
  await scene.clock.advance(3_000);
  assert.ok(scene.group.heartbeats >= 5, `${scene.group.heartbeats} heartbeats`);
  assert.equal(scene.told.at(-1), "rebalancing");
  scene.handOverMs = 0;
  await scene.clock.advance(1_000);
  await scene.stop();
});

Deno.test("Participation joins without the end of a hand-over that takes too long", async () => {
  const scene = await started();
  scene.handOverMs = 9_000;
  scene.group.fail("heartbeat", groupErrors.rebalanceInProgress);
  await scene.clock.advance(8_000);
  assert.equal(scene.group.asked.at(-1), "sync 2");
  assert.equal(scene.told.at(-1), "rebalancing");
  await scene.clock.advance(2_000);
  assert.deepEqual(scene.told.slice(-2), ["handed over", "assigned [0,1]"]);
  scene.handOverMs = 0;
  await scene.stop();
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

Deno.test("Participation is lost when nobody heard it for the session's time", async () => {
  const scene = await started();
  scene.group.fail("heartbeat", ...Array.from({ length: 13 }, () => groupErrors.connection));
  await scene.clock.advance(5_500);
  assert.deepEqual(scene.told, ["assigned [0,1]"]);
  await scene.clock.advance(1_500);
  assert.deepEqual(scene.told, ["assigned [0,1]", "lost", "assigned [0,1]"]);
  await scene.stop();
});

Deno.test("Participation is lost when the group has gone on before its next join", async () => {
  const scene = await started();
  scene.group.fail("heartbeat", groupErrors.rebalanceInProgress);
  scene.group.fail("join", groupErrors.unknownMember);
  await scene.clock.advance(2_000);
  assert.deepEqual(scene.told.slice(1), ["rebalancing", "handed over", "lost", "assigned [0,1]"]);
  await scene.stop();
});

Deno.test("Participation joins again when the group changes in mid-sync, telling nobody", async () => {
  const scene = new Scene();
  scene.group.fail("sync", groupErrors.rebalanceInProgress);
  await scene.start();
  await scene.clock.advance(1_000);
  assert.deepEqual(scene.told, ["assigned [0,1]"]);
  assert.equal(scene.group.asked.at(-1), "sync 2");
  await scene.stop();
});

Deno.test("Participation asks again while the coordinator does not answer", async () => {
  const scene = new Scene();
  scene.group.fail("join", groupErrors.connection, groupErrors.connection);
  await scene.start();
  await scene.clock.advance(2_000);
  assert.deepEqual(scene.told, ["assigned [0,1]"]);
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
  assert.deepEqual(scene.told, leaving);
  scene.group.releaseJoins();
});
