import type { Clock } from "./clock.ts";
import { describeError, problemOf } from "./errors.ts";
import type { Logger } from "./logger.ts";

/** How often an outage that lasts is named again, ms. */
const reminderMs = 30_000;

/** What the lines of an outage say. */
export interface OutageTexts {
  /** While it lasts. */
  readonly lasting: string;
  /** Once it is over. */
  readonly over: string;
}

/** Logs that something does not work, that it still does not, and that it does; not every try. */
export class OutageLog {
  readonly #texts: OutageTexts;
  readonly #logger: Logger;
  readonly #clock: Clock;
  #sinceMs: number | undefined;
  #namedAtMs = -Infinity;
  #problem: string | undefined;

  constructor(
    texts: OutageTexts,
    { logger, clock }: { readonly logger: Logger; readonly clock: Clock },
  ) {
    this.#texts = texts;
    this.#logger = logger;
    this.#clock = clock;
  }

  /** Why the last try failed; `undefined` when it succeeded. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** A try failed. */
  failed(error: unknown): void {
    const nowMs = this.#clock.monotonicMs();
    this.#sinceMs ??= nowMs;
    this.#problem = describeError(error);
    if (nowMs - this.#namedAtMs < reminderMs) return;
    this.#namedAtMs = nowMs;
    this.#logger.warn(this.#texts.lasting, {
      ...problemOf(error),
      seconds: Math.round((nowMs - this.#sinceMs) / 1_000),
    });
  }

  /** A try succeeded. */
  over(): void {
    if (this.#sinceMs === undefined) return;
    const seconds = Math.round((this.#clock.monotonicMs() - this.#sinceMs) / 1_000);
    this.#sinceMs = undefined;
    this.#problem = undefined;
    this.#namedAtMs = -Infinity;
    this.#logger.info(this.#texts.over, { seconds });
  }
}
