import { Counter, Gauge, type Registry } from "prom-client";
import type { TaskState, TaskStatus } from "../../streams/task/status.ts";
import type { LiveView } from "../ports.ts";

type Place = "topic" | "partition";

/** Every state, so that each has a series that goes back to 0. */
const states: Readonly<Record<TaskState, true>> = {
  created: true,
  fencing: true,
  restoring: true,
  running: true,
  failed: true,
  closing: true,
  closed: true,
};

/** What the engine knows about its tasks, taken from the view at each request. */
export class TaskMetrics {
  readonly #info: Gauge<"application" | "topic" | "feed">;
  readonly #ready: Gauge;
  readonly #items: Counter<Place | "outcome">;
  readonly #read: Counter<Place>;
  readonly #rekeyed: Counter<Place>;
  readonly #state: Gauge<Place | "state">;
  readonly #gauges: readonly TaskGauge[];

  constructor(registry: Registry) {
    const registers = [registry];
    this.#info = new Gauge({
      name: "pipeline_info",
      help: "Always 1; the labels name the application, its input and the kind of feed.",
      labelNames: ["application", "topic", "feed"],
      registers,
    });
    this.#ready = new Gauge({
      name: "pipeline_ready",
      help: "1 while the program does its work (as /readyz), else 0.",
      registers,
    });
    this.#read = new Counter({
      name: "stream_items_read_total",
      help: "Items read since the state began: the sum of stream_items_total over its outcomes.",
      labelNames: ["topic", "partition"],
      registers,
    });
    this.#items = new Counter({
      name: "stream_items_total",
      help: "What became of the items read since the state began, by outcome: aggregated, late, " +
        "dead_letter, duplicate.",
      labelNames: ["topic", "partition", "outcome"],
      registers,
    });
    this.#rekeyed = new Counter({
      name: "stream_items_rekeyed_total",
      help: "Items that were sent on to the partition of their key since the state began.",
      labelNames: ["topic", "partition"],
      registers,
    });
    this.#state = new Gauge({
      name: "stream_task_state",
      help: "1 for the state that the task is in, 0 for the others.",
      labelNames: ["topic", "partition", "state"],
      registers,
    });
    this.#gauges = taskGauges.map((definition) => new TaskGauge(definition, registry));
  }

  /** Takes the figures of now; a task that is gone leaves no series behind. */
  update(view: LiveView): void {
    this.#reset();
    const { application, topic, feed } = view;
    this.#info.set({ application, topic, feed }, 1);
    this.#ready.set(view.health().ready ? 1 : 0);
    for (const task of view.tasks()) this.#add(task);
  }

  #reset(): void {
    for (const metric of [this.#info, this.#read, this.#items, this.#rekeyed, this.#state]) {
      metric.reset();
    }
    for (const gauge of this.#gauges) gauge.reset();
  }

  #add(task: TaskStatus): void {
    const { topic, partition, counts } = task;
    this.#read.inc({ topic, partition }, counts.read);
    this.#rekeyed.inc({ topic, partition }, counts.rekeyed);
    const outcomes = {
      aggregated: counts.aggregated,
      late: counts.late,
      dead_letter: counts.deadLetters,
      duplicate: counts.duplicates,
    };
    for (const [outcome, count] of Object.entries(outcomes)) {
      this.#items.inc({ topic, partition, outcome }, count);
    }
    for (const state of Object.keys(states)) {
      this.#state.set({ topic, partition, state }, state === task.state ? 1 : 0);
    }
    for (const gauge of this.#gauges) gauge.add(task);
  }
}

interface TaskGaugeDefinition {
  readonly name: string;
  readonly help: string;
  /** `undefined` for a task of which it is not known: no series. */
  readonly value: (task: TaskStatus) => number | undefined;
}

const taskGauges: readonly TaskGaugeDefinition[] = [
  {
    name: "stream_lag_records",
    help: "Records between the last commit and the ends of input and repartition topic; a record " +
      "of the latter holds many items.",
    value: (task) => task.lagRecords,
  },
  {
    name: "stream_committed_offset",
    help: "Next input offset as of the last commit.",
    value: (task) => task.committedOffset,
  },
  {
    name: "stream_last_commit_timestamp_seconds",
    help: "When the task last committed, Unix time.",
    value: (task) => task.lastCommitAtMs === undefined ? undefined : task.lastCommitAtMs / 1000,
  },
  {
    name: "stream_restored_records",
    help: "Changelog records read by the restore in progress.",
    value: (task) => task.restore?.restoredRecords,
  },
  {
    name: "stream_restore_remaining_records",
    help: "Changelog offsets that the restore in progress has yet to cover.",
    value: (task) => task.restore?.remainingOffsets,
  },
];

/** A number of each task. */
class TaskGauge {
  readonly #gauge: Gauge<Place>;
  readonly #value: TaskGaugeDefinition["value"];

  constructor({ name, help, value }: TaskGaugeDefinition, registry: Registry) {
    this.#gauge = new Gauge({
      name,
      help,
      labelNames: ["topic", "partition"],
      registers: [registry],
    });
    this.#value = value;
  }

  reset(): void {
    this.#gauge.reset();
  }

  add(task: TaskStatus): void {
    const value = this.#value(task);
    if (value !== undefined) {
      this.#gauge.set({ topic: task.topic, partition: task.partition }, value);
    }
  }
}
