import type { Logger } from "../../base/logger.ts";
import { kafkajsLevels, type KafkajsLogEntry } from "./internals.ts";

/**
 * Hands a line of kafkajs's log to ours, one level lower.
 *
 * kafkajs reports as errors what we retry; an error that stays reaches the caller as a
 * `PipelineError` and is reported there.
 */
export function bridgeLogEntry(logger: Logger, { level, namespace, log }: KafkajsLogEntry): void {
  const { message, timestamp: _, logger: __, stack: ___, ...fields } = log;
  const text = `kafkajs ${namespace}: ${message}`;
  if (level === kafkajsLevels.WARN) logger.info(text, fields);
  else logger.debug(text, fields);
}
