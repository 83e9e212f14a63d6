import { assert } from "../base/assert.ts";
import { PipelineError } from "../base/errors.ts";
import { decodeState } from "./codec.ts";
import type { GroupMembership, KeyRange, RebalanceListener } from "./ports.ts";
import { partitionForKey } from "./partitioner.ts";
import type { TopicPartition } from "./record.ts";
import { StreamTask, type TaskSettings } from "./stream_task.ts";
import type { TaskStatus } from "./status.ts";
import { type KeyTime, keyTimes } from "./key_times.ts";
import { rollUpRange, windowRange, windowStartOf } from "./store_keys.ts";
import type { TaskListener } from "./task_listener.ts";
import type { StreamsPorts } from "./task_session.ts";
import { encodeText } from "./text.ts";
import { changelogTopic, repartitionTopic, type Topology, type WindowResult } from "./topology.ts";

/** Settings of an application's instance. */
export interface AppSettings extends TaskSettings {
  /** Names the group, the internal topics and the transactional ids. */
  readonly application: string;
  /** How long tasks may take to commit when they are revoked or closed, ms. */
  readonly closeBoundMs: number;
}

/** Which windows of a key are asked for. */
export interface WindowQuery {
  /** Epoch ms, inclusive, >= 0. */
  readonly fromMs: number;
  /** Epoch ms, exclusive. */
  readonly toMs: number;
  readonly limit: number;
  /** Length of the windows, ms: the aggregated ones without it, else one of the roll-ups'. */
  readonly sizeMs?: number;
}

/**
 * One instance of an application: a task per partition that the group gives it.
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
  readonly #tasks = new Map<number, StreamTask<E, A, R>>();
  readonly #listeners = new Set<TaskListener<R>>();
  #partitionCount = 0;
  #joined = false;

  constructor(
    topology: Topology<E, A, R>,
    ports: StreamsPorts<R>,
    membership: GroupMembership,
    settings: AppSettings,
  ) {
    this.#topology = topology;
    this.#ports = ports;
    this.#membership = membership;
    this.#settings = settings;
  }

  /** This instance's tasks by partition. */
  get tasks(): readonly TaskStatus[] {
    return [...this.#tasks.values()].map((task) => task.status)
      .sort((a, b) => a.partition - b.partition);
  }

  /** True once the group has said what is ours, be it nothing. */
  get joined(): boolean {
    return this.#joined;
  }

  /** Tells of every task's turns from now on; returns how to stop that. */
  listen(listener: TaskListener<R>): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Takes part in the group until the signal fires.
   *
   * @throws {PipelineError} `TOPIC_UNSUITABLE` if input and changelog do not fit together.
   */
  async run(signal: AbortSignal): Promise<void> {
    const { topic } = this.#topology.source;
    this.#partitionCount = await this.#ports.log.partitionCount(topic);
    await this.#checkInternalTopics();
    await this.#membership.run(topic, this.#rebalanceListener(), signal);
  }

  /**
   * The committed windows of a key that start in `[fromMs, toMs)`, oldest first; of more than
   * `limit` the newest.
   *
   * @returns `undefined` when the key's partition is not open here.
   * @throws {InvariantError} If the job has no windows of that length.
   */
  async windows(
    key: string,
    query: WindowQuery,
  ): Promise<WindowResult<A>[] | undefined> {
    if (this.#partitionCount === 0) return undefined;
    const partition = partitionForKey(encodeText(key), this.#partitionCount);
    const store = this.#tasks.get(partition)?.session?.store;
    if (store === undefined) return undefined;
    const results: WindowResult<A>[] = [];
    const { windowCodec, windows } = this.#topology;
    const { sizeMs = windows.sizeMs, limit } = query;
    const range = this.#rangeOf(key, { ...query, sizeMs });
    for await (const entry of store.scan({ ...range, reverse: true, limit })) {
      const startMs = windowStartOf(entry.key);
      const state = decodeState(windowCodec, entry.value);
      results.push({ key, startMs, endMs: startMs + sizeMs, state });
    }
    return results.reverse();
  }

  /**
   * Where the other instance that owns a key answers queries.
   *
   * @see Kafka Streams KafkaStreams#queryMetadataForKey
   */
  addressOf(key: string): string | undefined {
    if (this.#partitionCount === 0) return undefined;
    const partition = partitionForKey(encodeText(key), this.#partitionCount);
    return this.#membership.addressOf(partition);
  }

  /** The keys of an open partition with their time; none if it is not open here. */
  async keys(partition: number): Promise<KeyTime[]> {
    const store = this.#tasks.get(partition)?.session?.store;
    return store === undefined
      ? []
      : await Array.fromAsync(keyTimes(store, this.#ports.codecs.keyState));
  }

  #rangeOf(key: string, { fromMs, toMs, sizeMs }: Required<WindowQuery>): KeyRange {
    const { windows, rollUps } = this.#topology;
    if (sizeMs === windows.sizeMs) return windowRange(key, fromMs, toMs);
    assert(rollUps.levels.some((level) => level.sizeMs === sizeMs), `no windows of ${sizeMs} ms`);
    return rollUpRange(key, sizeMs, fromMs, toMs);
  }

  async #checkInternalTopics(): Promise<void> {
    const { application } = this.#settings;
    const { store, repartition } = this.#topology;
    const topics = [changelogTopic(application, store)];
    if (repartition) topics.push(repartitionTopic(application));
    for (const topic of topics) {
      const count = await this.#ports.log.partitionCount(topic);
      if (count === this.#partitionCount) continue;
      throw new PipelineError(
        "TOPIC_UNSUITABLE",
        `Cannot use ${topic} as it must have as many partitions as the input ` +
          `(${this.#partitionCount}): it has ${count}`,
      );
    }
  }

  #rebalanceListener(): RebalanceListener {
    const { closeBoundMs } = this.#settings;
    return {
      rebalancing: async () => {
        await Promise.all([...this.#tasks.values()].map((task) => task.suspend(closeBoundMs)));
      },
      assigned: async (partitions) => {
        const gone = [...this.#tasks].filter(([partition]) => !partitions.includes(partition));
        await Promise.all(gone.map(([, task]) => task.close(closeBoundMs)));
        for (const [partition] of gone) this.#tasks.delete(partition);
        for (const task of this.#tasks.values()) task.resume();
        for (const partition of partitions) this.#open(partition);
        this.#joined = true;
      },
      lost: async () => {
        this.#joined = false;
        await Promise.all([...this.#tasks.values()].map((task) => task.abandon()));
        this.#tasks.clear();
      },
    };
  }

  #open(partition: number): void {
    if (this.#tasks.has(partition)) return;
    const { application } = this.#settings;
    const { source, store, repartition } = this.#topology;
    const place = {
      input: { topic: source.topic, partition },
      changelog: { topic: changelogTopic(application, store), partition },
      repartition: repartition
        ? { topic: repartitionTopic(application), partition, partitions: this.#partitionCount }
        : undefined,
    };
    const task = new StreamTask(
      this.#ports,
      this.#topology,
      place,
      this.#settings,
      this.#broadcast(),
    );
    this.#tasks.set(partition, task);
    task.start();
  }

  #broadcast(): TaskListener<R> {
    const all = (tell: (listener: TaskListener<R>) => void) => this.#listeners.forEach(tell);
    return {
      opened: (input: TopicPartition) => all((l) => l.opened(input)),
      fetched: (input, records) => all((l) => l.fetched(input, records)),
      committed: (input, report) => all((l) => l.committed(input, report)),
      failed: (input, error) => all((l) => l.failed(input, error)),
      closed: (input: TopicPartition) => all((l) => l.closed(input)),
    };
  }
}
