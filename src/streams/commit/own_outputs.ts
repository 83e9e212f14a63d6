import { parseCommitMetadata } from "./commit_metadata.ts";
import type { OwnOutputs } from "../ports.ts";
import type { TopicPartition } from "../record.ts";

/** What the transactions of a partition may have written, for `CommitLog.fence`. */
export function ownOutputs(
  { changelog, outputs = [] }: {
    readonly changelog: TopicPartition;
    readonly outputs?: readonly string[];
  },
): OwnOutputs {
  return {
    changelog,
    topics: outputs,
    changelogPositionIn: (metadata) => parseCommitMetadata(metadata)?.changelogPosition,
  };
}
