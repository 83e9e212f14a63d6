import type { Clock } from "../../base/clock.ts";
import { ByAddress } from "./by_address.ts";

/** Requests that begin before everything else gets the event loop: a few milliseconds of work. */
const beginMax = 8;

/** Urgent ones that begin besides these, without standing in line: a millisecond or two. */
const urgentMax = 8;

/** So many new connections since the last look are a wave: the other requests wait for its end … */
const waveMin = 16;

/** … which is looked for so often, ms … */
const waveLookMs = 5;

/** … but some of them begin after this, ms. */
const waveMsMax = 100;

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
 *
 * While many clients connect, those that have not been heard yet come first: one with something
 * urgent may stand behind all others in the system's line, which has one order only.
 */
export class Turns {
  readonly #clock: Clock;
  readonly #waiting = new ByAddress<() => void>();
  #begun = 0;
  #urgent = 0;
  /** Connections since the last look. */
  #connected = 0;
  /** When the first of them began. */
  #begunMs: number | undefined;
  #workedMs = 0;
  #pause: Promise<void> | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Begins the work of a request when there is room for it; what is urgent, at once. */
  begin(address: string, work: () => void, urgency: "urgent" | "usual" = "usual"): void {
    if (urgency === "urgent" && this.#urgent < urgentMax) {
      this.#urgent++;
      return this.#start(work);
    }
    this.#waiting.add(address, work, urgency === "urgent" ? "first" : "last");
    this.#beginSome();
  }

  /** A client has connected. */
  connected(): void {
    this.#connected++;
    if (this.#isWave) void this.pause();
  }

  /** Queries have worked for too long, or many clients connect: the next one begins after a pause. */
  get isFull(): boolean {
    return this.#workedMs > workMsMax || this.#isWave;
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

  get #isWave(): boolean {
    return this.#connected >= waveMin;
  }

  #beginSome(): void {
    while (this.#begun < beginMax && !this.#isWave) {
      const work = this.#waiting.next();
      if (work === undefined) return;
      this.#begun++;
      this.#start(work);
    }
  }

  #start(work: () => void): void {
    this.#begunMs ??= this.#clock.monotonicMs();
    work();
    void this.pause();
  }

  async #rest(): Promise<void> {
    const begunMs = this.#begunMs ?? this.#clock.monotonicMs();
    await this.#clock.sleep(0);
    const tookMs = Math.max(this.#workedMs, this.#clock.monotonicMs() - begunMs);
    if (tookMs > briefMs) await this.#clock.sleep(Math.min(pauseMsMax, tookMs));
    await this.#wave();
    this.#pause = undefined;
    this.#begun = 0;
    this.#urgent = 0;
    this.#begunMs = undefined;
    this.#workedMs = 0;
    this.#beginSome();
  }

  async #wave(): Promise<void> {
    const endMs = this.#clock.monotonicMs() + waveMsMax;
    while (this.#isWave && this.#clock.monotonicMs() < endMs) {
      this.#connected = 0;
      this.#urgent = 0;
      await this.#clock.sleep(waveLookMs);
    }
    this.#connected = 0;
  }
}
