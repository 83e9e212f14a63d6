import type { CommitLog, StateStores } from "../streams/ports.ts";

/**
 * Deletes the stores of partitions that have no commit in the log: a power cut took all of them
 * away, and with them what these stores were made from.
 *
 * Ordering: before anything runs, where the log was not closed well. A store that is ahead of a
 * commit which is there is noticed by its task.
 */
export async function deleteStoresWithoutCommit(
  stores: StateStores,
  commitLog: Pick<CommitLog, "committed">,
  topic: string,
): Promise<void> {
  for (const partition of await stores.partitions(topic)) {
    const input = { topic, partition };
    if (await commitLog.committed(input) === undefined) await stores.destroy(input);
  }
}
