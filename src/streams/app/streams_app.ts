import { patiently } from "../../base/patience.ts";
import { TaskManager } from "../task/task_manager.ts";
import {
  type Addresses,
  type AssignmentListener,
  type GroupMembership,
  type HeldState,
} from "../ports.ts";
import { partitionForKey } from "../partitioner.ts";
import type { TopicPartition } from "../record.ts";
import type { TaskSettings } from "../task/stream_task.ts";
import type { StandbyStatus, TaskStatus } from "../task/status.ts";
import { CacheBudget } from "../state/cache_budget.ts";
import { GlobalTables } from "../task/global_tables.ts";
import { LineageWatch, refuseOtherPositions } from "../task/lineage_watch.ts";
import { type Lineage, type LineageTopics, presentLineage } from "../state/lineage.ts";
import type { KeyTime } from "../topology/key_state.ts";
import { type OpenKey, openKey, storedWindows } from "../state/stored_windows.ts";
import { type TaskListener, wantsRows } from "../task/task_listener.ts";
import type { TaskSession } from "../task/task_session.ts";
import type { StreamsPorts } from "../task/streams_ports.ts";
import { encodeText } from "../text.ts";
import { checkTopics } from "../topology/check_topics.ts";
import { jobTopics } from "../topology/job_topics.ts";
import {
  changelogTopic,
  type KeyResult,
  otherInputs,
  repartitionTopic,
  type Topology,
  type WindowResult,
} from "../topology/topology.ts";

/** Settings of an application's instance. */
export interface AppSettings extends TaskSettings {
  /** Names the group, the internal topics and the transactional ids. */
  readonly application: string;
  /** How long tasks may take to commit when they are revoked or closed, ms. */
  readonly closeBoundMs: number;
  /** How long the store of a partition is kept that has moved to another instance, ms. */
  readonly stateCleanupDelayMs: number;
}

/** Which windows of a key are asked for. */
export interface WindowQuery {
  /** Epoch ms, inclusive, >= 0. */
  readonly fromMs: number;
  /** Epoch ms, exclusive. */
  readonly toMs: number;
  /** At most so many, the newest. */
  readonly limit: number;
  /** Length of the windows, ms: the aggregated ones without it, else one of the roll-ups'. */
  readonly sizeMs?: number;
}

/**
 * One instance of an application: a task per partition that the group gives it to process, and a
 * standby per partition whose state it is to keep at hand.
 *
 * @example
 * ```ts ignore
 * const app = new StreamsApp(topology, ports, membership, settings);
 * await app.run(signal); // until the signal fires; tasks are committed and closed then
 * ```
 */
export class StreamsApp<E, A, R> {
  readonly #topology: Topology<E, A, R>;
  readonly #ports: StreamsPorts<R>;
  readonly #membership: GroupMembership;
  readonly #settings: AppSettings;
  readonly #listeners = new Set<TaskListener<R>>();
  #partitionCount = 0;
  #taskManager: TaskManager<E, A, R> | undefined;
  #warmUps: readonly number[] = [];
  /** Partitions that were reported to the group as current here. */
  #toldCurrent: ReadonlySet<number> = new Set();
  #joined = false;
  #startProblem: string | undefined;

  /** Connects to nothing before `run`. */
  constructor(
    topology: Topology<E, A, R>,
    ports: StreamsPorts<R>,
    membership: GroupMembership,
    settings: AppSettings,
  ) {
    this.#topology = topology;
    this.#ports = { budget: new CacheBudget(), ...ports };
    this.#membership = membership;
    this.#settings = settings;
  }

  /** This instance's tasks by partition. */
  get tasks(): readonly TaskStatus[] {
    return byPartition(this.#taskManager?.tasks ?? []);
  }

  /** This instance's standbys by partition. */
  get standbys(): readonly StandbyStatus[] {
    return byPartition(this.#taskManager?.standbys ?? []);
  }

  /** Partitions of the input; 0 until it is known how many there are. */
  get partitionCount(): number {
    return this.#partitionCount;
  }

  /** True once the group has said what is ours, be it nothing. */
  get joined(): boolean {
    return this.#joined;
  }

  /** What stands in the way of joining, as far as known. */
  get joinProblem(): string | undefined {
    return this.#startProblem ?? this.#membership.problem;
  }

  /** Tells of every task's turns from now on; returns how to stop that. */
  listen(listener: TaskListener<R>): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Takes part in the group until the signal fires.
   *
   * Waits at the start, with a warning every half minute, while the log does not answer.
   *
   * @throws {PipelineError} `TOPIC_UNSUITABLE` if input and changelog do not fit together;
   *   `TOPIC_REPLACED` or `PARTITIONS_CHANGED` if the state is of other topics, at the start or,
   *   within half a minute, while it runs.
   */
  async run(signal: AbortSignal): Promise<void> {
    const { topic } = this.#topology.source;
    const topics = this.#lineageTopics();
    const lineage = await this.#checkedLineage(topics, signal);
    this.#partitionCount = lineage.partitions;
    await using watch = new LineageWatch(this.#ports, lineage, topics);
    await using globals = new GlobalTables(this.#ports, this.#topology.globals);
    const manager = new TaskManager({
      ports: { ...this.#ports, globals },
      topology: this.#topology,
      settings: this.#settings,
      listener: this.#broadcast(watch),
      onTurn: () => this.#considerWarmUps(),
      onUnable: () => this.#membership.reconsider(),
    }, lineage);
    this.#taskManager = manager;
    await manager.takeUp();
    const stop = AbortSignal.any([signal, watch.broken]);
    try {
      await this.#membership.run(topic, this.#assignmentListener(manager), stop);
    } finally {
      await manager.close();
    }
    if (watch.broken.aborted) throw watch.broken.reason;
  }

  /** What the topics are now; waits for a log that does not answer yet. */
  async #checkedLineage(topics: LineageTopics, signal: AbortSignal): Promise<Lineage> {
    const { log, commitLog, clock, random, logger } = this.#ports;
    const checked = async () => {
      const lineage = await presentLineage(log, topics);
      // First, as what is wrong with the state explains what is wrong with the topics.
      refuseOtherPositions(await commitLog.positions(), lineage, topics);
      const job = jobTopics(this.#settings.application, this.#topology);
      await checkTopics(log, job, lineage.partitions);
      return lineage;
    };
    const onWait = (problem: string) => this.#startProblem = problem;
    const options = { clock, random, signal, logger, onWait };
    const lineage = await patiently("look at the topics", checked, options);
    this.#startProblem = undefined;
    return lineage;
  }

  #lineageTopics(): LineageTopics {
    const { source, store, repartition } = this.#topology;
    const { application } = this.#settings;
    return {
      input: source.topic,
      changelog: changelogTopic(application, store),
      repartition: repartition ? repartitionTopic(application) : undefined,
      others: otherInputs(this.#topology),
    };
  }

  /**
   * The committed windows of a key that start in `[fromMs, toMs)`, oldest first; of more than
   * `limit` the newest. Those of which no rows are made, as their input was cut off, are left out.
   *
   * @returns `undefined` when the key's partition is not open here.
   * @throws {InvariantError} If the job has no windows of that length.
   */
  async windows(
    key: string,
    query: WindowQuery,
  ): Promise<WindowResult<A>[] | undefined> {
    return await this.#read(
      this.#partitionOf(key),
      (session) => this.#windowsOf(session, key, query),
    );
  }

  /**
   * The open windows of a key, of every length, as of the last commit; those of which no rows are
   * made are left out.
   *
   * @returns `undefined` for a key that it does not have, or whose partition is not open here.
   * @throws {PipelineError} As a store does.
   */
  openWindows(key: string): OpenKey<A> | undefined {
    const session = this.#openSession(this.#partitionOf(key));
    return session && openKey(this.#topology, session.store, key, session.wholeFromMs);
  }

  /**
   * What a job without windows has of a key, as of the last commit.
   *
   * @returns `undefined` for a key that it does not have, or whose partition is not open here.
   */
  async value(key: string): Promise<KeyResult<A> | undefined> {
    return (await this.windows(key, { fromMs: 0, toMs: 1, limit: 1 }))?.[0];
  }

  async #windowsOf(
    session: TaskSession<E, A, R>,
    key: string,
    query: WindowQuery,
  ): Promise<WindowResult<A>[]> {
    const { sizeMs = this.#topology.windows.sizeMs } = query;
    const fromMs = Math.min(Math.max(query.fromMs, session.wholeFromMs), query.toMs);
    return await storedWindows(this.#topology, session.store, key, { ...query, fromMs, sizeMs });
  }

  /**
   * Where the other instance that owns a key answers clients, and other instances.
   *
   * @see Kafka Streams KafkaStreams#queryMetadataForKey
   */
  ownerOf(key: string): Addresses | undefined {
    return this.#membership.ownerOf(this.#partitionOf(key));
  }

  /** No partition (NaN) as long as it is not known how many there are. */
  #partitionOf(key: string): number {
    return partitionForKey(encodeText(key), this.#partitionCount);
  }

  /** The keys of an open partition with their time; none if it is not open here. */
  async keys(partition: number): Promise<KeyTime[]> {
    return await this.#read(partition, (session) => Array.fromAsync(session.keys())) ?? [];
  }

  /** A read that the end of its session interrupts has failed as little as one that comes later. */
  async #read<T>(
    partition: number,
    read: (session: TaskSession<E, A, R>) => Promise<T>,
  ): Promise<T | undefined> {
    const session = this.#openSession(partition);
    if (session === undefined) return undefined;
    try {
      return await read(session);
    } catch (error) {
      if (this.#openSession(partition) === session) throw error;
      return undefined;
    }
  }

  #openSession(partition: number): TaskSession<E, A, R> | undefined {
    return this.#taskManager?.task(partition)?.session;
  }

  #assignmentListener(manager: TaskManager<E, A, R>): AssignmentListener {
    return {
      held: async () => {
        const held = await manager.held();
        this.#toldCurrent = new Set([...held].filter(isCurrent).map(([partition]) => partition));
        return held;
      },
      assigned: async (assignment) => {
        this.#warmUps = assignment.warmUps;
        await manager.assign(assignment);
        this.#joined = true;
        this.#considerWarmUps();
      },
      lost: async () => {
        this.#joined = false;
        this.#warmUps = [];
        await manager.abandon();
      },
    };
  }

  /**
   * Asks for the partitions that were promised to us once all of them are current that can be: a
   * rebalance for each would be one too many. What was reported before is no news.
   *
   * @see Kafka Streams' probing rebalances (KIP-441), which ask by the clock instead.
   */
  #considerWarmUps(): void {
    const standbys = this.#warmUps.map((partition) => this.#taskManager?.standby(partition))
      .filter((standby) => standby !== undefined);
    const ready = standbys.filter(({ held }) => held?.current === true);
    const underWay = standbys.some((standby) =>
      standby.status.state !== "failed" && !ready.includes(standby)
    );
    const news = ready.some(({ status }) => !this.#toldCurrent.has(status.partition));
    if (news && !underWay) this.#membership.reconsider();
  }

  #broadcast(watch: LineageWatch): TaskListener<R> {
    const listeners = this.#listeners;
    const all = (tell: (listener: TaskListener<R>) => void) => listeners.forEach(tell);
    return {
      opened: (input: TopicPartition) => all((l) => l.opened(input)),
      fetched: (input, records) => all((l) => l.fetched(input, records)),
      committed: (input, report) => all((l) => l.committed(input, report)),
      rows: (input, rows) => all((l) => wantsRows(l) && l.rows?.(input, rows)),
      wantsRows: () => [...listeners].some(wantsRows),
      failed(input, error) {
        watch.failed(error);
        all((l) => l.failed(input, error));
      },
      closed: (input: TopicPartition) => all((l) => l.closed(input)),
    };
  }
}

function isCurrent([, { current }]: [number, HeldState]): boolean {
  return current;
}

function byPartition<S extends { readonly partition: number }>(
  placed: readonly { readonly status: S }[],
): S[] {
  return placed.map(({ status }) => status).sort((a, b) => a.partition - b.partition);
}
