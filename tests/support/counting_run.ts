import { jsonEngineCodecs } from "../../src/streams/state/json_engine_codecs.ts";
import assert from "node:assert/strict";
import { type Clock, systemClock } from "../../src/base/clock.ts";
import { type Logger, silentLogger } from "../../src/base/logger.ts";
import { seededRandom } from "../../src/base/random.ts";
import {
  type AssignmentListener,
  type GroupMembership,
  noTasks,
  type Sink,
  type StateStores,
} from "../../src/streams/ports.ts";
import { StreamsApp } from "../../src/streams/app/streams_app.ts";
import { changelogTopic, type Topology } from "../../src/streams/topology/topology.ts";
import type { ItemCounts } from "../../src/streams/item_counts.ts";
import {
  type CountingRow,
  countingTopology,
  type Measurement,
  measurementRecord,
  rowKey,
  type Total,
} from "./counting_topology.ts";
import { MemoryLog } from "../../src/streams/testing/memory_log.ts";
import { MemoryStores } from "../../src/streams/testing/memory_stores.ts";

/** The process dies here. */
export class Crash extends Error {
  override readonly name = "Crash";
}

/** A sink that keeps the newest row by write time, as Cassandra does, and every write in order. */
export class CountingSink implements Sink<CountingRow> {
  readonly rows: Map<string, CountingRow> = new Map();
  readonly violations: string[] = [];
  hook: (step: "before-write" | "after-write", rows: readonly CountingRow[]) => void = () => {};

  async write(rows: readonly CountingRow[]): Promise<void> {
    await Promise.resolve();
    this.hook("before-write", rows);
    for (const row of rows) this.#upsert(row);
    this.hook("after-write", rows);
  }

  #upsert(row: CountingRow): void {
    const id = rowKey(row);
    const present = this.rows.get(id);
    if (present !== undefined && present.versionUs === row.versionUs) {
      const [a, b] = [JSON.stringify(present), JSON.stringify(row)];
      if (a !== b) this.violations.push(`same write time, other bytes: ${a} and ${b}`);
    }
    if (present === undefined || row.versionUs >= present.versionUs) this.rows.set(id, row);
  }
}

/** A group of one that a test can tell what is its own. */
export class TestMembership implements GroupMembership {
  readonly #joined = Promise.withResolvers<AssignmentListener>();
  readonly #partitions: readonly number[];

  constructor(partitions: readonly number[]) {
    this.#partitions = partitions;
  }

  /** The application's listener, once it has joined. */
  get listener(): Promise<AssignmentListener> {
    return this.#joined.promise;
  }

  ownerOf(_partition: number): undefined {
    return undefined;
  }

  /** How often the application asked the group to rebalance. */
  reconsiderations = 0;

  reconsider(): void {
    this.reconsiderations += 1;
  }

  async run(_topic: string, listener: AssignmentListener, signal: AbortSignal): Promise<void> {
    await listener.assigned({ ...noTasks, active: this.#partitions });
    this.#joined.resolve(listener);
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener("abort", () => resolve());
    });
    await listener.assigned(noTasks);
  }
}

/** Everything that outlives a process of the counting job. */
export class CountingWorld {
  readonly log: MemoryLog = new MemoryLog();
  readonly stores: MemoryStores = new MemoryStores();
  readonly sink: CountingSink = new CountingSink();
  partitions: number;
  /** What the next process runs. */
  topology: Topology<Measurement, Total, CountingRow>;
  logger: Logger = silentLogger;
  clock: Clock = systemClock;
  /** Stores to use in place of those in memory. */
  givenStores: StateStores | undefined;
  /** Greatest write time of the sink's rows where input may be gone, microseconds. */
  rowsVersionUs: number | undefined;

  constructor(
    options: Parameters<typeof countingTopology>[0] & { readonly partitions?: number } = {},
  ) {
    this.partitions = options.partitions ?? 2;
    this.topology = countingTopology(options);
    const names = ["input", "input-late", "input-dead-letters", changelogTopic("app", "totals")];
    for (const name of names) this.log.createTopic(name, this.partitions);
    this.log.readRecordsMax = 7;
  }

  /** Appends one record per list of measurements. */
  async feed(records: readonly (readonly Measurement[])[], receivedAtMs: number): Promise<void> {
    await this.log.append(records.map((events, i) => measurementRecord(events, receivedAtMs + i)));
  }

  /** A process of the job that commits after every read. */
  app(membership?: GroupMembership): StreamsApp<Measurement, Total, CountingRow> {
    const partitions = Array.from({ length: this.partitions }, (_, i) => i);
    return new StreamsApp(
      this.topology,
      {
        log: this.log,
        commitLog: this.log.commitLogOf("app"),
        stores: this.givenStores ?? this.stores,
        sink: this.sink,
        codecs: jsonEngineCodecs,
        clock: this.clock,
        random: seededRandom(1),
        logger: this.logger,
        rowsVersionUs: this.rowsVersionUs,
      },
      membership ?? new TestMembership(partitions),
      {
        application: "app",
        commitIntervalMs: 0,
        pendingRowsMax: 1_000,
        closeBoundMs: 1_000,
        stateCleanupDelayMs: 600_000,
      },
    );
  }

  /** Runs a process until everything is committed, or it dies. */
  async runToEnd(): Promise<"done" | "crashed"> {
    const stop = new AbortController();
    const app = this.app();
    const running = app.run(stop.signal);
    const outcome = await this.#outcome(app);
    stop.abort();
    await running;
    if (outcome === "crashed") this.stores.died();
    return outcome;
  }

  async #outcome(app: StreamsApp<Measurement, Total, CountingRow>): Promise<"done" | "crashed"> {
    for (let turn = 0; turn < 10_000; turn++) {
      await new Promise<void>((resolve) => setTimeout(resolve, 0));
      if (app.tasks.some(({ problem }) => problem?.includes("crash") ?? false)) return "crashed";
      if (await this.#caughtUp(app)) return "done";
    }
    assert.fail(`the job does not end: ${JSON.stringify(app.tasks)}`);
  }

  async #caughtUp(app: StreamsApp<Measurement, Total, CountingRow>): Promise<boolean> {
    if (app.tasks.length < this.partitions) return false;
    for (const { partition, committedOffset, state } of app.tasks) {
      const { endOffset } = await this.log.bounds({ topic: "input", partition });
      if (state !== "running" || (committedOffset ?? 0) < endOffset) return false;
    }
    return true;
  }

  /** Counters of all partitions together, from the state itself. */
  counts(): ItemCounts {
    const metas = this.stores.contents().filter(([, key]) => key === "6d");
    const total = { read: 0, aggregated: 0, late: 0, deadLetters: 0, duplicates: 0, rekeyed: 0 };
    for (const [, , value] of metas) {
      const bytes = Uint8Array.from(value.match(/../g) ?? [], (pair) => parseInt(pair, 16));
      const { counts }: { counts: ItemCounts } = JSON.parse(new TextDecoder().decode(bytes));
      for (const name of Object.keys(total) as (keyof ItemCounts)[]) total[name] += counts[name];
    }
    return total;
  }
}
