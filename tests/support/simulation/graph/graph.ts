/** Where a drawn job writes; results of its table go to the last two. */
export const outputTopics = ["out-0", "out-1", "out-2", "out-3", "updates", "closed"] as const;

/** A step that depends on the value alone. */
export type PlainStep =
  | { readonly op: "add"; readonly by: number }
  /** None, one or two of each. */
  | { readonly op: "copies" }
  | { readonly op: "keep"; readonly unless: number }
  /** Throws on some. */
  | { readonly op: "fail"; readonly on: number };

/** A step before the key. */
export type EarlyStep = PlainStep | { readonly op: "reject"; readonly on: number };

export type TableJoin = "join" | "leftJoin" | "outerJoin";

/** Tables joined with each other, from the left; where the sides are the same, the job may throw. */
export interface TableShape {
  readonly topics: readonly string[];
  /** One for each topic but the first. */
  readonly joins: readonly TableJoin[];
  readonly throws: boolean;
}

/** A step behind the key. */
export type KeyedStep =
  | PlainStep
  /** A processor that numbers the values of a key. */
  | { readonly op: "number"; readonly name: string }
  /** One that comes back to each value after a time. */
  | { readonly op: "remind"; readonly name: string; readonly afterMs: number }
  | { readonly op: "lookup"; readonly kind: "join" | "leftJoin"; readonly table: TableShape }
  /** A join with the table that every instance has whole, by the key or by what a value names. */
  | { readonly op: "global"; readonly kind: "join" | "leftJoin"; readonly by: "key" | "value" }
  | { readonly op: "output"; readonly topic: string }
  /** Values with this rest go to the topic in place of what follows, of the others some. */
  | { readonly op: "branch"; readonly on: number; readonly topic: string };

/** A stream up to its key, and on to where it is joined or ends. */
export interface Side {
  /** Each with its own steps, then merged. */
  readonly inputs: readonly { readonly topic: string; readonly steps: readonly EarlyStep[] }[];
  readonly merged: readonly EarlyStep[];
  /** Records with more values than this are rejected whole. */
  readonly longest: number;
  readonly time: "event" | "record";
  /** What the key is: that of the event, one of its value, that of the record; none at all. */
  readonly by: "key" | "value" | "record" | "none";
  readonly repartition: boolean;
  readonly asRead: boolean;
  readonly flow: readonly KeyedStep[];
}

/** A stream, or what earlier joins have made, joined with another stream. */
export interface PairJoin {
  readonly name: string;
  readonly kind: TableJoin;
  readonly right: Side;
  /** Steps behind it. */
  readonly flow: readonly KeyedStep[];
  readonly differenceMs: number;
  readonly graceMs: number;
}

export type FoldKind = "count" | "reduce" | "fields" | "list" | "newest";

/** Grace and retention are rules, which may change. */
export interface Windows {
  readonly kind: "tumbling" | "hopping" | "sliding" | "session";
  /** Of sessions the gap, of sliding ones the difference and the advance. */
  readonly sizeMs: number;
  /** Distance of the starts that are possible. */
  readonly advanceMs: number;
}

/** How rows are shown. */
export type Shown = "updates" | "closed";

/** The table at the end. */
export interface TableEnd {
  readonly windows: Windows | undefined;
  readonly rollUpsMs: readonly number[];
  readonly fold: FoldKind;
  /** The fold throws on some values, when it has half added them. */
  readonly throws: boolean;
  readonly topics: readonly Shown[];
  /** What is written to sinks, side by side. */
  readonly sinks: readonly Shown[];
  readonly events: boolean;
  /** It is written behind the streams of the job. */
  readonly last: boolean;
  /** Each output has a sink of its own, that of the events as well. */
  readonly separate: boolean;
}

/** A job as it is drawn: enough to build it, and to fold its input without it. */
export interface Graph {
  /** Of streams; else the job begins with tables. */
  readonly left: Side | undefined;
  /** One behind the other. */
  readonly pairs: readonly PairJoin[];
  readonly tables: TableShape | undefined;
  /** Changes of the tables go to this topic as they are. */
  readonly changes: string | undefined;
  readonly flow: readonly KeyedStep[];
  readonly table: TableEnd | undefined;
}

/** The topic of the table that every instance has whole. */
export const globalTopic = "catalog";

/** The topics of streams, the first one first. */
export function streamTopics({ left, pairs, tables }: Graph): readonly string[] {
  if (tables !== undefined) return tables.topics;
  return sidesOf({ left, pairs }).flatMap((side) => side.inputs.map(({ topic }) => topic));
}

/** The streams, from the left. */
export function sidesOf({ left, pairs }: Pick<Graph, "left" | "pairs">): readonly Side[] {
  return [...left === undefined ? [] : [left], ...pairs.map(({ right }) => right)];
}

/** The topics of tables that values are joined with. */
export function lookupTopics(graph: Graph): readonly string[] {
  const topics = stepsOf(graph).flatMap((step) => step.op === "lookup" ? step.table.topics : []);
  return [...new Set(topics)];
}

export function hasGlobal(graph: Graph): boolean {
  return stepsOf(graph).some(({ op }) => op === "global");
}

function stepsOf(graph: Graph): readonly KeyedStep[] {
  const parts = [...sidesOf(graph), ...graph.pairs, graph];
  return parts.flatMap(({ flow }) => flow);
}

/** In one line for each part. */
export function describeGraph(graph: Graph): string {
  return Object.entries(graph).filter(([, part]) => part !== undefined)
    .map(([name, part]) => `  ${name}: ${JSON.stringify(part)}`).join("\n");
}
