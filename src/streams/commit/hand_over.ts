import type { Clock } from "../../base/clock.ts";
import { parseCommitMetadata } from "./commit_metadata.ts";
import type { CommitLog, RecordLog } from "../ports.ts";
import type { TopicPartition } from "../record.ts";

/** What is asked to find out whether the former owner is done. */
export interface HandOverPorts {
  readonly commitLog: Pick<CommitLog, "committed">;
  readonly log: Pick<RecordLog, "bounds">;
  readonly clock: Clock;
}

/** How long a new owner waits for the last commit of the former one, ms. */
export const handOverMsMax = 500;

/** Pause between two looks, ms. */
const lookMs = 20;

/**
 * Waits until the former owner of a partition, which is closing it at this moment, has made its
 * last commit: fencing it any earlier would only throw its work away. Not for long: a sink that is
 * slow over there must not hold up the partition here, nor a log that knows no position while a
 * transaction of an owner that has died is pending: only a fence ends that.
 */
export async function formerOwnerIsDone(
  ports: HandOverPorts,
  input: TopicPartition,
  signal: AbortSignal,
): Promise<void> {
  const over = new AbortController();
  const due = ports.clock.sleep(handOverMsMax, over.signal);
  const done = lookUntilDone(ports, input, AbortSignal.any([signal, over.signal]));
  try {
    await Promise.race([done, due]);
  } finally {
    over.abort();
  }
}

async function lookUntilDone(
  { commitLog, log, clock }: HandOverPorts,
  input: TopicPartition,
  signal: AbortSignal,
): Promise<void> {
  const { startOffset, endOffset } = await log.bounds(input);
  for (;;) {
    const { offset, metadata } = await commitLog.committed(input) ?? { offset: startOffset };
    if (offset >= endOffset) return;
    if (parseCommitMetadata(metadata)?.closed === true) return;
    await clock.sleep(lookMs, signal);
  }
}
