import { remarkAfterMs } from "../counting_topology.ts";
import type { History } from "./history.ts";
import type { ModelWindows } from "./model_windows.ts";
import { Pairs } from "./pairs.ts";

interface Waiting {
  readonly key: string;
  readonly timeMs: number;
}

/** The processor of a partition: what it has stored and scheduled, and what it has made. */
export class Remarks {
  readonly #history: History;
  readonly #numbers = new Map<string, number>();
  readonly #values = new Map<string, number>();
  #waiting: readonly Waiting[] = [];
  #timeMs = 0;
  /** In order, each with the input offset that it came from. */
  readonly made: { readonly offset: number; readonly text: string }[] = [];

  constructor(history: History) {
    this.#history = history;
  }

  /** Greatest time of an event so far. */
  get timeMs(): number {
    return this.#timeMs;
  }

  /** An event that can be used moves the time; what was scheduled until then comes before it. */
  moveTo(timeMs: number, offset: number, receivedAtMs: number): void {
    this.#timeMs = Math.max(this.#timeMs, timeMs);
    const isDue = (one: Waiting) => one.timeMs <= this.#timeMs;
    const due = this.#waiting.filter(isDue).sort((a, b) =>
      a.timeMs - b.timeMs || (a.key < b.key ? -1 : 1)
    );
    this.#waiting = this.#waiting.filter((one) => !isDue(one));
    for (const { key, timeMs } of due) {
      const place = `${key} ${timeMs - remarkAfterMs}`;
      this.#make(offset, key, receivedAtMs, `${timeMs}: ${this.#values.get(place)}`);
      this.#values.delete(place);
      this.#remember(`remarks.seen ${place}`, offset, "");
      this.#remember(`remarks ${key} ${timeMs}`, offset, "");
    }
  }

  take(
    { key, timeMs, value, receivedAtMs }: {
      readonly key: string;
      readonly timeMs: number;
      readonly value: number;
      readonly receivedAtMs: number;
    },
    offset: number,
  ): void {
    const number = (this.#numbers.get(key) ?? 0) + 1;
    if (number % 3 === 0) this.#numbers.delete(key);
    else this.#numbers.set(key, number);
    this.#remember(`remarks.seen ${key}`, offset, number % 3 === 0 ? "" : String(number));
    this.#values.set(`${key} ${timeMs}`, value);
    this.#remember(`remarks.seen ${key} ${timeMs}`, offset, String(value));
    const dueMs = timeMs + remarkAfterMs;
    if (!this.#waiting.some((one) => one.key === key && one.timeMs === dueMs)) {
      this.#waiting = [...this.#waiting, { key, timeMs: dueMs }];
      this.#remember(`remarks ${key} ${dueMs}`, offset, "scheduled");
    }
    this.#make(offset, key, receivedAtMs, `${number} ${value}`);
  }

  #make(offset: number, key: string, receivedAtMs: number, text: string): void {
    this.made.push({ offset, text: `${key} ${receivedAtMs} ${text}` });
  }

  #remember(name: string, offset: number, text: string): void {
    this.#history.remember(`stored ${name}`, offset, text);
  }
}

/** What is made of the events of a job that has a processor, or joins streams. */
export function remarksOf(
  { processes, pairs, combines }: ModelWindows,
  history: History,
): Remarks | Pairs | undefined {
  if (pairs === true) return new Pairs(history);
  return processes === true && combines === undefined ? new Remarks(history) : undefined;
}
