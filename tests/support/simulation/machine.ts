import { CacheBudget } from "../../../src/streams/state/cache_budget.ts";
import { jsonEngineCodecs } from "../../../src/streams/state/json_engine_codecs.ts";
import type { Clock } from "../../../src/base/clock.ts";
import { PipelineError } from "../../../src/base/errors.ts";
import { OwnedStores } from "../../../src/streams/assignment/owned_stores.ts";
import {
  SharedMembership,
  type ThreadMembership,
} from "../../../src/streams/assignment/shared_membership.ts";
import type {
  CommitLog,
  FencedWriter,
  GroupMembership,
  PartitionReader,
  RecordLog,
  StateStores,
} from "../../../src/streams/ports.ts";
import type { TaskStatus } from "../../../src/streams/task/status.ts";
import type { TaskListener } from "../../../src/streams/task/task_listener.ts";
import type { LogRecord, TopicPartition } from "../../../src/streams/record.ts";
import { StreamsApp } from "../../../src/streams/app/streams_app.ts";
import {
  gatedCommitLog,
  gatedLog,
  gatedSink,
  gatedStores,
  type Operation,
} from "../../../src/streams/testing/gated_ports.ts";
import { MemoryStores } from "../../../src/streams/testing/memory_stores.ts";
import type { ModelRules } from "./model_rules.ts";
import type { Member } from "./group.ts";
import { type SimulatedRow, sinkOf } from "./sink.ts";
import { withSlowScans } from "./slow_scans.ts";
import type { Surroundings } from "./surroundings.ts";

/** A computer: its disk outlives its processes. */
export class Machine {
  readonly name: string;
  readonly disk: MemoryStores = new MemoryStores();
  readonly #world: Surroundings;
  #lives = 0;
  process: SimulatedProcess | undefined;

  constructor(world: Surroundings, name: string) {
    this.#world = world;
    this.name = name;
  }

  start(): void {
    this.process = new SimulatedProcess(this.#world, this, `${this.name}.${++this.#lives}`);
  }

  /** The process is gone from one moment to the next; the group notices after a while. */
  crash(state: "kept" | "deleted"): void {
    const { process } = this;
    if (process === undefined) return;
    this.process = undefined;
    process.die();
    this.disk.died();
    if (state === "deleted") this.disk.wipe();
    this.#world.trace(`${process.name} dies, state ${state}`);
    void this.#world.sessionEnds(process.member);
  }

  /** The process commits, leaves and ends. */
  async stop(): Promise<void> {
    const { process } = this;
    if (process === undefined || process.stopping) return;
    this.#world.trace(`${process.name} is asked to stop`);
    await process.stop();
    if (this.process === process) this.process = undefined;
    this.#world.trace(`${process.name} stopped`);
  }
}

/** One life of the application on a machine. */
export class SimulatedProcess {
  readonly name: string;
  /** One of each thread. */
  readonly #apps: StreamsApp<unknown, unknown, SimulatedRow>[] = [];
  member: Member | undefined;
  /** True when it ended by itself. */
  refused = false;
  readonly #world: Surroundings;
  readonly #machine: Machine;
  readonly #stop = new AbortController();
  readonly #ended: Promise<void>;
  #alive = true;

  constructor(world: Surroundings, machine: Machine, name: string) {
    this.#world = world;
    this.#machine = machine;
    this.name = name;
    const rules = world.play.drawRules();
    world.play.auditor.started(name, rules);
    this.#ended = this.#run(rules).catch((error) => {
      if (!this.#alive) return;
      this.refused = true;
      world.trace(`${name} ends: ${(error as Error).message}`);
      world.play.auditor.refused(name, error);
    });
    world.trace(`${name} starts with ${JSON.stringify(rules)}`);
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** Of all its threads. */
  get tasks(): TaskStatus[] {
    return this.#apps.flatMap(({ tasks }) => tasks);
  }

  /** A task that waits for an operator. */
  get needsOperator(): boolean {
    return this.tasks.some(({ state, problem }) =>
      state === "failed" && (problem?.includes("store-appl") ?? false)
    );
  }

  die(): void {
    this.#alive = false;
    if (this.member !== undefined) this.member.alive = false;
  }

  get stopping(): boolean {
    return this.#stop.signal.aborted;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#ended;
    this.#alive = false; // what it did not wait for ends with it
  }

  /** Until it was stopped; the end of one thread is the end of all. */
  async #run(rules: ModelRules): Promise<void> {
    const { group, settings: { threads } } = this.#world;
    const membership = group.membership(this.#machine.name, (member) => {
      this.member = member;
      member.alive = this.#alive;
    });
    if (threads === 1) {
      this.#apps.push(this.#makeApp(rules, { membership, own: (stores) => stores }));
    } else {
      const shared = new SharedMembership(
        membership,
        threads,
        await this.#machine.disk.partitions("input"),
      );
      for (let thread = 0; thread < threads; thread++) {
        this.#apps.push(this.#makeApp(rules, threadOf(shared.ofThread(thread))));
      }
    }
    await Promise.all(this.#apps.map((app) => app.run(this.#stop.signal)));
  }

  #makeApp(
    rules: ModelRules,
    { membership, own }: SimulatedThread,
  ): StreamsApp<unknown, unknown, SimulatedRow> {
    const world = this.#world;
    const gate = this.#gate.bind(this);
    const { application, commitIntervalMs, pendingRowsMax, cacheBytesMax } = world.settings;
    const wait = () => this.#clock.sleep(world.chance.below(50));
    const table = gatedSink(sinkOf(world.table, world.chance, wait), gate);
    const topology = world.play.topologyBy(rules, this.name, table);
    const app = new StreamsApp(
      topology,
      {
        log: this.#repeating(gatedLog(world.log, gate)),
        commitLog: this.#impatient(gatedCommitLog(world.log, application, gate)),
        stores: own(this.#slow(gatedStores(this.#machine.disk, gate))),
        sink: topology.sink ?? table,
        codecs: jsonEngineCodecs,
        clock: this.#clock,
        random: world.chance.random,
        logger: world.loggerOf(this.name),
        budget: new CacheBudget(cacheBytesMax),
      },
      membership,
      {
        application,
        commitIntervalMs,
        pendingRowsMax,
        closeBoundMs: 1_000,
        stateCleanupDelayMs: 2_000,
      },
    );
    app.listen(this.#listener());
    void this.#ask(app);
    return app;
  }

  /** In worlds with queries much may happen while one is answered. */
  #slow(stores: StateStores): StateStores {
    const { chance, play } = this.#world;
    if (play.ask === undefined) return stores;
    return withSlowScans(stores, () => this.#clock.sleep(chance.below(50)));
  }

  /** Asks again and again, for as long as it lives. */
  async #ask(app: StreamsApp<unknown, unknown, SimulatedRow>): Promise<void> {
    const { chance, play: { ask } } = this.#world;
    const positionOf = (partition: number) => {
      const store = this.#machine.disk.look({ topic: "input", partition });
      return this.#alive ? store?.checkpoint?.changelogPosition ?? 0 : undefined;
    };
    while (ask !== undefined) {
      await this.#clock.sleep(chance.below(1_500));
      await ask({ program: this.name, app, positionOf });
    }
  }

  #listener(): TaskListener<SimulatedRow> {
    const [world, name, { disk }] = [this.#world, this.name, this.#machine];
    return {
      opened: (input) => {
        if (this.#alive) world.play.auditor.opened(name, input, disk.look(input));
      },
      fetched() {},
      committed() {},
      rows: (_input, rows) => {
        // Who is told of a row must be told the truth as much as who reads the table.
        for (const row of this.#alive ? rows : []) world.play.auditor.written(row);
      },
      failed: (input, error) => {
        if (!this.#alive) return;
        world.trace(`${name} fails at ${input.partition}: ${(error as Error).message}`);
        world.play.auditor.failed(name, input, error);
      },
      closed() {},
    };
  }

  /** The world's clock; it never wakes the dead. */
  readonly #clock: Clock = {
    nowMs: () => this.#world.clock.nowMs(),
    monotonicMs: () => this.#world.clock.monotonicMs(),
    sleep: async (ms, signal) => {
      await this.#world.clock.sleep(ms, signal);
      if (!this.#alive) await forever();
    },
  };

  /** Every meeting with the world: audited, delayed, failed or cut off. */
  async #gate(operation: Operation, place?: TopicPartition): Promise<void> {
    const world = this.#world;
    if (!this.#alive) await forever();
    this.#audit(operation, place);
    const fate = world.faults.fate(operation, world.clock.nowMs(), this.name);
    world.trace(`${this.name} ${operation} ${place?.partition ?? ""} ${fate.error?.code ?? ""}`);
    await this.#clock.sleep(fate.delayMs);
    if (fate.dies && this.#machine.process === this) {
      this.#machine.crash(world.chance.oneIn(3) ? "deleted" : "kept");
      await forever();
    }
    if (fate.error !== undefined) throw fate.error;
  }

  #audit(operation: Operation, place: TopicPartition | undefined): void {
    const { auditor, order } = this.#world.play;
    if (place === undefined) return;
    const believed = this.member?.believed ?? new Set();
    if (operation === "fence" || operation === "records-sent") {
      auditor.works(this.name, place, believed);
    }
    // A session that opens asks how long its changelog is. So does a standby, while a transaction of
    // the session before may still happen.
    const isChangelog = operation === "bounds" && place.topic.endsWith("changelog");
    if (isChangelog && believed.has(place.partition)) order?.opens(this.name, place.partition);
    if (operation === "fenced") auditor.fenced(this.name, place);
    if (operation === "after-end") auditor.committed(this.name, place);
    if (operation === "store-applied") {
      auditor.applied(this.name, place, this.#machine.disk.look(place));
    }
  }

  /** Sometimes brings input again that was asked for no more. */
  #repeating(log: RecordLog): RecordLog {
    const { chance, disaster, settings, play } = this.#world;
    // A reader that starts further back has no position to be checked where the engine has one.
    const asksExactly = disaster.kind === "tail lost" || settings.reset;
    const from = ({ topic }: TopicPartition, offset: number) =>
      topic === "input" && !asksExactly && chance.oneIn(4)
        ? Math.max(0, offset - chance.whole(1, 3))
        : offset;
    return {
      describe: (topic) => log.describe(topic),
      bounds: (place) => log.bounds(place),
      open: (place, { offset, ...rest }) => {
        const reader = log.open(place, { offset: from(place, offset), ...rest });
        return play.notices(place.topic) ? this.#noticed(reader) : reader;
      },
    };
  }

  /** Where nothing but a record says when it is taken: that is when its headers are read. */
  #noticed(reader: PartitionReader): PartitionReader {
    const noticed = (record: LogRecord): LogRecord => {
      let isNew = true;
      return {
        ...record,
        get headers() {
          if (isNew) world.play.order?.takes(name, record);
          isNew = false;
          return record.headers;
        },
      };
    };
    const [world, name] = [this.#world, this.name];
    return {
      async next(signal) {
        const fetched = await reader.next(signal);
        return { ...fetched, records: fetched.records.map(noticed) };
      },
      [Symbol.asyncDispose]: () => reader[Symbol.asyncDispose](),
    };
  }

  /** Sometimes gives up waiting for a transaction, which may still happen. */
  #impatient(commitLog: CommitLog): CommitLog {
    return {
      fence: async (input, outputs) => this.#impatientWriter(await commitLog.fence(input, outputs)),
      committed: (input) => commitLog.committed(input),
      positions: () => commitLog.positions(),
    };
  }

  #impatientWriter(writer: FencedWriter): FencedWriter {
    return {
      commit: async (transaction) => {
        const work = writer.commit(transaction);
        if (!this.#world.faults.impatient) return await work;
        work.catch(() => {});
        const timer = this.#clock.sleep(this.#world.chance.below(10)).then(() => {
          throw new PipelineError("COMMIT_UNKNOWN", "Cannot wait any longer: simulated");
        });
        timer.catch(() => {});
        return await Promise.race([work, timer]);
      },
      get spent() {
        return writer.spent;
      },
      [Symbol.asyncDispose]: () => writer[Symbol.asyncDispose](),
    };
  }
}

/** What a thread of a process has in place of the process's own. */
interface SimulatedThread {
  readonly membership: GroupMembership;
  readonly own: (stores: StateStores) => StateStores;
}

function threadOf(membership: ThreadMembership): SimulatedThread {
  let owned: OwnedStores | undefined;
  return {
    own: (stores) => owned = new OwnedStores(stores, membership.owned),
    membership: {
      run: (topic, listener, signal) =>
        membership.run(topic, {
          ...listener,
          owns: (partitions) => Promise.resolve(owned?.own(partitions)),
        }, signal),
      reconsider: () => membership.reconsider(),
      ownerOf: (partition) => membership.ownerOf(partition),
    },
  };
}

function forever(): Promise<never> {
  return new Promise(() => {});
}
