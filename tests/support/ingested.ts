import { silentLogger } from "../../src/base/logger.ts";
import type { FrameSource } from "../../src/feed/frame.ts";
import { runIngest } from "../../src/ingest/ingest.ts";
import { memorySpool } from "../../src/ingest/memory_spool.ts";
import type { Spool } from "../../src/ingest/spool.ts";
import type { LogRecord } from "../../src/streams/record.ts";
import { deadLetterTopic } from "../../src/streams/side_output.ts";
import { MemoryLog } from "../../src/streams/testing/mod.ts";
import { JumpingClock } from "./jumping_clock.ts";
import { memoryTradeCodec } from "./trade_codecs.ts";

/** The topic that these frames go to. */
export const ingestTopic = "trade1";

const { codec } = await memoryTradeCodec();

/** What comes to the log of a source's frames, and of those that a spool has already. */
export async function ingested(
  source: FrameSource,
  spool: Spool = memorySpool(new JumpingClock()),
): Promise<LogRecord[]> {
  const log = new MemoryLog();
  const topics = [ingestTopic, deadLetterTopic(ingestTopic)];
  for (const name of topics) log.createTopic(name, 1);
  await runIngest({
    source,
    spool,
    appender: log,
    codec: () => Promise.resolve(codec),
    topic: ingestTopic,
    clock: new JumpingClock(),
    random: { next: () => 0.5 },
    logger: silentLogger,
    signal: new AbortController().signal,
  });
  return topics.flatMap((name) => log.visible(name));
}
