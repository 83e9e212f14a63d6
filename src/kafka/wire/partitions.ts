import type { TopicPartition } from "../../streams/record.ts";
import type { WireWriter } from "./wire_writer.ts";

/** Names partitions by topic, as most requests do; `null` for all that there are. */
export function writePartitions(
  writer: WireWriter,
  partitions: readonly TopicPartition[] | null,
): WireWriter {
  const byTopic = partitions && [...Map.groupBy(partitions, ({ topic }) => topic)];
  return writer.array(
    byTopic,
    (w, [topic, ofTopic]) =>
      w.string(topic).array(ofTopic, (p, { partition }) => p.int32(partition)).tags(),
  );
}
