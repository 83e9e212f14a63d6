import type { Clock } from "../../base/clock.ts";
import { isAborted, PipelineError } from "../../base/errors.ts";
import { parseCommitMetadata } from "../commit/commit_metadata.ts";
import type { GroupPosition, RecordLog } from "../ports.ts";
import {
  type Lineage,
  type LineageTopics,
  otherTopic,
  presentLineage,
  refuseOtherLineage,
} from "../state/lineage.ts";

/** Pause between two looks, ms: what changes is noticed within a minute. */
const lookEveryMs = 30_000;

/**
 * Looks every so often whether the topics are still those that the states belong to.
 *
 * Tasks notice by themselves that a topic they open or read was replaced. The look is for what no
 * reader sees: partitions that were added to the input, and a changelog that is only written.
 *
 * Owner: the `StreamsApp`, for as long as it takes part in the group.
 */
export class LineageWatch implements AsyncDisposable {
  readonly #ports: { readonly log: Pick<RecordLog, "describe">; readonly clock: Clock };
  readonly #broken = new AbortController();
  readonly #stop = new AbortController();
  readonly #ended: Promise<void>;

  constructor(
    ports: { readonly log: Pick<RecordLog, "describe">; readonly clock: Clock },
    lineage: Lineage,
    topics: LineageTopics,
  ) {
    this.#ports = ports;
    this.#ended = this.#look(lineage, topics);
  }

  /** Fires when a topic is another one; its reason is the error that says which. */
  get broken(): AbortSignal {
    return this.#broken.signal;
  }

  /** Hears of a failure: what is wrong with the topics of one task is wrong with those of all. */
  failed(error: unknown): void {
    if (isLineageFault(error)) this.#broken.abort(error);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#ended;
  }

  async #look(lineage: Lineage, topics: LineageTopics): Promise<void> {
    const { log, clock } = this.#ports;
    while (!this.#broken.signal.aborted) {
      try {
        await clock.sleep(lookEveryMs, this.#stop.signal);
        refuseOtherLineage(lineage, await presentLineage(log, topics), topics);
      } catch (error) {
        if (isAborted(error)) return;
        if (!(error instanceof PipelineError)) throw error;
        this.failed(error);
      }
    }
  }
}

/** A log that does not answer, or a topic that is gone for the moment, says nothing. */
function isLineageFault(error: unknown): boolean {
  return error instanceof PipelineError &&
    (error.code === "TOPIC_REPLACED" || error.code === "PARTITIONS_CHANGED");
}

/**
 * Refuses to start where the group's positions say that the state is of other topics.
 *
 * @throws {PipelineError} `TOPIC_REPLACED` or `PARTITIONS_CHANGED`.
 */
export function refuseOtherPositions(
  positions: readonly GroupPosition[],
  present: Lineage,
  topics: LineageTopics,
): void {
  for (const { topic, metadata } of positions) {
    if (topics.others?.includes(topic) === true) continue;
    const lineage = parseCommitMetadata(metadata)?.lineage;
    if (lineage === undefined) continue;
    if (topic === topics.input) refuseOtherLineage(lineage, present, topics);
    else if (lineage.changelogId === present.changelogId) {
      throw otherTopic(topic, topics.input, topics.changelog);
    }
  }
}
