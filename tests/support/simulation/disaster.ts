import { type ErrorCode, PipelineError } from "../../../src/base/errors.ts";
import { partitionForKey } from "../../../src/streams/partitioner.ts";
import { encodeText } from "../../../src/streams/text.ts";
import type { MemoryLog } from "../../../src/streams/testing/memory_log.ts";
import type { Chance } from "./chance.ts";
import type { InputRecord } from "./input.ts";

/** What happens to topics behind the back of a job, and cannot be undone. */
export const disasterKinds = [
  "input recreated",
  "changelog recreated",
  "tail lost",
  "partitions added",
] as const;

/** One of them, or none in this world. */
export type DisasterKind = typeof disasterKinds[number] | "none";

/** What the engine may say about each. */
const answers: Readonly<Record<DisasterKind, readonly ErrorCode[]>> = {
  "none": [],
  "input recreated": ["TOPIC_REPLACED", "INPUT_TRUNCATED"],
  "changelog recreated": ["TOPIC_REPLACED", "CHANGELOG_TRUNCATED", "STORE_FOREIGN"],
  "tail lost": ["INPUT_TRUNCATED"],
  "partitions added": ["PARTITIONS_CHANGED"],
};

const changelog = "app-totals-changelog";

/**
 * The one disaster of a world. From then on nothing may be committed of what the new log brings, and
 * every process must say what is wrong.
 */
export class Disaster {
  readonly kind: DisasterKind;
  readonly #log: MemoryLog;
  readonly #chance: Chance;
  readonly #partitions: number;
  struck = false;
  /** Partition whose tail was lost. */
  #cut: number | undefined;

  constructor(kind: DisasterKind, log: MemoryLog, chance: Chance, partitions: number) {
    this.kind = kind;
    this.#log = log;
    this.#chance = chance;
    this.#partitions = partitions;
  }

  /** Whether an error is the right answer to what has happened. */
  isAnswer(error: unknown): boolean {
    return this.struck && error instanceof PipelineError && answers[this.kind].includes(error.code);
  }

  /** True for a partition of the input whose new records are none of the state's. */
  severs(partition: number): boolean {
    return this.struck && (this.kind === "input recreated" || this.#cut === partition);
  }

  /** Where a producer sends a key: partitions that were added get some, and no task reads those. */
  partitionOf({ key, spread = 0, isMisplaced = false }: InputRecord): number {
    if (key === null || isMisplaced) return spread % this.#partitions;
    const bytes = encodeText(key);
    const added = this.struck && this.kind === "partitions added";
    const present = partitionForKey(bytes, added ? this.#partitions + 1 : this.#partitions);
    return present === this.#partitions ? present : partitionForKey(bytes, this.#partitions);
  }

  /** Lets it happen, once, where there is a state that it can break. */
  strike(): void {
    const place = { topic: "input", partition: this.#chance.whole(0, this.#partitions - 1) };
    const committed = this.#log.committedOffset("app", place) ?? 0;
    if (this.struck || this.kind === "none" || committed === 0) return;
    this.struck = true;
    switch (this.kind) {
      case "input recreated":
        return this.#log.createTopic("input", this.#partitions);
      case "changelog recreated":
        return this.#log.createTopic(changelog, this.#partitions);
      case "partitions added":
        return this.#log.addPartitions("input", this.#partitions + 1);
      case "tail lost":
        // A broker loses records that were processed; others will take their offsets.
        this.#cut = place.partition;
        return this.#log.loseTail(place, this.#chance.whole(0, committed - 1));
    }
  }
}
