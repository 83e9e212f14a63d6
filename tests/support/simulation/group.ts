import type { GroupMembership, RebalanceListener } from "../../../src/streams/ports.ts";
import type { SimulatedClock } from "../../../src/streams/testing/simulated_clock.ts";
import type { Chance } from "./chance.ts";

/** How long a member may take to hand over before the group goes on without it, ms. */
const handOverMsMax = 2_000;

/** A member as the group sees it. */
export class Member {
  readonly listener: RebalanceListener;
  /** Partitions that the process has reason to work on. */
  believed: ReadonlySet<number> = new Set();
  /** False once the process is dead: it is told nothing any more. */
  alive = true;
  #left = false;
  #last: Promise<void> = Promise.resolve();

  constructor(listener: RebalanceListener) {
    this.listener = listener;
  }

  /** Calls of a listener never overlap. */
  async rebalancing(): Promise<void> {
    await this.#call(() => this.listener.rebalancing());
  }

  async assigned(partitions: readonly number[]): Promise<void> {
    await this.#call(async () => {
      this.believed = new Set([...this.believed, ...partitions]);
      await this.listener.assigned(partitions);
      this.believed = new Set(partitions);
    });
  }

  async lost(): Promise<void> {
    await this.#call(async () => {
      await this.listener.lost();
      this.believed = new Set();
    });
  }

  /** Hands everything over; hears nothing of the group after that. */
  async leave(): Promise<void> {
    const leaving = this.#call(async () => {
      await this.listener.rebalancing();
      await this.listener.assigned([]);
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

/** The group coordinator: shares partitions out by chance whenever the members change. */
export class SimulatedGroup {
  readonly #clock: SimulatedClock;
  readonly #chance: Chance;
  readonly #partitions: number;
  readonly #members = new Set<Member>();
  #changed = Promise.withResolvers<void>();
  /** Told of every new assignment. */
  onAssigned: (sharing: readonly (readonly number[])[]) => void = () => {};

  constructor(clock: SimulatedClock, chance: Chance, partitions: number) {
    this.#clock = clock;
    this.#chance = chance;
    this.#partitions = partitions;
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

  /** Shares out anew. */
  shake(): void {
    this.#changed.resolve();
  }

  /** The membership of a process. */
  membership(born: (member: Member) => void): GroupMembership {
    return {
      run: async (_topic, listener, signal) => {
        const member = new Member(listener);
        born(member);
        if (!member.alive) return await new Promise<void>(() => {});
        this.join(member);
        const { promise, resolve } = Promise.withResolvers<void>();
        signal.addEventListener("abort", () => resolve(), { once: true });
        if (!signal.aborted) await promise;
        await member.leave();
        this.remove(member);
      },
      addressOf: () => undefined,
    };
  }

  async #rebalance(members: readonly Member[]): Promise<void> {
    const timer = new AbortController();
    const handedOver = Promise.all(members.map((member) => member.rebalancing()));
    const overrun = this.#clock.sleep(handOverMsMax, timer.signal).catch(() => {});
    await Promise.race([handedOver, overrun]);
    timer.abort();
    const current = members.filter((member) => this.#members.has(member));
    const sharing = this.#share(current.length);
    this.onAssigned(sharing);
    current.forEach((member, i) => {
      void member.assigned(sharing[i] ?? []);
    });
  }

  #share(members: number): number[][] {
    const sharing: number[][] = Array.from({ length: members }, () => []);
    for (let partition = 0; partition < this.#partitions && members > 0; partition++) {
      this.#chance.pick(sharing).push(partition);
    }
    return sharing;
  }
}
