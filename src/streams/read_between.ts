import type { LogBounds, ReadFrom, RecordLog } from "./ports.ts";
import type { LogRecord, TopicPartition } from "./record.ts";

/**
 * Reads the committed records of a partition in `[startOffset, endOffset)`, in portions, and ends
 * there: the bounds are those of a part of the log that is decided.
 *
 * @throws {PipelineError} As the reader does.
 */
export async function* readBetween(
  log: RecordLog,
  place: TopicPartition,
  { startOffset, endOffset, topicId }: LogBounds & Pick<ReadFrom, "topicId">,
  signal: AbortSignal,
): AsyncGenerator<LogRecord[]> {
  await using reader = log.open(place, { offset: startOffset, topicId });
  for (let position = startOffset; position < endOffset;) {
    const { records, nextOffset } = await reader.next(signal);
    position = nextOffset;
    yield records.filter(({ offset }) => offset < endOffset);
  }
}
