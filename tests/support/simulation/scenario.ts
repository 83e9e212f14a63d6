import type { Combining } from "../counting_topology.ts";
import type { Chance } from "./chance.ts";
import type { ModelRules } from "./model_rules.ts";
import { type DisasterKind, disasterKinds } from "./disaster.ts";

/** What a seed decides before the first event. */
export interface Scenario {
  readonly partitions: number;
  readonly machines: number;
  readonly inputRecords: number;
  /** Distance of window starts, ms; the size (10 s) means tumbling windows. */
  readonly advanceMs: number;
  /** What a program may be started with: settings and versions of the code. */
  readonly rules: readonly ModelRules[];
  /** Tumbling windows that are kept for long enough are rolled up. */
  readonly rollUps: boolean;
  /** A total per key in place of windows. */
  readonly unwindowed: boolean;
  /** Sessions with this gap in place of windows, ms. */
  readonly gapMs: number | undefined;
  /** Sliding windows in place of others. */
  readonly slides: boolean;
  /** Which results go to a topic as well; those without windows always do. */
  readonly results: "all" | "final" | undefined;
  readonly commitIntervalMs: number;
  readonly pendingRowsMax: number;
  /** Bytes of keys in memory: few make every key go through all that a cache does with it. */
  readonly cacheBytesMax: number;
  readonly readRecordsMax: number;
  /** One operation in so many fails by itself. */
  readonly failOneIn: number;
  /** One operation in so many kills its process. */
  readonly dieOneIn: number;
  /** Mean pause between two acts of chaos, ms. */
  readonly chaosEveryMs: number;
  /** Some records name no key and mix several: they go round through the repartition topic. */
  readonly repartition: boolean;
  /** Retention cuts the input off, and an operator resets the state, once. */
  readonly reset: boolean;
  /** What happens once to the topics themselves. */
  readonly disaster: DisasterKind;
  /** The job has a processor with stores and calls that it schedules. */
  readonly processes: boolean;
  /** In place of that it joins the values of two topics with each other. */
  readonly pairs: boolean;
  /** In place of all that it joins three tables, two of them so. */
  readonly combines: Combining | undefined;
  /** The job reads a second topic as well, and joins with a table. */
  readonly joins: boolean;
}

/** Sizes that matter: few and many, at the edge of what the settings allow. */
export function drawScenario(chance: Chance): Scenario {
  const [partitions, machines, inputRecords] = [
    chance.whole(1, 3),
    chance.whole(1, 3),
    chance.whole(20, 60),
  ];
  const unwindowed = chance.oneIn(4);
  const gapMs = unwindowed ? undefined : chance.pick([undefined, undefined, 3_000, 10_000]);
  const slidesByMs = unwindowed || gapMs !== undefined
    ? undefined
    : chance.pick([undefined, undefined, 1, 1_000]);
  const advanceMs = gapMs === undefined ? slidesByMs ?? chance.pick([10_000, 10_000, 5_000]) : 1;
  const rollUps = !unwindowed && advanceMs === 10_000 && chance.oneIn(2);
  const rules = Array.from(
    { length: chance.pick([1, 1, 2, 3]) },
    () => drawRules(chance, { rollUps, unwindowed, gapMs }),
  );
  const disaster = chance.oneIn(4) ? chance.pick(disasterKinds) : "none";
  const repartition = disaster === "none" && chance.oneIn(2);
  const reset = disaster === "none" && !repartition && chance.oneIn(3);
  const joins = disaster === "none" && !repartition && !reset && chance.oneIn(2);
  const processes = chance.oneIn(3);
  const pairs = joins && chance.oneIn(2);
  const combines = joins && !pairs && chance.oneIn(2)
    ? chance.pick(["join", "leftJoin", "outerJoin"] as const)
    : undefined;
  const tableless = pairs || combines !== undefined;
  return {
    partitions,
    machines,
    inputRecords,
    repartition,
    reset,
    joins,
    advanceMs,
    rules: tableless ? rules.map((it) => ({ ...it, ...withoutWindows })) : rules,
    rollUps,
    unwindowed: unwindowed || tableless,
    gapMs: tableless ? undefined : gapMs,
    slides: !tableless && slidesByMs !== undefined,
    results: unwindowed || tableless ? "all" : chance.pick([undefined, "all", "final"]),
    commitIntervalMs: chance.pick([0, 100, 500, 1_000]),
    pendingRowsMax: chance.pick([3, 20, 1_000]),
    cacheBytesMax: chance.pick([0, 1_000, 1_000_000]),
    readRecordsMax: chance.pick([1, 3, 7, 100]),
    failOneIn: chance.pick([15, 40, 200, Infinity]),
    dieOneIn: chance.pick([60, 200, Infinity]),
    chaosEveryMs: chance.pick([300, 1_000, 3_000]),
    disaster,
    processes,
    pairs,
    combines,
  };
}

/** The scenario in one line. */
export function describeScenario(scenario: Scenario): string {
  return Object.entries(scenario).map(([name, value]) => `${name} ${JSON.stringify(value)}`)
    .join(", ");
}

/** What a job without windows makes of any. */
const withoutWindows = { graceMs: 0, retentionMs: 10_000, rollUpRetentionMs: 0 };

/** Short and long, at the edge of what is allowed; without windows there is no grace to change. */
function drawRules(
  chance: Chance,
  { rollUps, unwindowed, gapMs = 10_000 }: Pick<Scenario, "rollUps" | "unwindowed" | "gapMs">,
): ModelRules {
  const graceMs = unwindowed ? 0 : chance.pick([5_000, 5_000, 0, 30_000, 100_000]);
  const leastMs = (rollUps ? 20_000 : gapMs) + graceMs;
  return {
    graceMs,
    retentionMs: unwindowed ? leastMs : leastMs + chance.pick([0, 0, 35_000, 1_000_000]),
    rollUpRetentionMs: rollUps ? 60_000 + graceMs + chance.pick([0, 0, 100_000]) : 0,
    maxFutureMs: chance.pick([60_000, 60_000, 5_000]),
    agreeingEvents: chance.pick([1, 3, 10, 1_000]),
    revision: chance.pick(["1", "1", "2"]),
  };
}
