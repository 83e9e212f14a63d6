import type { Clock } from "./clock.ts";
import type { LogFields, Logger } from "./logger.ts";

/** Between two lines of one cause, ms. */
const lineEveryMs = 30_000;

interface Cause {
  namedAtMs: number;
  /** Happened since, without a line. */
  silent: number;
}

/**
 * Warns of what may happen a thousand times a second: the first time at once, then every half a
 * minute with the number of times since.
 *
 * The caller's causes are a fixed set: each is remembered.
 */
export class RateLimitedLines {
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #causes = new Map<string, Cause>();

  constructor(logger: Logger, clock: Clock) {
    this.#logger = logger;
    this.#clock = clock;
  }

  /** @param fieldsOf What is known of this time; asked only for a line, `cause` and `count` added. */
  warn(cause: string, message: string, fieldsOf: () => LogFields): void {
    const nowMs = this.#clock.monotonicMs();
    const known = this.#causes.get(cause) ?? { namedAtMs: -Infinity, silent: 0 };
    this.#causes.set(cause, known);
    known.silent += 1;
    if (nowMs - known.namedAtMs < lineEveryMs) return;
    this.#logger.warn(message, { cause, count: known.silent, ...fieldsOf() });
    known.namedAtMs = nowMs;
    known.silent = 0;
  }
}
