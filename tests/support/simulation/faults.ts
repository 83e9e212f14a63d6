import { type ErrorCode, PipelineError } from "../../../src/base/errors.ts";
import { handOverMsMax } from "../../../src/streams/commit/hand_over.ts";
import type { Operation } from "../../../src/streams/testing/gated_ports.ts";
import type { RepeatedRequest } from "../../../src/streams/testing/memory_writer.ts";
import type { Chance } from "./chance.ts";
import type { Scenario } from "./scenario.ts";

/** How an operation goes. */
export interface Fate {
  readonly delayMs: number;
  readonly error: PipelineError | undefined;
  /** The process dies before the operation goes on. */
  readonly dies: boolean;
}

/** What each operation may fail with; the meaning of "before" and "after" is in the name. */
const failures: Readonly<Record<Operation, readonly ErrorCode[]>> = {
  "fetch": ["LOG_UNAVAILABLE"],
  "bounds": ["LOG_UNAVAILABLE"],
  "fence": ["LOG_UNAVAILABLE"],
  "fenced": ["LOG_UNAVAILABLE"],
  "committed-offset": ["LOG_UNAVAILABLE"],
  "records-sent": ["LOG_UNAVAILABLE"],
  "offsets-sent": ["LOG_UNAVAILABLE"],
  "before-end": ["COMMIT_UNKNOWN"],
  "after-end": ["COMMIT_UNKNOWN"],
  "sink-write": ["SINK_UNAVAILABLE"],
  "sink-written": ["SINK_UNAVAILABLE"],
  "store-open": ["STORE_CORRUPT", "STORE_LOCKED"],
  "store-apply": ["STORE_UNAVAILABLE", "STORE_CORRUPT"],
  "store-applied": ["STORE_UNAVAILABLE", "STORE_CORRUPT"],
};

/** What happens to a process or its requests now and then, beside failed operations. */
const strokes = ["death", "late end", "late commit-offset", "impatience"] as const;

/** Every kind of fault that operations meet. */
export const operationFaults: readonly string[] = [
  ...Object.keys(failures).map((operation) => `failed ${operation}`),
  ...strokes,
];

/** Decides how each operation goes: most are quick and well. */
export class Faults {
  readonly #chance: Chance;
  readonly #scenario: Scenario;
  /** Until then nobody reaches the sink, ms. */
  sinkAwayUntilMs = 0;
  /** Whose sink is slow, and until when, ms. */
  slowSink: { readonly program: string; readonly untilMs: number } | undefined;
  /** Until then nobody reaches the log, ms. */
  logAwayUntilMs = 0;
  /** How often each kind of fault struck. */
  readonly strikes: Map<string, number> = new Map();
  /** False once the world is to calm down. */
  on = true;

  constructor(chance: Chance, scenario: Scenario) {
    this.#chance = chance;
    this.#scenario = scenario;
  }

  /** True when somebody gives up waiting for an answer that is still on its way. */
  get impatient(): boolean {
    if (!this.on || !this.#chance.oneIn(this.#scenario.failOneIn)) return false;
    this.struck("impatience");
    return true;
  }

  struck(kind: string): void {
    this.strikes.set(kind, (this.strikes.get(kind) ?? 0) + 1);
  }

  /** What a transaction's writer had to ask for twice, if anything. */
  get repeated(): RepeatedRequest | undefined {
    if (!this.on || !this.#chance.oneIn(this.#scenario.failOneIn)) return undefined;
    const request = this.#chance.pick(["end", "commit-offset"] as const);
    this.struck(`late ${request}`);
    return request;
  }

  fate(operation: Operation, nowMs: number, program: string): Fate {
    const chance = this.#chance;
    const isSlow = operation.startsWith("sink") && program === this.slowSink?.program &&
      nowMs < this.slowSink.untilMs;
    const delayMs = this.#delayMs(operation) + (isSlow ? handOverMsMax + chance.below(1_000) : 0);
    if (!this.on) return { delayMs, error: undefined, dies: false };
    const { failOneIn, dieOneIn } = this.#scenario;
    const rare = operation.startsWith("store") ? 4 : 1;
    const fails = this.#away(operation, nowMs) || chance.oneIn(failOneIn * rare);
    const error = fails ? failure(operation, chance) : undefined;
    const dies = chance.oneIn(dieOneIn);
    if (error !== undefined) this.struck(`failed ${operation}`);
    if (dies) this.struck("death");
    return { delayMs, error, dies };
  }

  #delayMs(operation: Operation): number {
    const chance = this.#chance;
    if (this.on && chance.oneIn(50)) return chance.below(4_000);
    return operation === "store-open" ? 0 : chance.below(5);
  }

  #away(operation: Operation, nowMs: number): boolean {
    if (operation.startsWith("store")) return false;
    return nowMs < (operation.startsWith("sink") ? this.sinkAwayUntilMs : this.logAwayUntilMs);
  }
}

function failure(operation: Operation, chance: Chance): PipelineError {
  return new PipelineError(chance.pick(failures[operation]), `Cannot do ${operation}: simulated`);
}
