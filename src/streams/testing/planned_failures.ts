import { type ErrorCode, PipelineError } from "../../base/errors.ts";
import type { Operation } from "./gated_ports.ts";

/** What an operation fails with unless the test says otherwise. */
const usualFailures: Readonly<Record<Operation, ErrorCode>> = {
  "fetch": "LOG_UNAVAILABLE",
  "bounds": "LOG_UNAVAILABLE",
  "fence": "LOG_UNAVAILABLE",
  "fenced": "LOG_UNAVAILABLE",
  "committed-offset": "LOG_UNAVAILABLE",
  "records-sent": "LOG_UNAVAILABLE",
  "offsets-sent": "LOG_UNAVAILABLE",
  "before-end": "COMMIT_UNKNOWN",
  "after-end": "COMMIT_UNKNOWN",
  "sink-write": "SINK_UNAVAILABLE",
  "sink-written": "SINK_UNAVAILABLE",
  "store-open": "STORE_CORRUPT",
  "store-apply": "STORE_UNAVAILABLE",
  "store-applied": "STORE_UNAVAILABLE",
};

/** What is to go wrong. */
export interface PlannedFailure {
  /** Which instance it happens to; every one without it. */
  readonly instance?: number;
  /** How often, > 0; once without it. */
  readonly times?: number;
  /** `"crash"` kills the instance there. */
  readonly error?: ErrorCode | "crash";
}

interface Plan {
  readonly operation: Operation;
  readonly instance: number | undefined;
  readonly error: ErrorCode | "crash";
  left: number;
}

/** What a test wants to go wrong, until it has. Owner: the test driver. */
export class PlannedFailures {
  readonly #plans: Plan[] = [];
  readonly #crash: (instance: number) => void;

  constructor(crash: (instance: number) => void) {
    this.#crash = crash;
  }

  add(operation: Operation, { instance, times = 1, error }: PlannedFailure): void {
    this.#plans.push({
      operation,
      instance,
      error: error ?? usualFailures[operation],
      left: times,
    });
  }

  clear(): void {
    this.#plans.length = 0;
  }

  /** @throws {PipelineError} What the test planned for this operation. */
  meet(instance: number, operation: Operation): void {
    const plan = this.#plans.find((candidate) =>
      candidate.left > 0 && candidate.operation === operation &&
      (candidate.instance ?? instance) === instance
    );
    if (plan === undefined) return;
    plan.left -= 1;
    if (plan.error === "crash") this.#crash(instance);
    else throw new PipelineError(plan.error, `Cannot do ${operation} as the test planned it`);
  }
}
