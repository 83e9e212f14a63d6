import { assert } from "../../base/assert.ts";
import { silentLogger } from "../../base/logger.ts";
import { seededRandom } from "../../base/random.ts";
import { resultsIntervalMs } from "../task/results_under_way.ts";
import { jobTopics } from "../topology/job_topics.ts";
import { jsonEngineCodecs } from "../state/json_engine_codecs.ts";
import type { Headers, LogRecord } from "../record.ts";
import { deadLetterTopic, lateTopic } from "../side_output.ts";
import { type EngineCodecs, noItems } from "../state/state.ts";
import { type HeldState, noTasks, type TaskAssignment } from "../ports.ts";
import type { ItemCounts } from "../item_counts.ts";
import type { StandbyStatus, TaskStatus } from "../task/status.ts";
import type { AppSettings, WindowQuery } from "../app/streams_app.ts";
import { encodeText } from "../text.ts";
import {
  changelogTopic,
  type KeyResult,
  type Topology,
  type WindowResult,
} from "../topology/topology.ts";
import type { Operation } from "./gated_ports.ts";
import { MemoryLog } from "./memory_log.ts";
import { MemoryStores } from "./memory_stores.ts";
import { type PlannedFailure, PlannedFailures } from "./planned_failures.ts";
import { RecordingSink } from "./recording_sink.ts";
import { settle, SimulatedClock } from "./simulated_clock.ts";
import { TestInstance } from "./test_instance.ts";

/** How a topology is run in a test. */
export interface TestDriverOptions {
  /** Partitions of the input; 1 without it. */
  readonly partitions?: number;
  /** Instances of the application; 1 without it. */
  readonly instances?: number;
  /** Seed of everything that is random, such as pauses between tries. */
  readonly seed?: number;
  /** Wall clock at the start, epoch ms. */
  readonly startMs?: number;
  /** How the engine's own state is written; as JSON without it. */
  readonly codecs?: EngineCodecs;
  /** As of `AppSettings`; a second without it. */
  readonly commitIntervalMs?: number;
  /** As of `AppSettings`. */
  readonly pendingRowsMax?: number;
}

/** A record of the input; texts are sent as UTF-8. */
export interface TestInput {
  /** `null` for none. */
  readonly key: string | Uint8Array | null;
  /** `null` is a tombstone. */
  readonly value: string | Uint8Array | null;
  /** Epoch ms; now without it. */
  readonly timestampMs?: number;
  /** By the key without it. */
  readonly partition?: number;
  /** The job's first input without it. */
  readonly topic?: string;
  /** None without it. */
  readonly headers?: Headers;
}

const application = "test";
const allWindows: WindowQuery = {
  fromMs: 0,
  toMs: Number.MAX_SAFE_INTEGER,
  limit: Number.MAX_SAFE_INTEGER,
};

/**
 * Runs a topology in process: one or more instances of the application over a log, stores and a
 * sink in memory. Nothing happens by itself: time moves only in `advance` and `commit`, so a test
 * says what is processed, committed, restored and lost, and always sees the same.
 *
 * The instances are the engine itself, with its cache, commits, restores and rebalances. At the
 * start the first one owns every partition.
 *
 * Owner: the test, which closes it with `await using`.
 *
 * @see Kafka Streams TopologyTestDriver; differs: it knows caches, commits, crashes, several
 *   instances and failures.
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { job, json, stream, tumbling } from "../mod.ts";
 *
 * const counts = stream("clicks", json<string>())
 *   .keyBy((user) => user)
 *   .window(tumbling("1s", { retention: "10s" }))
 *   .count("counts");
 * const clicks = job("clicks")
 *   .write(counts.map(({ startMs, value }) => `${startMs}: ${value}`));
 *
 * await using driver = await TopologyTestDriver.start(clicks);
 * await driver.pipe({ key: "a", value: '"a"', timestampMs: 1_500 });
 * await driver.commit();
 * await driver.pipe({ key: "a", value: '"a"', timestampMs: 1_600 });
 * await driver.crash(); // the second click was processed, but not committed
 * assert.deepEqual(driver.rows, ["1000: 1"]);
 * await driver.restart(); // writes the results of the last commit again: they may be missing
 * await driver.commit();
 * assert.deepEqual(driver.rows, ["1000: 1", "1000: 1", "1000: 2"]);
 * ```
 */
export class TopologyTestDriver<E, A, R> implements AsyncDisposable {
  /** Shows the time of all instances; `advance` of the driver moves it. */
  readonly clock: SimulatedClock;
  /** Every topic, for tests that want more than the methods show. */
  readonly log: MemoryLog = new MemoryLog();
  #topology: Topology<E, A, R>;
  readonly #options: TestDriverOptions;
  readonly #settings: AppSettings;
  readonly #sink = new RecordingSink<R>();
  readonly #stores: readonly MemoryStores[];
  readonly #instances: TestInstance<E, A, R>[] = [];
  readonly #failures = new PlannedFailures((instance) => this.#kill(instance));
  #assignment: readonly TaskAssignment[];

  private constructor(topology: Topology<E, A, R>, options: TestDriverOptions) {
    const { partitions = 1, instances = 1, commitIntervalMs = 1_000 } = options;
    this.#topology = topology;
    this.#options = options;
    this.#settings = {
      application,
      commitIntervalMs,
      pendingRowsMax: options.pendingRowsMax ?? 10_000,
      closeBoundMs: 10_000,
      stateCleanupDelayMs: 600_000,
    };
    this.clock = new SimulatedClock(options.startMs);
    this.#stores = Array.from({ length: instances }, () => new MemoryStores());
    const all = Array.from({ length: partitions }, (_, partition) => partition);
    this.#assignment = this.#stores.map((_, i) => i === 0 ? { ...noTasks, active: all } : noTasks);
    for (const { name } of jobTopics(application, topology)) this.log.createTopic(name, partitions);
  }

  /** Starts every instance; the first one owns every partition. */
  static async start<E, A, R>(
    topology: Topology<E, A, R>,
    options: TestDriverOptions = {},
  ): Promise<TopologyTestDriver<E, A, R>> {
    const driver = new TopologyTestDriver(topology, options);
    for (const instance of driver.#stores.keys()) await driver.restart(instance);
    return driver;
  }

  /** Appends records to the inputs and lets the owners of their partitions process them. */
  async pipe(...inputs: readonly TestInput[]): Promise<void> {
    const { topic } = this.#topology.source;
    await this.log.append(inputs.map(({ key, value, timestampMs, ...rest }) => ({
      topic,
      key: bytes(key),
      value: bytes(value),
      timestampMs: timestampMs ?? this.clock.nowMs(),
      ...rest,
    })));
    await this.#quiet();
  }

  /** Lets wall-clock time pass: commits fall due, what failed is tried again. */
  async advance(ms: number): Promise<void> {
    await this.clock.advance(ms);
    await this.#quiet();
  }

  /**
   * Lets the commit interval pass, so that everything processed is committed; a second more where
   * results of an earlier commit were written just before.
   */
  async commit(): Promise<void> {
    await this.advance(this.#settings.commitIntervalMs);
    const tasks = this.#instances.flatMap(({ alive, app }) => alive ? app.tasks : []);
    if (tasks.some(({ resultsUnderWay }) => resultsUnderWay)) await this.advance(resultsIntervalMs);
  }

  /**
   * Makes the next meeting of the engine with the world go wrong.
   *
   * @param operation Where; `before-end` is the last moment before a transaction is committed,
   *   `after-end` the first one after it.
   */
  failNext(operation: Operation, failure: PlannedFailure = {}): void {
    this.#failures.add(operation, failure);
  }

  /** Takes back what `failNext` planned and has not happened yet. */
  failNoMore(): void {
    this.#failures.clear();
  }

  /** Ends an instance from one moment to the next, as kill -9 does. */
  async crash(
    instance = 0,
    { state = "kept" }: { readonly state?: "kept" | "deleted" } = {},
  ): Promise<void> {
    this.#kill(instance);
    if (state === "deleted") this.#stores[instance]?.wipe();
    await this.#quiet();
  }

  /** Stops an instance as a signal does: it commits and closes everything first. */
  async stop(instance = 0): Promise<void> {
    const stopping = this.#instance(instance).stop();
    await this.#quiet();
    await stopping;
  }

  /**
   * Starts an instance that crashed or was stopped; it gets the partitions that it had.
   *
   * @param topology The job from now on, where its settings or its code have changed.
   */
  async restart(instance = 0, topology: Topology<E, A, R> = this.#topology): Promise<void> {
    assert(!this.#instances[instance]?.alive, `instance ${instance} must not run: it does`);
    this.#topology = topology;
    const started = new TestInstance({
      topology: this.#topology,
      log: this.log,
      stores: this.#storesOf(instance),
      ports: {
        sink: this.#sink,
        codecs: this.#options.codecs ?? jsonEngineCodecs,
        clock: this.clock,
        random: seededRandom((this.#options.seed ?? 1) + instance),
        logger: silentLogger,
      },
      settings: this.#settings,
      gate: (operation) => this.#failures.meet(instance, operation),
    });
    this.#instances[instance] = started;
    await (await started.listener).assigned(this.#assignment[instance] ?? noTasks);
    await this.#quiet();
  }

  /**
   * Redistributes the partitions, while all continue.
   *
   * @param active Partitions that each instance processes.
   * @param options.standbys Partitions of which each instance keeps the state at hand.
   * @param options.warmUps Partitions that each instance is to process once it is current.
   * @param options.handedOver Partitions for whose former owners' last commits each instance waits.
   * @param options.untold Instances that the group takes for dead and that do not know it yet: they
   *   continue with what they had, until `tellLost`.
   */
  async rebalance(
    active: readonly (readonly number[])[],
    { standbys = [], warmUps = [], handedOver = [], untold = [] }: {
      readonly standbys?: readonly (readonly number[])[];
      readonly warmUps?: readonly (readonly number[])[];
      readonly handedOver?: readonly (readonly number[])[];
      readonly untold?: readonly number[];
    } = {},
  ): Promise<void> {
    const told = [...this.#instances.entries()]
      .filter(([instance, { alive }]) => alive && !untold.includes(instance));
    this.#assignment = this.#stores.map((_, instance) => ({
      active: active[instance] ?? [],
      standbys: standbys[instance] ?? [],
      warmUps: warmUps[instance] ?? [],
      handedOver: handedOver[instance] ?? [],
    }));
    await this.#eachOf(told, async ([instance, { listener }]) => {
      await (await listener).assigned(this.#assignment[instance] ?? noTasks);
    });
  }

  /** Tells an instance that it was taken for dead. */
  async tellLost(instance: number): Promise<void> {
    await this.#eachOf([this.#instance(instance)], async ({ listener }) => {
      await (await listener).lost();
    });
  }

  /** Every row that reached the sink, in order, repeated ones included. */
  get rows(): readonly R[] {
    return this.#sink.rows;
  }

  /** Committed records of the late topic. */
  get late(): readonly LogRecord[] {
    return this.log.visible(lateTopic(this.#topology.source.topic));
  }

  /** Committed records of the dead-letter topic. */
  get deadLetters(): readonly LogRecord[] {
    return this.log.visible(deadLetterTopic(this.#topology.source.topic));
  }

  /** Committed records of the changelog. */
  get changelog(): readonly LogRecord[] {
    return this.log.visible(changelogTopic(application, this.#topology.store));
  }

  /** What became of everything read, as of the last commits of the open tasks. */
  get counts(): ItemCounts {
    const total = { ...noItems };
    for (const { counts } of this.#stores.keys().flatMap((instance) => this.tasks(instance))) {
      for (const name of Object.keys(total) as (keyof ItemCounts)[]) total[name] += counts[name];
    }
    return total;
  }

  /** The tasks of an instance. */
  tasks(instance = 0): readonly TaskStatus[] {
    const { alive, app } = this.#instance(instance);
    return alive ? app.tasks : [];
  }

  /** The standbys of an instance. */
  standbys(instance = 0): readonly StandbyStatus[] {
    const { alive, app } = this.#instance(instance);
    return alive ? app.standbys : [];
  }

  /** What an instance reports to the group. */
  async held(instance = 0): Promise<ReadonlyMap<number, HeldState>> {
    return await (await this.#instance(instance).listener).held();
  }

  /** How often an instance asked the group to rebalance. */
  reconsiderations(instance = 0): number {
    return this.#instance(instance).reconsiderations;
  }

  /** The committed windows of a key, oldest first, wherever they are open; none if nowhere. */
  async windows(key: string, query: Partial<WindowQuery> = {}): Promise<WindowResult<A>[]> {
    for (const { alive, app } of this.#instances) {
      const windows = alive ? await app.windows(key, { ...allWindows, ...query }) : undefined;
      if (windows !== undefined) return windows;
    }
    return [];
  }

  /** What a job without windows has of a key, as of the last commit, wherever it is open. */
  async value(key: string): Promise<KeyResult<A> | undefined> {
    return (await this.windows(key))[0];
  }

  /** Stops every instance. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#failures.clear();
    const running = this.#instances.filter(({ alive }) => alive);
    await this.#eachOf(running, (instance) => instance.stop());
  }

  #instance(instance: number): TestInstance<E, A, R> {
    const found = this.#instances[instance];
    assert(found !== undefined, `there is no instance ${instance}`);
    return found;
  }

  #storesOf(instance: number): MemoryStores {
    const stores = this.#stores[instance];
    assert(stores !== undefined, `there is no instance ${instance}`);
    return stores;
  }

  #kill(instance: number): void {
    this.#instance(instance).die();
    this.#storesOf(instance).died();
  }

  /** Does something with all at the same time, letting time pass for as long as it takes. */
  async #eachOf<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
    let done = false;
    const doing = Promise.all(all.map(work)).finally(() => done = true);
    await this.#quiet();
    while (!done && await this.clock.step());
    await doing;
    await this.#quiet();
  }

  /** Waits until no instance has anything left to do at this moment. */
  async #quiet(): Promise<void> {
    for (let before = -1; before !== this.#operations();) {
      before = this.#operations();
      await settle();
    }
  }

  #operations(): number {
    return this.#instances.reduce((sum, { operations }) => sum + operations, 0);
  }
}

function bytes(value: string | Uint8Array | null): Uint8Array | null {
  return typeof value === "string" ? encodeText(value) : value;
}
