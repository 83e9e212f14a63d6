import type { ModelRules } from "../model_rules.ts";
import type { TableEnd } from "./graph.ts";

/** How far a key is: both only move forward, whatever the rules become. */
interface KeyTime {
  readonly streamTimeMs: number;
  /** Windows that start before this are closed, sessions whose last value lies before it. */
  readonly closedToMs: number;
}

const unseen: KeyTime = { streamTimeMs: 0, closedToMs: 0 };

/** The times of a partition's keys, and when they expire. */
export class KeyTimes {
  readonly #end: TableEnd;
  readonly #keys = new Map<string, KeyTime>();
  #rules: ModelRules | undefined;
  #partitionMs = 0;
  #expiredToMs = 0;
  /** Times of events since the partition's time was last considered. */
  #passed: number[] = [];

  constructor(end: TableEnd) {
    this.#end = end;
  }

  change(rules: ModelRules): void {
    this.#rules = rules;
  }

  /** An event of the table, late or not: when enough have agreed, the partition's time moves. */
  pass(timeMs: number): void {
    const { windows, rollUpsMs } = this.#end;
    const { agreeingEvents, retentionMs, rollUpRetentionMs } = this.#rules as ModelRules;
    this.#passed.push(timeMs);
    if (windows === undefined || this.#passed.length < agreeingEvents) return;
    this.#partitionMs = Math.max(this.#partitionMs, Math.min(...this.#passed));
    this.#passed = [];
    const outlivedMs = this.#partitionMs - Math.max(retentionMs, rollUpRetentionMs);
    const stepMs = rollUpsMs.at(-1) ?? windows.advanceMs;
    this.#expiredToMs = Math.max(this.#expiredToMs, outlivedMs - outlivedMs % stepMs);
  }

  /** True for a key that is as if it had never been there, or has not been. */
  isExpired(key: string): boolean {
    return this.#own(key).streamTimeMs < this.#expiredToMs;
  }

  /** Where what is open begins for an event of now. */
  openFromMs(key: string): number {
    return this.isExpired(key) ? this.#expiredToMs : this.closedToMs(key);
  }

  /** What its own events have closed: nothing else does. */
  closedToMs(key: string): number {
    return this.#own(key).closedToMs;
  }

  renew(key: string): void {
    this.#keys.set(key, { streamTimeMs: this.#expiredToMs, closedToMs: this.#expiredToMs });
  }

  advance(key: string, timeMs: number): void {
    const { windows } = this.#end;
    const { streamTimeMs, closedToMs } = this.#own(key);
    if (windows === undefined || timeMs <= streamTimeMs) return;
    const { graceMs } = this.#rules as ModelRules;
    const overMs = timeMs - windows.sizeMs - graceMs;
    const openFromMs = overMs - overMs % windows.advanceMs + windows.advanceMs;
    this.#keys.set(key, {
      streamTimeMs: timeMs,
      closedToMs: overMs < 0 ? closedToMs : Math.max(closedToMs, openFromMs),
    });
  }

  #own(key: string): KeyTime {
    return this.#keys.get(key) ?? unseen;
  }
}
