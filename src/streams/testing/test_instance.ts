import type { Clock } from "../../base/clock.ts";
import { type AssignmentListener, type GroupMembership, noTasks } from "../ports.ts";
import type { TopicPartition } from "../record.ts";
import { type AppSettings, StreamsApp } from "../app/streams_app.ts";
import type { StreamsPorts } from "../task/streams_ports.ts";
import type { Topology } from "../topology/topology.ts";
import {
  type Gate,
  gatedCommitLog,
  gatedLog,
  gatedSink,
  gatedStores,
  type Operation,
} from "./gated_ports.ts";
import type { MemoryLog } from "./memory_log.ts";
import type { MemoryStores } from "./memory_stores.ts";

/** What an instance runs on. */
export interface InstanceOptions<E, A, R> {
  readonly topology: Topology<E, A, R>;
  readonly log: MemoryLog;
  readonly stores: MemoryStores;
  readonly ports: Pick<StreamsPorts<R>, "sink" | "codecs" | "clock" | "random" | "logger">;
  readonly settings: AppSettings;
  /** Told of every operation first. */
  readonly gate: (operation: Operation, place: TopicPartition | undefined) => void;
}

/** One life of an application's instance. Owner: the test driver. */
export class TestInstance<E, A, R> {
  readonly app: StreamsApp<E, A, R>;
  readonly #stop = new AbortController();
  readonly #joined = Promise.withResolvers<AssignmentListener>();
  readonly #ended: Promise<void>;
  #alive = true;
  #operations = 0;
  #reconsiderations = 0;

  constructor(parts: InstanceOptions<E, A, R>) {
    this.app = this.#makeApp(parts);
    this.#ended = this.app.run(this.#stop.signal);
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** Meetings with the world so far: when it stands still, there is nothing more to do. */
  get operations(): number {
    return this.#operations;
  }

  /** What the group tells things to. */
  get listener(): Promise<AssignmentListener> {
    return this.#joined.promise;
  }

  /** How often it asked the group to rebalance. */
  get reconsiderations(): number {
    return this.#reconsiderations;
  }

  /** Ends it from one moment to the next. */
  die(): void {
    this.#alive = false;
  }

  /** Commits everything, closes everything, ends. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#ended;
    this.#alive = false;
  }

  #makeApp(parts: InstanceOptions<E, A, R>): StreamsApp<E, A, R> {
    const { topology, log, stores, ports, settings } = parts;
    const gate: Gate = async (operation, place) => {
      await this.#unlessDead();
      this.#operations += 1;
      parts.gate(operation, place);
      await this.#unlessDead();
    };
    const gated = {
      ...ports,
      log: gatedLog(log, gate),
      commitLog: gatedCommitLog(log, settings.application, gate),
      stores: gatedStores(stores, gate, () => this.#operations += 1),
      sink: ports.sink && gatedSink(ports.sink, gate),
      clock: this.#mortalClock(ports.clock),
    };
    return new StreamsApp(topology, gated, this.#membership(), settings);
  }

  /** A clock that never wakes the dead. */
  #mortalClock(clock: Clock): Clock {
    return {
      nowMs: () => clock.nowMs(),
      monotonicMs: () => clock.monotonicMs(),
      sleep: async (ms, signal) => {
        await clock.sleep(ms, signal);
        await this.#unlessDead();
      },
    };
  }

  #membership(): GroupMembership {
    return {
      run: async (_topic, listener, signal) => {
        this.#joined.resolve(listener);
        const { promise, resolve } = Promise.withResolvers<void>();
        signal.addEventListener("abort", () => resolve(), { once: true });
        if (!signal.aborted) await promise;
        await listener.assigned(noTasks);
      },
      reconsider: () => this.#reconsiderations += 1,
      ownerOf: () => undefined,
    };
  }

  /** A process that died does nothing more: not even fail. */
  async #unlessDead(): Promise<void> {
    if (!this.#alive) await new Promise<never>(() => {});
  }
}
