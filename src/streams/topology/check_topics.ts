import { PipelineError } from "../../base/errors.ts";
import type { RecordLog } from "../ports.ts";
import type { JobTopic } from "./job_topics.ts";

/**
 * Refuses a job's topics where one is missing, or does not go with the input: at the start, not at
 * the first late event.
 *
 * @param partitions Partitions of the input.
 * @throws {PipelineError} `TOPIC_UNSUITABLE`.
 */
export async function checkTopics(
  log: Pick<RecordLog, "describe">,
  topics: readonly JobTopic[],
  partitions: number,
): Promise<void> {
  for (const topic of topics) {
    const found = (await log.describe(topic.name)).partitions;
    const isInput = topic.role === "input" || topic.role === "table";
    const kept = topic.role === "late" || topic.role === "dead-letters";
    const fits = kept ? found >= partitions : found === partitions;
    if (fits || topic.role === "global") continue;
    throw new PipelineError(
      "TOPIC_UNSUITABLE",
      `Cannot use ${topic.name} as it must have as many partitions as the input ` +
        `(${partitions})${isInput ? ", so that a key is in the same one of each" : ""}: it has ` +
        `${found}`,
      isInput ? {} : { remedy: kept ? "add-partitions" : "reset" },
    );
  }
}
