import type { Clock } from "../../base/clock.ts";
import { ByAddress } from "./by_address.ts";

/** Requests that begin before everything else gets the event loop: a few milliseconds of work. */
const beginMax = 8;

/** How long queries may keep it, ms; one that has begun continues to its end. */
const workMsMax = 4;

/** A turn that took no longer needs no pause, ms: its own timer leaves the loop idle for a moment. */
const briefMs = 3;

/** Longest pause for everything else, ms. */
const pauseMsMax = 25;

/**
 * Lets requests begin a few at a time, and leaves as much time between them as they took.
 *
 * A turn that ends is not enough: Deno's loop looks at its sockets when it has nothing to do, else
 * only every 61st time. Under a flood of requests, whose timers are always due, a new client was
 * heard after a quarter of a second.
 */
export class Turns {
  readonly #clock: Clock;
  readonly #waiting = new ByAddress<() => void>();
  #begun = 0;
  /** When the first of them began. */
  #begunMs: number | undefined;
  #workedMs = 0;
  #pause: Promise<void> | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Begins the work of a request when there is room for it; what is urgent goes first. */
  begin(address: string, work: () => void, urgency: "urgent" | "usual" = "usual"): void {
    this.#waiting.add(address, work, urgency === "urgent" ? "first" : "last");
    this.#beginSome();
  }

  /** Queries have worked for too long: the next one begins after a pause. */
  get isFull(): boolean {
    return this.#workedMs > workMsMax;
  }

  /** Ends after the next pause. */
  pause(): Promise<void> {
    return this.#pause ??= this.#rest();
  }

  /** Ends when nothing waits and nothing pauses. */
  async settled(): Promise<void> {
    while (this.#pause !== undefined) await this.#pause;
  }

  /** Counts what a query has worked, ms. */
  worked(ms: number): void {
    this.#workedMs += ms;
  }

  #beginSome(): void {
    while (this.#begun < beginMax) {
      const work = this.#waiting.next();
      if (work === undefined) break;
      this.#begun++;
      this.#begunMs ??= this.#clock.monotonicMs();
      work();
    }
    if (this.#begun > 0) void this.pause();
  }

  async #rest(): Promise<void> {
    const begunMs = this.#begunMs ?? this.#clock.monotonicMs();
    await this.#clock.sleep(0);
    const tookMs = Math.max(this.#workedMs, this.#clock.monotonicMs() - begunMs);
    if (tookMs > briefMs) await this.#clock.sleep(Math.min(pauseMsMax, tookMs));
    this.#pause = undefined;
    this.#begun = 0;
    this.#begunMs = undefined;
    this.#workedMs = 0;
    this.#beginSome();
  }
}
