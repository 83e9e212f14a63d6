import type { Measurement } from "../../counting_topology.ts";
import type { Graph, KeyedStep, PairJoin, TableShape } from "./graph.ts";
import type { Seen } from "./global_watch.ts";
import * as steps from "./steps.ts";

/** A call that a processor has asked for. */
interface Due {
  readonly processor: string;
  readonly key: string;
  readonly timeMs: number;
}

/** A value that may have partners. */
interface Waiting {
  readonly join: string;
  readonly side: "left" | "right";
  readonly key: string;
  readonly timeMs: number;
  readonly value: Measurement;
  joined: boolean;
}

/** All that steps keep: taken back where the job throws. */
interface Kept {
  readonly tables: Map<string, Map<string, number>>;
  readonly numbers: Map<string, number>;
  readonly reminders: Map<string, Measurement>;
  due: Due[];
  waiting: Waiting[];
}

/** What is at hand: a value, or a call that is due. */
export interface At extends Moment {
  readonly key: string;
  readonly timeMs: number;
  readonly due: Due | undefined;
}

/** What is the same for all that one record leads to. */
export interface Moment {
  /** Receipt of the record that led to it, epoch ms. */
  readonly receivedAtMs: number;
  /** Of the job's code. */
  readonly revision: string;
  /** What the global table had. */
  readonly seen: Seen;
}

/** A record of an output, in words. */
export interface Emitted {
  readonly topic: string;
  readonly text: string;
}

/** What an event is: a value of one of the streams, or a change of a table. */
export type Event =
  /** The streams are numbered from the left. */
  | { readonly side: number; readonly value: Measurement }
  | { readonly topic: string; readonly number: number | null };

/** The steps of a drawn job behind its keys, for one partition. */
export class GraphFlow {
  readonly #graph: Graph;
  #kept: Kept = {
    tables: new Map(),
    numbers: new Map(),
    reminders: new Map(),
    due: [],
    waiting: [],
  };
  #emitted: Emitted[] = [];
  /** True where what is at hand has changed something that is kept. */
  #changed = false;
  #missedMs: number[] = [];
  /** Greatest time of an event so far. */
  #timeMs = 0;

  constructor(graph: Graph) {
    this.#graph = graph;
  }

  /** Sets or deletes what a table has of a key. */
  set(topic: string, key: string, number: number | null): void {
    const table = this.#kept.tables.get(topic) ?? new Map<string, number>();
    this.#kept.tables.set(topic, table);
    if (number === null) table.delete(key);
    else table.set(key, number);
  }

  /** Moves the time, and makes the calls that are due by then. */
  moveTo(timeMs: number, moment: Moment): readonly Emitted[] {
    this.#emitted = [];
    this.#timeMs = Math.max(this.#timeMs, timeMs);
    for (let due; (due = this.#takeDue()) !== undefined;) {
      const { key, timeMs } = due;
      this.#values(undefined, { ...moment, key, timeMs, due });
    }
    return this.#emitted;
  }

  /** Does something of which nothing is left where it throws. */
  attempt<T>(work: () => T): T {
    const before = structuredClone(this.#kept);
    try {
      return work();
    } catch (error) {
      this.#kept = before;
      throw error;
    }
  }

  /** What an event comes to. */
  take(event: Event, at: Omit<At, "due">): {
    /** What is left for the table. */
    readonly values: readonly Measurement[];
    readonly emitted: readonly Emitted[];
    /** True where it has changed something that is kept. */
    readonly changed: boolean;
    /** Where its first partners would be that wait no longer. */
    readonly missedMs: readonly number[];
  } {
    [this.#emitted, this.#changed, this.#missedMs] = [[], false, []];
    const values = this.#values(event, { ...at, due: undefined });
    return { values, emitted: this.#emitted, changed: this.#changed, missedMs: this.#missedMs };
  }

  #values(event: Event | undefined, at: At): readonly Measurement[] {
    const { left, pairs, tables } = this.#graph;
    if (tables !== undefined) {
      if (event === undefined || !("topic" in event)) return this.#rest([], at);
      return this.#rest(this.#change(tables, event, at), at);
    }
    const of = (side: number) =>
      event !== undefined && "side" in event && event.side === side ? [event.value] : [];
    const lefts = this.#run(left?.flow ?? [], of(0), at);
    const joined = pairs.reduce((before, join, index) => {
      const rights = this.#run(join.right.flow, of(index + 1), at);
      return this.#run(join.flow, this.#joined(join, before, rights, at), at);
    }, lefts);
    return this.#rest(joined, at);
  }

  /** What a join makes of the values of both its sides, and of a call that is due. */
  #joined(
    join: PairJoin,
    lefts: readonly Measurement[],
    rights: readonly Measurement[],
    at: At,
  ): readonly Measurement[] {
    if (at.due === undefined && lefts.length + rights.length > 0) {
      const startMs = Math.max(0, at.timeMs - join.differenceMs);
      if (dueOfRow(join, startMs) <= this.#timeMs) this.#missedMs.push(startMs);
    }
    return [
      ...lefts.flatMap((value) => this.#pair(join, "left", value, at)),
      ...rights.flatMap((value) => this.#pair(join, "right", value, at)),
      ...at.due?.processor === join.name ? this.#alone(join, at) : [],
    ];
  }

  /** The steps behind all streams and tables, the first of which is the job's version. */
  #rest(start: readonly Measurement[], at: At): readonly Measurement[] {
    const { flow, left } = this.#graph;
    const isKeyed = left?.by !== "none";
    const values = isKeyed ? start.map((value) => steps.revised(value, at.revision)) : start;
    return this.#run(flow, values, at);
  }

  #run(flow: readonly KeyedStep[], start: readonly Measurement[], at: At): readonly Measurement[] {
    return flow.reduce((values, step) => this.#step(step, values, at), start);
  }

  #step(
    step: KeyedStep,
    values: readonly Measurement[],
    at: At,
  ): readonly Measurement[] {
    switch (step.op) {
      case "add":
      case "copies":
      case "keep":
      case "fail":
        return values.flatMap((value) => steps.applied(step, value));
      case "number":
        return values.map((value) => steps.numbered(value, this.#number(step.name, at.key)));
      case "remind":
        for (const value of values) {
          this.#kept.reminders.set(`${step.name} ${at.timeMs} ${at.key}`, value);
          this.#schedule({ processor: step.name, key: at.key, timeMs: at.timeMs + step.afterMs });
        }
        if (at.due?.processor !== step.name) return values;
        return [...values, ...this.#reminded(step.name, at.timeMs - step.afterMs, at.key)];
      case "lookup":
        return values.flatMap((value) => {
          const partner = this.#lookUp(step.table, at.key);
          return step.kind === "join" && partner === undefined
            ? []
            : [steps.withPartner(value, partner)];
        });
      case "global":
        return values.flatMap((value) => {
          const name = step.by === "key" ? at.key : steps.keyOfValue(value);
          const partner = at.seen.has(name) ? at.seen.get(name) : NaN; // the job did not ask
          const isLeftOut = step.kind === "join" && partner === undefined;
          return isLeftOut ? [] : [steps.withPartner(value, partner)];
        });
      case "branch": {
        const of = (way: string) => values.filter((value) => steps.wayOf(value, step.on) === way);
        this.#emit(step.topic, of("aside"), at);
        return of("ahead");
      }
      case "output":
        this.#emit(step.topic, values, at);
        return values;
    }
  }

  #emit(topic: string, values: readonly Measurement[], { key, receivedAtMs }: At): void {
    for (const value of values) {
      this.#emitted.push({ topic, text: `${key} ${receivedAtMs} ${JSON.stringify(value)}` });
    }
  }

  #number(name: string, key: string): number {
    const place = `${name} ${key}`;
    const number = (this.#kept.numbers.get(place) ?? 0) + 1;
    if (number === steps.numberMax) this.#kept.numbers.delete(place);
    else this.#kept.numbers.set(place, number);
    this.#changed = true;
    return number;
  }

  #reminded(name: string, timeMs: number, key: string): readonly Measurement[] {
    const place = `${name} ${timeMs} ${key}`;
    const value = this.#kept.reminders.get(place);
    this.#kept.reminders.delete(place);
    return value === undefined ? [] : [steps.reminded(value)];
  }

  #schedule(due: Due): void {
    this.#changed = true;
    const isSame = (other: Due) => order(other, due) === 0;
    if (!this.#kept.due.some(isSame)) this.#kept.due.push(due);
  }

  #takeDue(): Due | undefined {
    const [first] = this.#kept.due.filter(({ timeMs }) => timeMs <= this.#timeMs).sort(order);
    this.#kept.due = this.#kept.due.filter((due) => due !== first);
    return first;
  }

  /** What a table has of a key, computed from the tables that it is made of. */
  #lookUp({ topics, joins, throws }: TableShape, key: string): number | undefined {
    const held = topics.map((topic) => this.#kept.tables.get(topic)?.get(key));
    const hasUpTo = (last: number): boolean => {
      const own = held[last] !== undefined;
      if (last === 0) return own;
      const join = joins[last - 1];
      if (join === "join") return own && hasUpTo(last - 1);
      return join === "leftJoin" ? hasUpTo(last - 1) : own || hasUpTo(last - 1);
    };
    const makeUpTo = (last: number): number | undefined => {
      if (!hasUpTo(last)) return undefined;
      if (last === 0) return held[0];
      return steps.joinedNumber({ throws }, makeUpTo(last - 1), held[last]);
    };
    return makeUpTo(topics.length - 1);
  }

  /** A change of a table: what the tables have of its key, where that is anything new. */
  #change(
    tables: TableShape,
    { topic, number }: Extract<Event, { readonly topic: string }>,
    at: At,
  ): readonly Measurement[] {
    const former = this.#kept.tables.get(topic)?.get(at.key);
    if (number === null && former === undefined) return [];
    const quiet = { ...tables, throws: false };
    const had = this.#lookUp(quiet, at.key) !== undefined;
    this.#changed = true;
    this.set(topic, at.key, number);
    const result = this.#lookUp(tables, at.key) ?? null;
    if (result === null && !had) return [];
    const { changes } = this.#graph;
    if (changes !== undefined) {
      const text = `${at.key} ${at.receivedAtMs} ${result ?? "gone"}`;
      this.#emitted.push({ topic: changes, text });
    }
    return [steps.changed(result, at.key)];
  }

  #pair(
    { name, kind, differenceMs, graceMs }: PairJoin,
    side: Waiting["side"],
    value: Measurement,
    { key, timeMs }: At,
  ): readonly Measurement[] {
    const isNear = (one: Waiting) =>
      one.join === name && one.side !== side && one.key === key &&
      Math.abs(one.timeMs - timeMs) <= differenceMs;
    // In the order of their times, those of equal times as they came.
    const partners = this.#kept.waiting.filter(isNear).toSorted((a, b) => a.timeMs - b.timeMs);
    for (const partner of partners) partner.joined = true;
    const needsNone = side === "left" ? kind === "join" : kind !== "outerJoin";
    const joined = needsNone || partners.length > 0;
    this.#kept.waiting.push({ join: name, side, key, timeMs, value, joined });
    this.#schedule({
      processor: name,
      key,
      timeMs: dueOfRow({ differenceMs, graceMs }, timeMs),
    });
    return partners.map((partner) =>
      side === "left" ? steps.paired(value, partner.value) : steps.paired(partner.value, value)
    );
  }

  /** Those of a row whose time is over that had no partner. */
  #alone(pairs: PairJoin, { key, timeMs }: At): readonly Measurement[] {
    const isOver = (one: Waiting) =>
      one.join === pairs.name && one.key === key && dueOfRow(pairs, one.timeMs) === timeMs;
    const over = this.#kept.waiting.filter(isOver).sort((a, b) => a.timeMs - b.timeMs);
    this.#kept.waiting = this.#kept.waiting.filter((one) => !isOver(one));
    const alone = (side: Waiting["side"]) =>
      over.filter((one) => one.side === side && !one.joined).map(({ value }) =>
        side === "left" ? steps.paired(value, undefined) : steps.paired(undefined, value)
      );
    return [...alone("left"), ...alone("right")];
  }
}

function order(a: Due, b: Due): number {
  const by = (one: string, other: string) => one === other ? 0 : one < other ? -1 : 1;
  return a.timeMs - b.timeMs || by(a.processor, b.processor) || by(a.key, b.key);
}

/** Values wait in rows of an eighth of the difference, which go whole. */
function rowOf(differenceMs: number, timeMs: number): number {
  const rowMs = Math.ceil(differenceMs / 8);
  return timeMs - timeMs % rowMs;
}

function dueOfRow(
  { differenceMs, graceMs }: Pick<PairJoin, "differenceMs" | "graceMs">,
  timeMs: number,
): number {
  return rowOf(differenceMs, timeMs) + Math.ceil(differenceMs / 8) + differenceMs + graceMs;
}
