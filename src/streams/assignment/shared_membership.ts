import type {
  Addresses,
  AssignmentListener,
  GroupMembership,
  HeldState,
  TaskAssignment,
} from "../ports.ts";
import { fired } from "../../base/signals.ts";
import { type Homes, spreadPartitions } from "./spread.ts";

/** Told what a thread has; calls never overlap. */
export interface ThreadListener extends AssignmentListener {
  /** Partitions whose stores are this thread's from now on; told before each assignment. */
  owns(partitions: readonly number[]): Promise<void>;
}

/** A thread's part in its instance's membership: a membership of its own to an application in it. */
export interface ThreadMembership extends Omit<GroupMembership, "run"> {
  /** Partitions whose stores it may open, as of now. */
  readonly owned: readonly number[];
  /** Takes part until the instance has left the group; see `GroupMembership`. */
  run(topic: string, listener: ThreadListener, signal: AbortSignal): Promise<void>;
}

interface ThreadRun {
  readonly topic: string;
  readonly listener: ThreadListener;
  readonly signal: AbortSignal;
}

/**
 * Lets several threads of a process be one member of the group: what the group gives the instance
 * is spread over them.
 *
 * A partition that moves from one thread to another is closed there before it is opened here, as
 * both have the same folder: no store is ever open twice, and no task fences its neighbour.
 *
 * @see Kafka Streams' `num.stream.threads`, where each thread is a member of its own, and the
 *   group's assignor has to know which of them share a process. docs/adr/0031-threads.md says why
 *   it is otherwise here.
 */
export class SharedMembership {
  readonly #membership: GroupMembership;
  readonly #listeners: (ThreadListener | undefined)[];
  readonly #stop = new AbortController();
  readonly #allPresent = Promise.withResolvers<void>();
  #homes: Homes;
  #running: Promise<void> | undefined;

  /**
   * @param threads How many share it, >= 1.
   * @param found Partitions that have a store in the instance's folder.
   */
  constructor(membership: GroupMembership, threads: number, found: readonly number[]) {
    this.#membership = membership;
    this.#listeners = Array(threads).fill(undefined);
    this.#homes = spreadPartitions({ active: found, standbys: [] }, new Map(), threads);
  }

  /** The part of one thread. */
  ofThread(thread: number): ThreadMembership {
    const homes = () => this.#ownedBy(thread);
    const membership = this.#membership;
    return {
      get owned(): readonly number[] {
        return homes();
      },
      get problem(): string | undefined {
        return membership.problem;
      },
      run: (topic, listener, signal) => this.#run(thread, { topic, listener, signal }),
      reconsider: () => membership.reconsider(),
      ownerOf: (partition): Addresses | undefined => membership.ownerOf(partition),
    };
  }

  /** The thread that works on a partition, or keeps its store. */
  homeOf(partition: number): number | undefined {
    return this.#homes.get(partition);
  }

  /** Joins the group once all threads are there; the end of one is the end of all. */
  async #run(thread: number, { topic, listener, signal }: ThreadRun): Promise<void> {
    this.#listeners[thread] = listener;
    void fired(signal).then(() => this.#stop.abort());
    if (this.#present.length === this.#listeners.length) this.#allPresent.resolve();
    await Promise.race([this.#allPresent.promise, fired(this.#stop.signal)]);
    if (this.#present.length < this.#listeners.length) return;
    await (this.#running ??= this.#membership.run(topic, this.#all(), this.#stop.signal));
  }

  #all(): AssignmentListener {
    return {
      held: () => this.#held(),
      assigned: (assignment) => this.#assigned(assignment),
      lost: async () => {
        await this.#each((listener) => listener.lost());
      },
    };
  }

  /** Each thread speaks for the partitions that are its: of others it may know what was. */
  async #held(): Promise<Map<number, HeldState>> {
    const told = await this.#each((listener) => listener.held());
    return new Map(
      told.flatMap((held, thread) =>
        [...held].filter(([partition]) => this.#homes.get(partition) === thread)
      ),
    );
  }

  async #assigned(assignment: TaskAssignment): Promise<void> {
    const before = this.#homes;
    const after = spreadPartitions(assignment, before, this.#listeners.length);
    const stays = (partition: number) =>
      before.get(partition) === undefined || before.get(partition) === after.get(partition);
    const moves = [...after.keys()].some((partition) => !stays(partition));
    this.#homes = after;
    // What changes its thread is closed everywhere first.
    if (moves) await this.#assign(assignment, stays);
    await this.#assign(assignment, () => true);
  }

  async #assign(
    assignment: TaskAssignment,
    isIncluded: (partition: number) => boolean,
  ): Promise<void> {
    await this.#each(async (listener, thread) => {
      const isOurs = (partition: number) =>
        this.#homes.get(partition) === thread && isIncluded(partition);
      await listener.owns(this.#ownedBy(thread).filter(isOurs));
      await listener.assigned({
        active: assignment.active.filter(isOurs),
        standbys: assignment.standbys.filter(isOurs),
        warmUps: assignment.warmUps.filter(isOurs),
        handedOver: assignment.handedOver.filter(isOurs),
      });
    });
  }

  #ownedBy(thread: number): number[] {
    return [...this.#homes].filter(([, home]) => home === thread).map(([partition]) => partition)
      .sort((a, b) => a - b);
  }

  async #each<T>(tell: (listener: ThreadListener, thread: number) => Promise<T>): Promise<T[]> {
    return await Promise.all(this.#present.map(tell));
  }

  get #present(): ThreadListener[] {
    return this.#listeners.filter((listener) => listener !== undefined);
  }
}
