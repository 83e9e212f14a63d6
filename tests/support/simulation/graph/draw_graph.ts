import type { Chance } from "../chance.ts";
import type { ModelRules } from "../model_rules.ts";
import type {
  EarlyStep,
  FoldKind,
  Graph,
  KeyedStep,
  PairJoin,
  PlainStep,
  Side,
  TableEnd,
  TableJoin,
  TableShape,
  Windows,
} from "./graph.ts";

const joins: readonly TableJoin[] = ["join", "leftJoin", "outerJoin"];

/** Tables that values are joined with; streams have other topics. */
const lookups = ["factors", "more"] as const;

/** Draws a job of two to about six operators. */
export function drawGraph(chance: Chance): Graph {
  return new Drawing(chance).graph();
}

class Drawing {
  readonly #chance: Chance;
  #processors = 0;
  #outputs = 0;

  constructor(chance: Chance) {
    this.#chance = chance;
  }

  graph(): Graph {
    const chance = this.#chance;
    const kind = chance.pick(["stream", "stream", "stream", "stream", "pairs", "tables"] as const);
    const tables = kind === "tables" ? this.#tables() : undefined;
    const pairs = kind === "pairs" ? this.#pairs() : [];
    const left = kind === "tables" ? undefined : this.#left(pairs);
    const isKeyed = left?.by !== "none";
    const changes = kind === "tables" && chance.oneIn(2) ? this.#output() : undefined;
    const length = isKeyed ? chance.whole(0, 4) : 0;
    const flow = this.#flow(length, {
      tables: kind === "tables" ? ["more"] : kind === "pairs" ? [] : lookups,
      punctuates: pairs.length > 0,
    });
    const calls = [...left?.flow ?? [], ...flow].some(({ op }) => op === "remind");
    const mayFold = isKeyed && !calls && pairs.length === 0;
    const table = mayFold && !chance.oneIn(4) ? this.#table(kind === "stream") : undefined;
    const ends = table !== undefined || (changes !== undefined && flow.length === 0)
      ? []
      : [{ op: "output" as const, topic: this.#output() }];
    return { left, pairs, tables, changes, flow: [...flow, ...ends], table };
  }

  #left([pairs]: readonly PairJoin[]): Side {
    const chance = this.#chance;
    if (pairs !== undefined) return this.#sideLike(pairs.right, "input");
    const topics = chance.oneIn(3) ? ["input", "second"] : ["input"];
    const by = chance.pick(["key", "key", "key", "value", "value", "record", "none"] as const);
    return this.#side(topics, by, { tables: [] });
  }

  #pairs(): PairJoin[] {
    const chance = this.#chance;
    const by = chance.pick(["key", "key", "value", "record"] as const);
    const right = { ...this.#side(["second"], by, { tables: lookups }), asRead: false };
    const rights = chance.oneIn(2) ? [right] : [right, this.#sideLike(right, "third")];
    return rights.map((right, at) => ({
      name: `pairs${at}`,
      kind: chance.pick(joins),
      right,
      flow: this.#flow(chance.pick([0, 0, 1]), { tables: [], punctuates: true, outputsMax: 0 }),
      differenceMs: chance.pick([8_000, 1_000, 20_000]),
      graceMs: chance.pick([0, 3_000]),
    }));
  }

  /** One that can be joined with another. */
  #sideLike({ repartition, by }: Side, topic: string): Side {
    const own = by === "record" ? by : this.#chance.pick(["key", "value"] as const);
    return { ...this.#side([topic], own, { tables: lookups }), repartition, asRead: false };
  }

  #side(
    topics: readonly string[],
    by: Side["by"],
    { tables }: { readonly tables: readonly string[] },
  ): Side {
    const chance = this.#chance;
    const inputs = topics.map((topic) => ({
      topic,
      steps: this.#early(chance.pick([0, 0, 1, 2])),
    }));
    const merged = inputs.length > 1 ? this.#early(chance.pick([0, 1])) : [];
    const longest = chance.oneIn(5) ? 3 : Infinity;
    const isPlain = merged.length === 0 && longest === Infinity &&
      inputs.every(({ steps }) => steps.length === 0);
    return {
      inputs,
      merged,
      longest,
      time: chance.oneIn(3) ? "record" : "event",
      by,
      repartition: (by === "key" || by === "value") && !chance.oneIn(5),
      asRead: isPlain && chance.oneIn(2),
      flow: tables.length === 0
        ? []
        : this.#flow(chance.pick([0, 0, 1, 2]), { tables, outputsMax: 0 }),
    };
  }

  #early(length: number): EarlyStep[] {
    const chance = this.#chance;
    return Array.from(
      { length },
      () =>
        chance.oneIn(4) ? { op: "reject", on: chance.whole(5, 9) } : this.#plain({ throws: true }),
    );
  }

  #plain({ throws }: { readonly throws: boolean }): PlainStep {
    const chance = this.#chance;
    const op = chance.pick(["add", "copies", "keep", throws ? "fail" : "add"] as const);
    if (op === "add") return { op, by: chance.whole(1, 20) };
    if (op === "keep") return { op, unless: chance.whole(2, 4) };
    return op === "fail" ? { op, on: chance.whole(7, 15) } : { op };
  }

  /** @param options.punctuates True where what is done here may be that of a call that is due. */
  #flow(
    length: number,
    { tables, punctuates = false, outputsMax = 3 }: {
      readonly tables: readonly string[];
      readonly punctuates?: boolean;
      readonly outputsMax?: number;
    },
  ): KeyedStep[] {
    const chance = this.#chance;
    const steps: KeyedStep[] = [];
    let throws = !punctuates;
    for (let i = 0; i < length; i++) {
      const op = chance.pick(
        [
          "plain",
          "plain",
          "number",
          "remind",
          "lookup",
          "lookup",
          "global",
          "output",
          "branch",
        ] as const,
      );
      if (op === "plain") steps.push(this.#plain({ throws }));
      if (op === "number") steps.push({ op, name: this.#processor() });
      if (op === "remind") {
        const afterMs = chance.pick([7_000, 500, 30_000]);
        steps.push({ op, name: this.#processor(), afterMs });
        throws = false;
      }
      if (op === "global") {
        const kind = chance.pick(["join", "leftJoin"] as const);
        steps.push({ op, kind, by: chance.pick(["key", "value"] as const) });
      }
      if (op === "branch" && this.#outputs < outputsMax) {
        steps.push({ op, on: chance.whole(3, 5), topic: this.#output() });
      }
      if (op === "output" && this.#outputs < outputsMax) steps.push({ op, topic: this.#output() });
      if (op === "lookup" && tables.length > 0) {
        const kind = chance.pick(["join", "leftJoin"] as const);
        steps.push({ op, kind, table: this.#shape(tables, { throws }) });
      }
    }
    return steps;
  }

  #processor(): string {
    return `p${this.#processors++}`;
  }

  #output(): string {
    return `out-${this.#outputs++}`;
  }

  #shape(topics: readonly string[], { throws }: { readonly throws: boolean }): TableShape {
    const chance = this.#chance;
    const mixed = chance.shuffled(topics).slice(0, chance.whole(1, topics.length));
    return {
      topics: mixed,
      joins: mixed.slice(1).map(() => chance.pick(joins)),
      throws: throws && chance.oneIn(3),
    };
  }

  #tables(): TableShape {
    const chance = this.#chance;
    const topics = ["input", "second", "factors"].slice(0, chance.whole(2, 3));
    return {
      topics,
      joins: topics.slice(1).map(() => chance.pick(joins)),
      throws: chance.oneIn(3),
    };
  }

  #table(hasEvents: boolean): TableEnd {
    const chance = this.#chance;
    const windows = chance.oneIn(4) ? undefined : this.#windows();
    const rollUpsMs = windows?.kind === "tumbling"
      ? chance.pick([[], [2], [2, 6]]).map((times) => times * windows.sizeMs)
      : [];
    const merges = windows?.kind === "session" || rollUpsMs.length > 0;
    const sinks = chance.pick([["updates"], ["closed"], ["updates", "closed"]] as const);
    const folds: FoldKind[] = rollUpsMs.length > 0
      ? ["fields", "list"]
      : ["count", "reduce", "fields", "list"];
    const topics = chance.pick([["updates"], ["closed"], ["updates", "closed"], []] as const);
    const shown = windows === undefined ? topics.filter((topic) => topic !== "closed") : topics;
    return {
      windows,
      rollUpsMs,
      fold: chance.pick(merges ? folds : [...folds, "newest"]),
      throws: chance.oneIn(3),
      topics: shown,
      sinks: windows === undefined ? ["updates"] : sinks,
      events: hasEvents && chance.oneIn(2),
      last: chance.oneIn(2),
      separate: chance.oneIn(2),
    };
  }

  #windows(): Windows {
    const chance = this.#chance;
    const kind = chance.pick(["tumbling", "hopping", "sliding", "session"] as const);
    const sizeMs = chance.pick([10_000, 3_000]);
    if (kind === "sliding") {
      const advanceMs = chance.pick([1, 1_000]);
      return { kind, sizeMs: sizeMs + advanceMs, advanceMs };
    }
    const advanceMs = kind === "hopping" ? sizeMs / chance.pick([2, 3, 4]) : sizeMs;
    if (kind === "session") return { kind, sizeMs, advanceMs: 1 };
    return { kind, sizeMs, advanceMs: Number.isInteger(advanceMs) ? advanceMs : sizeMs / 2 };
  }
}

/** Draws by what a program of the job may be started: short and long, at the edge of what is allowed. */
export function drawGraphRules({ table }: Graph, chance: Chance): ModelRules[] {
  const { windows, rollUpsMs = [] } = table ?? {};
  const [longestMs = 0] = rollUpsMs.slice(-1);
  return Array.from({ length: chance.pick([1, 1, 2, 3]) }, () => {
    const graceMs = windows === undefined ? 0 : chance.pick([0, 5_000, 30_000]);
    const keptMs = (lengthMs: number, moreMs: readonly number[]) =>
      lengthMs === 0 ? 0 : lengthMs + graceMs + chance.pick(moreMs);
    return {
      graceMs,
      retentionMs: keptMs(windows?.sizeMs ?? 0, [0, 0, 35_000]),
      rollUpRetentionMs: keptMs(longestMs, [0, 100_000]),
      maxFutureMs: chance.pick([60_000, 60_000, 5_000]),
      agreeingEvents: chance.pick([1, 3, 10, 1_000]),
      revision: chance.pick(["1", "1", "2"]),
    };
  });
}
