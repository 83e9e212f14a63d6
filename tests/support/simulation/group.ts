import { assignPartitions } from "../../../src/streams/assignment/assign.ts";
import {
  type AssignmentListener,
  type GroupMembership,
  type HeldState,
  noTasks,
  type TaskAssignment,
} from "../../../src/streams/ports.ts";
import type { SimulatedClock } from "../../../src/streams/testing/simulated_clock.ts";
import type { Chance } from "./chance.ts";

/** How long a member may take to say what it has before the group goes on without that, ms. */
const answerMsMax = 2_000;

/** A member as the group sees it. */
export class Member {
  readonly listener: AssignmentListener;
  /** Partitions that the process has reason to work on. */
  believed: ReadonlySet<number> = new Set();
  /** False once the process is dead: it is told nothing any more. */
  alive = true;
  /** What it was given last, and when. */
  owned: readonly number[] = [];
  generation = -1;
  leaving = false;
  readonly instance: string;
  #left = false;
  #last: Promise<void> = Promise.resolve();

  constructor(listener: AssignmentListener, instance: string) {
    this.listener = listener;
    this.instance = instance;
  }

  /** What it has; never answers once it is dead. Calls of a listener never overlap. */
  async held(): Promise<ReadonlyMap<number, HeldState>> {
    let held: ReadonlyMap<number, HeldState> = new Map();
    await this.#call(async () => {
      held = await this.listener.held();
    });
    return held;
  }

  async assigned(assignment: TaskAssignment): Promise<void> {
    await this.#call(async () => {
      this.believed = new Set([...this.believed, ...assignment.active]);
      await this.listener.assigned(assignment);
      this.believed = new Set(assignment.active);
    });
  }

  async lost(): Promise<void> {
    await this.#call(async () => {
      await this.listener.lost();
      this.believed = new Set();
    });
  }

  /** Gives everything up; hears nothing of the group after that. */
  async leave(): Promise<void> {
    const leaving = this.#call(async () => {
      await this.listener.assigned(noTasks);
      this.believed = new Set();
    });
    this.#left = true;
    await leaving;
  }

  #call(call: () => Promise<void>): Promise<void> {
    if (this.#left) return this.#last;
    this.#last = this.#last.then(() => this.alive ? call() : new Promise<void>(() => {}));
    return this.#last;
  }
}

/**
 * The group coordinator: shares partitions out whenever the members change or one asks for it, by
 * the real rules in some worlds and by chance in others.
 */
export class SimulatedGroup {
  readonly #clock: SimulatedClock;
  readonly #chance: Chance;
  readonly #partitions: number;
  readonly #byChance: boolean;
  readonly #replicas: number;
  #generation = 0;
  readonly #members = new Set<Member>();
  #changed = Promise.withResolvers<void>();
  #giver: Member | undefined;
  /** Told of every new assignment. */
  onAssigned: (sharing: readonly (readonly number[])[]) => void = () => {};

  constructor(clock: SimulatedClock, chance: Chance, partitions: number) {
    this.#clock = clock;
    this.#chance = chance;
    this.#partitions = partitions;
    this.#byChance = chance.oneIn(2);
    this.#replicas = chance.whole(0, 2);
  }

  /** Runs the coordinator for as long as anything runs. */
  async run(): Promise<never> {
    for (;;) {
      await this.#changed.promise;
      this.#changed = Promise.withResolvers();
      await this.#rebalance([...this.#members]);
    }
  }

  join(member: Member): void {
    this.#members.add(member);
    this.#changed.resolve();
  }

  /** The member is gone, or is taken for gone: it is not told. */
  remove(member: Member): void {
    if (this.#members.delete(member)) this.#changed.resolve();
  }

  /** Gives all that a member has to another one, if there is one, while it lives on. */
  handOver(member: Member): void {
    this.#giver = member;
    this.#changed.resolve();
  }

  /** Shares out anew. */
  shake(): void {
    this.#changed.resolve();
  }

  /** The membership of a process. */
  membership(instance: string, born: (member: Member) => void): GroupMembership {
    return {
      run: async (_topic, listener, signal) => {
        const member = new Member(listener, instance);
        born(member);
        if (!member.alive) return await new Promise<void>(() => {});
        this.join(member);
        const { promise, resolve } = Promise.withResolvers<void>();
        signal.addEventListener("abort", () => resolve(), { once: true });
        if (!signal.aborted) await promise;
        if (this.#members.has(member) && this.#chance.oneIn(2)) await this.#farewell(member);
        await member.leave();
        this.remove(member);
      },
      reconsider: () => this.shake(),
      ownerOf: () => undefined,
    };
  }

  /** Gives what a member has to the others before it closes it. */
  async #farewell(member: Member): Promise<void> {
    member.leaving = true;
    this.shake();
    await this.#clock.sleep(this.#chance.below(answerMsMax));
  }

  async #rebalance(members: readonly Member[]): Promise<void> {
    const held = await Promise.all(members.map((member) => this.#answer(member)));
    const present = members.map((member, i) => ({ member, held: held[i] ?? new Map() }))
      .filter(({ member }) => this.#members.has(member));
    this.#generation += 1;
    const sharing = this.#byChance ? this.#shareByChance(present) : this.#shareByRule(present);
    this.#giveAway(present, sharing);
    this.onAssigned(sharing.map(({ active }) => active));
    for (const [i, { member }] of present.entries()) {
      const assignment = sharing[i] ?? noTasks;
      member.owned = assignment.active;
      member.generation = this.#generation;
      void member.assigned(assignment);
    }
  }

  /** What a member says that it has; nothing when it does not answer in time. */
  async #answer(member: Member): Promise<ReadonlyMap<number, HeldState>> {
    const timer = new AbortController();
    const overrun = this.#clock.sleep(answerMsMax, timer.signal).catch(() => {});
    const held = await Promise.race([member.held(), overrun]);
    timer.abort();
    return held ?? new Map();
  }

  #giveAway(present: readonly Present[], sharing: TaskAssignment[]): void {
    const from = present.findIndex(({ member }) => member === this.#giver);
    const to = present.findIndex(({ member }, i) => i !== from && !member.leaving);
    this.#giver = undefined;
    const [given, taken] = [sharing[from], sharing[to]];
    if (given === undefined || taken === undefined) return;
    const { owned = [] } = present[from]?.member ?? {};
    const moved = given.active.filter((partition) => owned.includes(partition));
    const isElsewhere = (partition: number) => !moved.includes(partition);
    sharing[from] = { ...given, active: given.active.filter(isElsewhere) };
    sharing[to] = {
      ...taken,
      active: [...taken.active, ...moved].sort((a, b) => a - b),
      standbys: taken.standbys.filter(isElsewhere),
      warmUps: taken.warmUps.filter(isElsewhere),
      handedOver: [...taken.handedOver, ...moved],
    };
  }

  #shareByRule(present: readonly Present[]): TaskAssignment[] {
    if (present.length === 0) return [];
    const members = present.map(({ member, held }, i) => ({
      memberId: String(i),
      instance: member.instance,
      owned: member.owned,
      generation: member.generation,
      held,
      leaving: member.leaving,
    }));
    const assigned = assignPartitions(members, this.#partitions, this.#replicas);
    return members.map(({ memberId }) => assigned.get(memberId) ?? noTasks);
  }

  #shareByChance(present: readonly Present[]): TaskAssignment[] {
    const sharing = present.map(() => ({
      active: [] as number[],
      standbys: [] as number[],
      warmUps: [],
      handedOver: [] as number[],
    }));
    const stayers = sharing.filter((_, i) => present[i]?.member.leaving === false);
    if (stayers.length === 0) return sharing;
    for (let partition = 0; partition < this.#partitions; partition++) {
      const owner = this.#chance.pick(stayers);
      owner.active.push(partition);
      if (this.#chance.oneIn(2)) owner.handedOver.push(partition);
      for (const share of stayers) {
        if (share !== owner && this.#chance.oneIn(2)) share.standbys.push(partition);
      }
    }
    return sharing;
  }
}

interface Present {
  readonly member: Member;
  readonly held: ReadonlyMap<number, HeldState>;
}
