import { PipelineError } from "../base/errors.ts";

/** The error for a topic that was deleted and created again. */
export function topicReplaced(topic: string, wanted: string, found: string): PipelineError {
  return new PipelineError(
    "TOPIC_REPLACED",
    `Cannot use ${topic} as it must be the topic with id ${wanted}: it was deleted and created ` +
      `again, and has id ${found}`,
    { context: { topic, wanted, found }, remedy: "reset" },
  );
}
