import type { HeldState, TaskAssignment } from "../ports.ts";
import type { Offset } from "../record.ts";
import type { CommitPlace } from "../commit/commit.ts";
import type { Lineage } from "../state/lineage.ts";
import { StandbyTask } from "./standby_task.ts";
import { StreamTask, type TaskSettings } from "./stream_task.ts";
import type { TaskListener } from "./task_listener.ts";
import type { StreamsPorts } from "./task_session.ts";
import { changelogTopic, repartitionTopic, type Topology } from "../topology/topology.ts";

/** What the tasks and standbys of an instance are made from. */
export interface PlacementParts<E, A, R> {
  readonly ports: StreamsPorts<R>;
  readonly topology: Topology<E, A, R>;
  readonly settings: TaskSettings & {
    readonly application: string;
    /** How long tasks may take to commit when they are closed, ms. */
    readonly closeBoundMs: number;
  };
  readonly listener: TaskListener<R>;
  /** Called when a standby has become current, or has failed; must not throw. */
  readonly onTurn: () => void;
}

/**
 * What an instance has of each partition: a task, a standby, or neither, and how one becomes the
 * other. A partition's store is never open twice.
 *
 * Owner: the `StreamsApp`. Ordering: `assign` and `abandon` never overlap.
 */
export class Placements<E, A, R> {
  readonly #parts: PlacementParts<E, A, R>;
  readonly #lineage: Lineage;
  readonly #tasks = new Map<number, StreamTask<E, A, R>>();
  readonly #standbys = new Map<number, StandbyTask>();
  /** Stores that were closed here, as of then. */
  readonly #closed = new Map<number, Offset>();
  #lookedAt: Promise<unknown> = Promise.resolve();

  /** @param lineage What every state belongs to that is made or opened here. */
  constructor(parts: PlacementParts<E, A, R>, lineage: Lineage) {
    this.#parts = parts;
    this.#lineage = lineage;
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
    const { ports, topology } = this.#parts;
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
    return held;
  }

  /** Makes it so; resolves when everything that is not ours any more is committed and closed. */
  async assign(assignment: TaskAssignment): Promise<void> {
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

  /** Drops what the tasks have done since their last commits. Standbys harm nobody and stay. */
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
    if (wanted === "standby") this.#openStandby(partition);
    else await this.#closeStandby(partition);
  }

  async #openTask(partition: number, handedOver: boolean): Promise<void> {
    if (this.#tasks.has(partition)) return;
    const inherited = await this.#standbys.get(partition)?.promote();
    this.#standbys.delete(partition);
    this.#closed.delete(partition);
    const { ports, topology, settings, listener } = this.#parts;
    const place = {
      ...this.#storePlace(partition),
      repartition: topology.repartition
        ? {
          topic: repartitionTopic(settings.application),
          partition,
          partitions: this.#lineage.partitions,
        }
        : undefined,
    };
    const task = new StreamTask(ports, topology, place, settings, listener, {
      inherited,
      handedOver,
    });
    this.#tasks.set(partition, task);
    task.start();
  }

  #openStandby(partition: number): void {
    if (this.#standbys.has(partition)) return;
    this.#closed.delete(partition);
    const { ports, onTurn } = this.#parts;
    const standby = new StandbyTask(ports, this.#storePlace(partition), onTurn);
    this.#standbys.set(partition, standby);
    standby.start();
  }

  async #closeTask(partition: number): Promise<void> {
    const task = this.#tasks.get(partition);
    if (task === undefined) return;
    await task.close(this.#parts.settings.closeBoundMs);
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
    const { topology: { source, store }, settings } = this.#parts;
    return {
      input: { topic: source.topic, partition },
      changelog: { topic: changelogTopic(settings.application, store), partition },
      lineage: this.#lineage,
    };
  }
}
