import { lastWindowStart, type TimeWindows } from "../topology/windows.ts";

/**
 * Which keys of a partition have expired: a function of its input, so part of its state. See
 * docs/adr/0018-settings-and-code-may-change.md.
 */
export interface HorizonState {
  /** Every window of every key that starts before this less its retention may be purged, epoch ms. */
  readonly timeMs: number;
  /**
   * Keys whose stream time lies before this have expired, epoch ms; for a key that the state does
   * not have, windows before it are closed. Only moves forward.
   */
  readonly expiredToMs: number;
  /** Events since `timeMs` was last considered, and the least of their times. */
  readonly events: number;
  readonly leastMs: number;
}

/** That of a partition without a past. */
export const noHorizon: HorizonState = { timeMs: 0, expiredToMs: 0, events: 0, leastMs: 0 };

/** What of a job decides when a key expires. */
export interface ExpiringTopology {
  readonly windows: TimeWindows;
  readonly rollUps: { readonly levels: readonly TimeWindows[] };
  readonly agreeingEvents: number;
}

/**
 * Moves the horizon of a partition along its events.
 *
 * A partition's time is one that a whole run of events has passed (`agreeingEvents`): one event
 * with a wrong time, or the events of one key, do not make all other keys old.
 *
 * Owner: the record processor.
 */
export class Horizon {
  readonly #agreeingEvents: number;
  readonly #retentionMs: number;
  /** The longest windows: their starts are starts of all shorter ones. */
  readonly #longest: TimeWindows;
  #timeMs: number;
  #expiredToMs: number;
  #events: number;
  #leastMs: number;

  constructor({ windows, rollUps, agreeingEvents }: ExpiringTopology, state: HorizonState) {
    const lengths = [windows, ...rollUps.levels];
    this.#agreeingEvents = agreeingEvents;
    this.#retentionMs = Math.max(...lengths.map(({ retentionMs }) => retentionMs));
    this.#longest = lengths.at(-1) as TimeWindows;
    this.#timeMs = state.timeMs;
    this.#expiredToMs = state.expiredToMs;
    this.#events = state.events;
    this.#leastMs = state.leastMs;
  }

  /** See `HorizonState`. */
  get expiredToMs(): number {
    return this.#expiredToMs;
  }

  /** What a commit has to keep. */
  get state(): HorizonState {
    return {
      timeMs: this.#timeMs,
      expiredToMs: this.#expiredToMs,
      events: this.#events,
      leastMs: this.#leastMs,
    };
  }

  /** Takes note of the time of an event, late ones included. */
  note(timeMs: number): void {
    this.#leastMs = this.#events === 0 ? timeMs : Math.min(this.#leastMs, timeMs);
    this.#events += 1;
    if (this.#events >= this.#agreeingEvents) this.#consider();
  }

  #consider(): void {
    this.#events = 0;
    this.#timeMs = Math.max(this.#timeMs, this.#leastMs);
    const outlivedMs = Math.max(0, this.#timeMs - this.#retentionMs);
    this.#expiredToMs = Math.max(this.#expiredToMs, lastWindowStart(outlivedMs, this.#longest));
  }
}
