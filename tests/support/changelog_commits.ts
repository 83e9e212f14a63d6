import type { RecordLog } from "../../src/streams/ports.ts";
import type { TopicPartition } from "../../src/streams/record.ts";
import { metaKey } from "../../src/streams/state/store_keys.ts";
import { readAll } from "../contract/log_harness.ts";

/** One commit as its changelog shows it. */
export interface ChangelogCommit {
  readonly records: number;
  /** The task's meta record, which is the last of each commit. */
  readonly meta: Uint8Array;
}

/** The commits of a task, oldest first; of a changelog that was not compacted yet. */
export async function changelogCommits(
  log: RecordLog,
  changelog: TopicPartition,
): Promise<ChangelogCommit[]> {
  const commits: ChangelogCommit[] = [];
  let records = 0;
  for (const { key, value } of await readAll(log, changelog)) {
    records += 1;
    if (key?.length !== metaKey.length || key[0] !== metaKey[0] || value === null) continue;
    commits.push({ records, meta: value });
    records = 0;
  }
  return commits;
}
