import type { Clock } from "../base/clock.ts";
import { durationText } from "../base/duration_text.ts";
import { describeError } from "../base/errors.ts";
import type { Logger } from "../base/logger.ts";
import type { FeedObserver } from "../feed/feed_observer.ts";
import { sleepUnlessAborted } from "../feed/pacer.ts";
import type { InputReport } from "../http/view/market_view.ts";
import { type Health, type InputStatus, noInput } from "../http/ports.ts";
import type { IngestObserver } from "../ingest/observer.ts";
import { type Refusal, Refusals, type Teller } from "./refusals.ts";

/** What the watch works with. */
export interface InputWatchOptions {
  /** In `produce`, a trade is through once the log has it; else once it is in its window. */
  readonly program: Teller;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** So long nothing gets through before that is said, ms: one commit may be late as a whole. */
const blockedAfterMs = 10_000;

/** And so many items once anything got through: at night, one late trade may be all there is. */
const blockedItemsMin = 10;

/** So long a connected feed brings no trade before that is said, ms; then twice as long each time. */
const silentAfterMs = 300_000;

/** How often it is looked at, ms. */
const lookEveryMs = 2_000;

/** How often it is said that nothing gets through, ms. */
const sayEveryMs = 60_000;

/**
 * Tells what becomes of the input, and when nothing gets through, with the likely cause.
 *
 * Told of the feed's connection, of what the ingest sends and refuses, and of what each commit
 * makes of its trades. Judges by what came since a trade got through for the last time.
 */
export class InputWatch implements InputReport {
  readonly #options: InputWatchOptions;
  readonly #refusals = new Refusals();
  #status: InputStatus = noInput;
  #firstRefusedMs = 0;
  #blockedSaidMs: number | undefined;
  /** `undefined` where there is no connection to a feed. */
  #connected: boolean | undefined;
  #appendProblem: string | undefined;
  #lastTradeMs: number;
  #silenceSaidMs = 0;

  constructor(options: InputWatchOptions) {
    this.#options = options;
    this.#lastTradeMs = options.clock.monotonicMs();
  }

  get status(): InputStatus {
    return { ...this.#status, blocked: this.#blocked() };
  }

  get health(): Health {
    const { problems, notices } = this;
    return { ready: problems.length === 0, problems, notices };
  }

  get problems(): readonly string[] {
    const problems: string[] = [];
    if (this.#connected === false) problems.push("the feed is not connected");
    if (this.#appendProblem !== undefined) {
      problems.push(`records wait in the spool: ${this.#appendProblem}`);
    }
    const blocked = this.#blocked();
    if (blocked !== undefined) problems.push(`nothing gets through: ${blocked}`);
    return problems;
  }

  get notices(): readonly string[] {
    const silentMs = this.#silentMs();
    return silentMs < silentAfterMs ? [] : [silenceText(silentMs)];
  }

  /** Trades got into their windows. */
  passed(trades: number): void {
    if (trades === 0) return;
    const lastPassedMs = this.#options.clock.nowMs();
    this.#status = { ...this.#status, passed: this.#status.passed + trades, lastPassedMs };
    this.#refusals.clear();
  }

  refused(refusal: Refusal): void {
    if (this.#refusals.items === 0) this.#firstRefusedMs = this.#options.clock.monotonicMs();
    this.#refusals.add(refusal);
    const { late, deadLetters } = this.#status;
    const isLate = refusal.kind === "late" || refusal.kind === "clock-ahead";
    const counts = isLate
      ? { late: late + refusal.items }
      : { deadLetters: deadLetters + refusal.items };
    this.#status = { ...this.#status, ...counts };
  }

  /** An observer that also reports to this. */
  watchingFeed(observer: FeedObserver): FeedObserver {
    this.#connected = false;
    return {
      ...observer,
      connected: () => {
        this.#connected = true;
        observer.connected();
      },
      disconnected: (end) => {
        this.#connected = false;
        observer.disconnected(end);
      },
    };
  }

  /** An observer that also reports to this. */
  watchingIngest(observer: IngestObserver): IngestObserver {
    return {
      ...observer,
      frameSent: (kind, trades) => {
        if (trades > 0) this.#lastTradeMs = this.#options.clock.monotonicMs();
        if (this.#options.program === "produce") this.passed(trades);
        observer.frameSent(kind, trades);
      },
      deadLettered: (letter) => {
        this.refused({ kind: "dead", items: letter.items, detail: letter.detail });
        observer.deadLettered(letter);
      },
      appendFailed: (error) => {
        this.#appendProblem = describeError(error);
        observer.appendFailed(error);
      },
      recordsAppended: (appended) => {
        this.#appendProblem = undefined;
        observer.recordsAppended(appended);
      },
    };
  }

  /** Says what stands in the way, at a bounded rate, until the signal fires. */
  async run(signal: AbortSignal): Promise<void> {
    while (await sleepUnlessAborted(this.#options.clock, lookEveryMs, signal)) {
      this.#sayBlocked();
      this.#saySilent();
    }
  }

  #blocked(): string | undefined {
    const { items } = this.#refusals;
    const sinceMs = this.#options.clock.monotonicMs() - this.#firstRefusedMs;
    if (items === 0 || sinceMs < blockedAfterMs) return undefined;
    if (this.#status.passed > 0 && items < blockedItemsMin) return undefined;
    return this.#refusals.sentence(sinceMs, this.#options.program);
  }

  #sayBlocked(): void {
    const { clock, logger } = this.#options;
    const { blocked, passed, late, deadLetters } = this.status;
    const saidMs = this.#blockedSaidMs;
    if (blocked === undefined) {
      if (saidMs !== undefined) logger.info("Trades get through again", { passed });
      this.#blockedSaidMs = undefined;
      return;
    }
    const nowMs = clock.monotonicMs();
    if (saidMs !== undefined && nowMs - saidMs < sayEveryMs) return;
    this.#blockedSaidMs = nowMs;
    logger.warn(`Nothing gets through: ${blocked}`, { passed, late, deadLetters });
  }

  /** For how long a feed that is connected has brought no trade. */
  #silentMs(): number {
    return this.#connected ? this.#options.clock.monotonicMs() - this.#lastTradeMs : 0;
  }

  #saySilent(): void {
    const silentMs = this.#silentMs();
    if (silentMs < this.#silenceSaidMs) this.#silenceSaidMs = 0;
    if (silentMs < Math.max(silentAfterMs, 2 * this.#silenceSaidMs)) return;
    this.#silenceSaidMs = silentMs;
    this.#options.logger.warn(`The feed is connected, but ${silenceText(silentMs)}`);
  }
}

function silenceText(silentMs: number): string {
  return `no trade came for ${durationText(silentMs)}: the markets of its symbols may be closed, ` +
    "or it serves none of them on this key";
}
