import type { Clock } from "../base/clock.ts";
import { problemOf } from "../base/errors.ts";
import type { Logger } from "../base/logger.ts";

/** How often an outage that lasts is named again, ms. */
const reminderMs = 30_000;

/** Says when the log goes away, that it still is, and when it is back; not at every try. */
export class OutageLog {
  readonly #logger: Logger;
  readonly #clock: Clock;
  #sinceMs: number | undefined;
  #namedAtMs = -Infinity;

  constructor(logger: Logger, clock: Clock) {
    this.#logger = logger;
    this.#clock = clock;
  }

  /** A try failed. */
  failed(error: unknown): void {
    const nowMs = this.#clock.monotonicMs();
    this.#sinceMs ??= nowMs;
    if (nowMs - this.#namedAtMs < reminderMs) return;
    this.#namedAtMs = nowMs;
    this.#logger.warn("Records cannot be appended; trying again until they are", {
      ...problemOf(error),
      seconds: Math.round((nowMs - this.#sinceMs) / 1_000),
    });
  }

  /** A try succeeded. */
  over(): void {
    if (this.#sinceMs === undefined) return;
    const seconds = Math.round((this.#clock.monotonicMs() - this.#sinceMs) / 1_000);
    this.#sinceMs = undefined;
    this.#namedAtMs = -Infinity;
    this.#logger.info("Records are appended again", { seconds });
  }
}
