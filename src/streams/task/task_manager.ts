import { isOfThisMachine } from "../../base/errors.ts";
import { type HeldState, noTasks, type TaskAssignment } from "../ports.ts";
import type { Offset } from "../record.ts";
import type { CommitPlace } from "../commit/commit.ts";
import type { Lineage } from "../state/lineage.ts";
import { outputTopics } from "../topology/job_topics.ts";
import { StandbyTask } from "./standby_task.ts";
import { StoreCleanup } from "./store_cleanup.ts";
import { UnablePartitions } from "./unable.ts";
import { StreamTask, type TaskSettings } from "./stream_task.ts";
import type { TaskListener } from "./task_listener.ts";
import type { StreamsPorts } from "./streams_ports.ts";
import {
  changelogTopic,
  otherInputs,
  repartitionTopic,
  type Topology,
} from "../topology/topology.ts";

/** What the tasks and standbys of an instance are made from. */
export interface TaskManagerOptions<E, A, R> {
  readonly ports: StreamsPorts<R>;
  readonly topology: Topology<E, A, R>;
  readonly settings: TaskSettings & {
    readonly application: string;
    /** How long tasks may take to commit when they are closed, ms. */
    readonly closeBoundMs: number;
    /** How long the store of a partition is kept that has moved away, ms. */
    readonly stateCleanupDelayMs: number;
  };
  readonly listener: TaskListener<R>;
  /** Called when a standby has become current, or has failed; must not throw. */
  readonly onTurn: () => void;
  /** Called when a task is to go to another instance, or may return; must not throw. */
  readonly onUnable: () => void;
}

/**
 * What an instance has of each partition: a task, a standby, or neither, and how one becomes the
 * other. A partition's store is never open twice.
 *
 * Owner: the `StreamsApp`. Ordering: `assign` and `abandon` never overlap.
 */
export class TaskManager<E, A, R> {
  readonly #options: TaskManagerOptions<E, A, R>;
  readonly #lineage: Lineage;
  readonly #tasks = new Map<number, StreamTask<E, A, R>>();
  readonly #standbys = new Map<number, StandbyTask>();
  /** Stores that were closed here, as of then: one that is opened again is there no less. */
  readonly #closed = new Map<number, Offset>();
  readonly #unable: UnablePartitions;
  /** Tasks and standbys that ended with this machine's disk. */
  readonly #diskFailed = new WeakSet<StreamTask<E, A, R> | StandbyTask>();
  readonly #cleanup: StoreCleanup;
  readonly #listener: TaskListener<R>;
  #lookedAt: Promise<unknown> = Promise.resolve();

  /** @param lineage What every state belongs to that is made or opened here. */
  constructor(options: TaskManagerOptions<E, A, R>, lineage: Lineage) {
    const { ports: { stores, clock, logger }, topology, settings, listener } = options;
    this.#options = options;
    this.#lineage = lineage;
    this.#unable = new UnablePartitions(clock, options.onUnable);
    this.#cleanup = new StoreCleanup({
      stores,
      clock,
      logger,
      topic: topology.source.topic,
      delayMs: settings.stateCleanupDelayMs,
      onDeleted: (partition) => this.#closed.delete(partition),
    });
    this.#listener = {
      ...listener,
      failed: (input, error) => {
        listener.failed(input, error);
        this.#taskFailed(input.partition, error);
      },
    };
  }

  get tasks(): readonly StreamTask<E, A, R>[] {
    return [...this.#tasks.values()];
  }

  get standbys(): readonly StandbyTask[] {
    return [...this.#standbys.values()];
  }

  task(partition: number): StreamTask<E, A, R> | undefined {
    return this.#tasks.get(partition);
  }

  standby(partition: number): StandbyTask | undefined {
    return this.#standbys.get(partition);
  }

  /** Opens every store that an earlier run left, as a standby, until the first assignment. */
  async takeUp(): Promise<void> {
    const { ports, topology } = this.#options;
    const found = await ports.stores.partitions(topology.source.topic);
    for (const partition of found) {
      if (partition < this.#lineage.partitions) this.#openStandby(partition);
    }
    this.#lookedAt = Promise.all(this.standbys.map(({ opened }) => opened));
  }

  /** What is here of which partition; waits for what `takeUp` opens. */
  async held(): Promise<Map<number, HeldState>> {
    await this.#lookedAt;
    const held = new Map<number, HeldState>();
    for (const [partition, position] of this.#closed) {
      held.set(partition, { position, current: false });
    }
    for (const [partition, place] of [...this.#standbys, ...this.#tasks]) {
      if (place.held !== undefined) held.set(partition, place.held);
    }
    for (const partition of this.#unable.partitions) {
      const { position } = held.get(partition) ?? { position: 0 };
      held.set(partition, { position, current: false, unable: true });
    }
    return held;
  }

  /** Makes it so; resolves when everything that is not ours any more is committed and closed. */
  async assign(assignment: TaskAssignment): Promise<void> {
    await this.#cleanup.pause();
    await this.#apply(assignment);
    this.#cleanup.watch((partition) => this.#tasks.has(partition) || this.#standbys.has(partition));
  }

  /** Commits and closes everything; stores stay, for the next start. */
  async close(): Promise<void> {
    await this.#cleanup.pause();
    await this.#apply(noTasks);
    this.#unable[Symbol.dispose](); // a last commit may have found the disk full
  }

  async #apply(assignment: TaskAssignment): Promise<void> {
    const wanted = new Map<number, "task" | "standby">();
    for (const partition of assignment.standbys) wanted.set(partition, "standby");
    for (const partition of assignment.active) wanted.set(partition, "task");
    const partitions = new Set([
      ...this.#tasks.keys(),
      ...this.#standbys.keys(),
      ...wanted.keys(),
    ]);
    await Promise.all([...partitions].map((partition) => {
      const handedOver = assignment.handedOver.includes(partition);
      return this.#place(partition, wanted.get(partition), handedOver);
    }));
  }

  /** Drops what the tasks have done since their last commits. Standbys are harmless and stay. */
  async abandon(): Promise<void> {
    const tasks = [...this.#tasks];
    await Promise.all(tasks.map(([, task]) => task.abandon()));
    for (const [partition, task] of tasks) this.#forgetTask(partition, task);
  }

  async #place(
    partition: number,
    wanted: "task" | "standby" | undefined,
    handedOver: boolean,
  ): Promise<void> {
    if (wanted === "task") return await this.#openTask(partition, handedOver);
    await this.#closeTask(partition);
    const standby = this.#standbys.get(partition);
    if (wanted !== "standby" || this.#isToBeRetried(partition, standby)) {
      await this.#closeStandby(partition);
    }
    if (wanted === "standby") this.#openStandby(partition);
  }

  async #openTask(partition: number, handedOver: boolean): Promise<void> {
    if (await this.#keepsTask(partition)) return;
    const standby = this.#standbys.get(partition);
    // Until the task knows it, the group is to know that the state is here.
    this.#keepInMind(partition, standby?.held);
    const inherited = await standby?.promote();
    this.#standbys.delete(partition);
    const { ports, topology, settings } = this.#options;
    const place = {
      ...this.#storePlace(partition),
      others: otherInputs(topology).map((topic) => ({ topic, partition })),
      repartition: topology.repartition
        ? {
          topic: repartitionTopic(settings.application),
          partition,
          partitions: this.#lineage.partitions,
        }
        : undefined,
      outputs: outputTopics(settings.application, topology),
    };
    const task = new StreamTask(ports, topology, place, settings, this.#listener, {
      inherited,
      handedOver,
    });
    this.#tasks.set(partition, task);
    task.start();
  }

  /** True where the task continues; one that is to be retried is closed. */
  async #keepsTask(partition: number): Promise<boolean> {
    const task = this.#tasks.get(partition);
    if (task === undefined) return false;
    if (!this.#isToBeRetried(partition, task)) return true;
    await this.#closeTask(partition);
    return false;
  }

  /** True for what ended with the disk, once the disk may be repaired. */
  #isToBeRetried(partition: number, ended: StreamTask<E, A, R> | StandbyTask | undefined): boolean {
    return ended !== undefined && this.#diskFailed.has(ended) && !this.#unable.has(partition);
  }

  #taskFailed(partition: number, error: unknown): void {
    const task = this.#tasks.get(partition);
    if (task === undefined || !isOfThisMachine(error)) return;
    this.#diskFailed.add(task);
    this.#unable.add(partition);
    this.#options.onUnable();
  }

  #standbyTurned(partition: number, failure: unknown): void {
    const standby = this.#standbys.get(partition);
    if (standby !== undefined && isOfThisMachine(failure)) {
      this.#diskFailed.add(standby);
      this.#unable.add(partition);
    }
    this.#options.onTurn();
  }

  #openStandby(partition: number): void {
    if (this.#standbys.has(partition)) return;
    const standby = new StandbyTask(
      this.#options.ports,
      this.#storePlace(partition),
      (failure) => this.#standbyTurned(partition, failure),
    );
    this.#standbys.set(partition, standby);
    standby.start();
  }

  async #closeTask(partition: number): Promise<void> {
    const task = this.#tasks.get(partition);
    if (task === undefined) return;
    await task.close(this.#options.settings.closeBoundMs);
    this.#forgetTask(partition, task);
  }

  #forgetTask(partition: number, task: StreamTask<E, A, R>): void {
    this.#tasks.delete(partition);
    this.#keepInMind(partition, task.held);
  }

  async #closeStandby(partition: number): Promise<void> {
    const standby = this.#standbys.get(partition);
    if (standby === undefined) return;
    await standby.close();
    this.#standbys.delete(partition);
    this.#keepInMind(partition, standby.held);
  }

  #keepInMind(partition: number, held: HeldState | undefined): void {
    if (held !== undefined) this.#closed.set(partition, held.position);
  }

  #storePlace(partition: number): Omit<CommitPlace, "repartition"> {
    const { topology: { source, store }, settings } = this.#options;
    return {
      input: { topic: source.topic, partition },
      changelog: { topic: changelogTopic(settings.application, store), partition },
      lineage: this.#lineage,
    };
  }
}
