import type { Sink } from "../../../src/streams/ports.ts";
import type { StreamsApp } from "../../../src/streams/app/streams_app.ts";
import type { LogRecord, TopicPartition } from "../../../src/streams/record.ts";
import type { StoreView } from "../../../src/streams/testing/memory_stores.ts";
import type { Job } from "../../../src/streams/topology/job.ts";
import type { Topology } from "../../../src/streams/topology/topology.ts";
import type { Violation } from "./findings.ts";
import type { InputRecord } from "./input.ts";
import type { ModelRules } from "./model_rules.ts";
import type { Scenario } from "./scenario.ts";
import type { SimulatedRow } from "./sink.ts";
import type { TakenOrder } from "./taken_order.ts";

/** Looks at everything that a process makes true, at the moment it does. */
export interface Watcher {
  /** The first broken promise. */
  readonly violation: Violation | undefined;
  works(program: string, place: TopicPartition, believed: ReadonlySet<number>): void;
  fenced(program: string, place: TopicPartition): void;
  started(program: string, rules: ModelRules): void;
  committed(program: string, place: TopicPartition): void;
  applied(program: string, place: TopicPartition, store: StoreView | undefined): void;
  opened(program: string, place: TopicPartition, store: StoreView | undefined): void;
  written(row: SimulatedRow): void;
  failed(program: string, place: TopicPartition, error: unknown): void;
  refused(program: string, error: unknown): void;
  compacted(place: TopicPartition): void;
  stuck(why: string): void;
  ended(table: ReadonlyMap<string, SimulatedRow>): void;
}

/** A job, and its sinks where it has some of its own. */
export type DrawnJob =
  & Topology<unknown, unknown, SimulatedRow>
  & Partial<Pick<Job<unknown, unknown, SimulatedRow>, "sink">>;

/** A program that is asked for what it has. */
export interface Asked {
  readonly program: string;
  readonly app: Pick<
    StreamsApp<unknown, unknown, SimulatedRow>,
    "value" | "windows" | "openWindows"
  >;
  /** Where its store of a partition is in the changelog; `undefined` once it is dead. */
  readonly positionOf: (partition: number) => number | undefined;
}

/** What the programs of a world are, and what has to come of their input. */
export interface Play {
  readonly scenario: Scenario;
  /** What is run, in words. */
  readonly description: string;
  readonly auditor: Watcher;
  /** In worlds where a task has several inputs. */
  readonly order: TakenOrder | undefined;
  /** Asks a program for something, and holds the answer against what is committed. */
  readonly ask?: (asked: Asked) => Promise<void>;
  /** The settings and the code of the next program that starts. */
  drawRules(): ModelRules;
  /** @param sink The table, as the program reaches it. */
  topologyBy(rules: ModelRules, program: string, sink: Sink<SimulatedRow>): DrawnJob;
  /** True for a topic of which nothing but its records says when they are taken. */
  notices(topic: string): boolean;
  /** The next record that is sent. */
  next(): InputRecord;
  /** What a producer sends again that was killed before it knew that its last records arrived. */
  repeated(): readonly InputRecord[];
  /** A record has been appended. */
  sent(place: Pick<LogRecord, "partition" | "offset">, record: InputRecord): void;
}
