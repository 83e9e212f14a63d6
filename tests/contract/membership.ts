/** What every way of sharing partitions must do; run over each of them. */
import assert from "node:assert/strict";
import {
  type Addresses,
  type AssignmentListener,
  type GroupMembership,
  type HeldState,
  noTasks,
  type TaskAssignment,
} from "../../src/streams/ports.ts";
import {
  type LogHarness,
  type LogHarnessFactory,
  type MemberOptions,
  registerCases,
  type SuiteOptions,
  uniqueName,
  waitMsMax,
} from "./log_harness.ts";

/** A member whose listener writes down what it is told. */
class TestMember implements AssignmentListener, AsyncDisposable {
  readonly calls: string[] = [];
  /** What it tells the group that it has. */
  readonly has: Map<number, HeldState> = new Map();
  owned: readonly number[] = [];
  standbys: readonly number[] = [];
  warmUps: readonly number[] = [];
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  readonly #watchers = new Set<() => void>();
  readonly #membership: GroupMembership;
  /** How long it takes to do what it is told, ms. */
  takesMs = 5;
  #inside = false;

  constructor(membership: GroupMembership, topic: string) {
    this.#membership = membership;
    this.#running = membership.run(topic, this, this.#stop.signal);
    this.#running.catch(() => {});
  }

  /** Where the owners of these partitions answer, for those that are another instance's. */
  ownersOf(partitions: readonly number[]): (Addresses | undefined)[] {
    return partitions.map((partition) => this.#membership.ownerOf(partition));
  }

  held(): Promise<ReadonlyMap<number, HeldState>> {
    return Promise.resolve(this.has);
  }

  assigned(assignment: TaskAssignment): Promise<void> {
    return this.#told(`assigned ${assignment.active.join()}`, assignment);
  }

  lost(): Promise<void> {
    return this.#told("lost", noTasks);
  }

  /** True while it does what it was told. */
  get isBeingTold(): boolean {
    return this.#inside;
  }

  /** From now on it tells that it has all of these partitions' state. */
  isCurrentAt(partitions: readonly number[]): void {
    for (const partition of partitions) this.has.set(partition, { position: 1, current: true });
  }

  reconsider(): void {
    this.#membership.reconsider();
  }

  /** Waits until `condition` holds for this member. */
  async until(condition: () => boolean): Promise<void> {
    const end = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => end.reject(new Error(`waited in vain; was told: ${this.calls.join(" | ")}`)),
      waitMsMax,
    );
    try {
      while (!condition()) await Promise.race([this.#nextCall(), this.#running, end.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  async leave(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.leave();
  }

  #nextCall(): Promise<void> {
    return new Promise((resolve) => this.#watchers.add(resolve));
  }

  async #told(call: string, { active, standbys, warmUps }: TaskAssignment): Promise<void> {
    assert.ok(!this.#inside, `calls must not overlap: ${call}`);
    this.#inside = true;
    this.calls.push(call);
    await new Promise((resolve) => setTimeout(resolve, this.takesMs));
    this.owned = active;
    this.standbys = standbys;
    this.warmUps = warmUps;
    this.#inside = false;
    for (const watcher of this.#watchers) watcher();
    this.#watchers.clear();
  }
}

function join(
  harness: LogHarness,
  applicationId: string,
  topic: string,
  options?: MemberOptions,
): TestMember {
  assert.ok(harness.membership !== undefined, "the harness must offer membership");
  return new TestMember(harness.membership(applicationId, options), topic);
}

function union(...members: readonly TestMember[]): number[] {
  return members.flatMap(({ owned }) => owned).sort((a, b) => a - b);
}

/** Cases for a member that is alone. */
const soloCases = {
  async "gives a lone member every partition"(harness: LogHarness) {
    const topic = await harness.createTopic(3);
    await using member = join(harness, uniqueName("app"), topic);
    await member.until(() => member.owned.length === 3);
    assert.deepEqual(member.owned, [0, 1, 2]);
    assert.deepEqual(member.ownersOf([0, 1, 2, 3]), Array(4).fill(undefined));
  },

  async "is told at the end that nothing is its any more"(harness: LogHarness) {
    const topic = await harness.createTopic(2);
    const member = join(harness, uniqueName("app"), topic);
    await member.until(() => member.owned.length === 2);
    await member.leave();
    assert.deepEqual(member.calls, ["assigned 0,1", "assigned "]);
  },

  async "gives a lone member everything again when it asks"(harness: LogHarness) {
    const topic = await harness.createTopic(2);
    await using member = join(harness, uniqueName("app"), topic);
    await member.until(() => member.owned.length === 2);
    member.reconsider();
    await member.until(() => member.calls.length === 2);
    assert.deepEqual(member.calls, ["assigned 0,1", "assigned 0,1"]);
  },

  async "lets an application start again after it left"(harness: LogHarness) {
    const topic = await harness.createTopic(2);
    const applicationId = uniqueName("app");
    for (let i = 0; i < 2; i++) {
      await using member = join(harness, applicationId, topic);
      await member.until(() => member.owned.length === 2);
    }
  },

  async "refuses a topic that does not exist with TOPIC_UNSUITABLE"(harness: LogHarness) {
    const member = join(harness, uniqueName("app"), uniqueName("missing"));
    await assert.rejects(member.until(() => false), { code: "TOPIC_UNSUITABLE" });
    await assert.rejects(member.leave(), { code: "TOPIC_UNSUITABLE" });
  },
};

/** Cases for several members, as other processes would be. */
const groupCases = {
  async "shares partitions between two members and gives all back to the one that stays"(
    harness: LogHarness,
  ) {
    const topic = await harness.createTopic(4);
    const applicationId = uniqueName("app");
    await using first = join(harness, applicationId, topic);
    await first.until(() => first.owned.length === 4);
    const second = join(harness, applicationId, topic);
    await Promise.all([
      first.until(() => first.owned.length === 2),
      second.until(() => second.owned.length === 2),
    ]);
    assert.deepEqual(union(first, second), [0, 1, 2, 3]);
    await second.leave();
    await first.until(() => first.owned.length === 4);
    assert.equal(second.calls.at(-1), "assigned ");
  },

  async "leaves partitions with the one that has their state until the other has it, too"(
    harness: LogHarness,
  ) {
    const topic = await harness.createTopic(2);
    const applicationId = uniqueName("app");
    await using first = join(harness, applicationId, topic);
    await first.until(() => first.owned.length === 2);
    first.isCurrentAt([0, 1]);
    first.reconsider();
    await first.until(() => first.calls.length === 2);
    await using second = join(harness, applicationId, topic);
    await second.until(() => second.warmUps.length === 1);
    assert.deepEqual([first.owned, second.owned], [[0, 1], []]);
    assert.deepEqual(second.standbys.filter((p) => second.warmUps.includes(p)), second.warmUps);
    const promised = [...second.warmUps];
    second.isCurrentAt(promised);
    second.reconsider();
    await second.until(() => second.owned.length === 1);
    await first.until(() => first.owned.length === 1);
    assert.deepEqual(second.owned, promised);
  },

  async "gives what a member has that leaves to others before it closes it"(harness: LogHarness) {
    const topic = await harness.createTopic(2);
    const applicationId = uniqueName("app");
    await using first = join(harness, applicationId, topic);
    await first.until(() => first.owned.length === 2);
    const second = join(harness, applicationId, topic);
    await second.until(() => second.owned.length === 1);
    await first.until(() => first.owned.length === 1);
    second.takesMs = 2_000;
    const leaving = second.leave();
    await first.until(() => first.owned.length === 2);
    assert.ok(second.isBeingTold, second.calls.join(" | "));
    await leaving;
  },

  async "keeps standbys of each partition beside its owner, as many as there can be"(
    harness: LogHarness,
  ) {
    const topic = await harness.createTopic(4);
    const applicationId = uniqueName("app");
    await using first = join(harness, applicationId, topic, { standbyReplicas: 1 });
    await first.until(() => first.owned.length === 4);
    assert.deepEqual(first.standbys, []);
    await using second = join(harness, applicationId, topic, { standbyReplicas: 1 });
    await second.until(() => second.owned.length === 2);
    await first.until(() => first.owned.length === 2);
    assert.deepEqual([first.standbys, second.standbys], [second.owned, first.owned]);
  },

  async "tells each member where the owners of the other partitions answer, and forgets who left"(
    harness: LogHarness,
  ) {
    const topic = await harness.createTopic(2);
    const applicationId = uniqueName("app");
    const ofFirst = { address: "http://first:1" };
    const ofSecond = { address: "http://second:2", peer: "http://second:3" };
    await using first = join(harness, applicationId, topic, { addresses: ofFirst });
    await first.until(() => first.owned.length === 2);
    const second = join(harness, applicationId, topic, { addresses: ofSecond });
    await Promise.all([
      first.until(() => first.owned.length === 1),
      second.until(() => second.owned.length === 1),
    ]);
    assert.deepEqual(first.ownersOf(second.owned), [ofSecond]);
    assert.deepEqual(second.ownersOf(first.owned), [ofFirst]);
    assert.deepEqual(first.ownersOf(first.owned), [undefined]);
    await second.leave();
    await first.until(() => first.owned.length === 2);
    assert.deepEqual(first.ownersOf([0, 1]), [undefined, undefined]);
  },

  async "leaves members without partitions when there are too few"(harness: LogHarness) {
    const topic = await harness.createTopic(1);
    const applicationId = uniqueName("app");
    await using first = join(harness, applicationId, topic);
    await first.until(() => first.owned.length === 1);
    await using second = join(harness, applicationId, topic);
    await second.until(() => second.calls.includes("assigned "));
    await first.until(() => first.calls.length >= 2);
    assert.deepEqual([first.owned, second.owned], [[0], []]);
  },
};

/** Registers the suite for one implementation. */
export function membershipContract(
  name: string,
  factory: LogHarnessFactory,
  options: SuiteOptions & { readonly alone?: boolean } = {},
): void {
  registerCases(name, factory, soloCases, options);
  if (options.alone !== true) registerCases(name, factory, groupCases, options);
}
