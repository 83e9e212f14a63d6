import { type Combining, odd } from "../counting_topology.ts";
import type { History } from "./history.ts";
import type { InputRecord } from "./input.ts";

/** What the tables of a partition have of a key. */
type Held = Readonly<Partial<Record<"input" | NonNullable<InputRecord["topic"]>, number>>>;

/** Three tables joined with each other: what each has, and what comes of every change. */
export class Combined {
  readonly #history: History;
  readonly #kind: Combining;
  readonly #held = new Map<string, Held>();
  /** In order, each with the input offset that it came from. */
  readonly made: { readonly offset: number; readonly text: string }[] = [];

  constructor(history: History, kind: Combining) {
    this.#history = history;
    this.#kind = kind;
  }

  /** What comes of a record: nothing at all, its effect, or the job's fault. */
  take(
    offset: number,
    { topic: named, key, factor, timestampMs }: InputRecord,
  ): "unread" | "nothing" | "taken" | "fault" {
    const topic = named ?? "input";
    if (key === null || factor === undefined) return "unread";
    const { [topic]: former, ...others } = this.#held.get(key) ?? {};
    if (factor === null && former === undefined) return "nothing";
    const before: Held = this.#held.get(key) ?? {};
    const after: Held = factor === null ? others : { ...others, [topic]: factor };
    const result = this.#resultOf(after);
    if (result === odd) return "fault";
    this.#held.set(key, after);
    const stored = factor === null ? "" : String(factor);
    this.#history.remember(`stored ${topic} ${key}`, offset, stored);
    if (result !== undefined || this.#resultOf(before) !== undefined) {
      this.made.push({ offset, text: `${key} ${timestampMs} ${result ?? "gone"}` });
    }
    return "taken";
  }

  #resultOf({ input, second, factors }: Held): string | undefined {
    if (input === undefined && (second === undefined || this.#kind !== "outerJoin")) {
      return undefined;
    }
    if (second === undefined && this.#kind === "join") return undefined;
    if (input !== undefined && input === second) return odd;
    return `${input ?? "-"} ${second ?? "-"} ${factors ?? "-"}`;
  }
}
