/** What produce sends, to topics that do not take it as it is. */
import assert from "node:assert/strict";
import { systemClock } from "../../src/base/clock.ts";
import { silentLogger } from "../../src/base/logger.ts";
import { systemRandom } from "../../src/base/random.ts";
import type { Frame, FrameSource } from "../../src/feed/frame.ts";
import { type IngestTotals, runIngest } from "../../src/ingest/ingest.ts";
import { memorySpool } from "../../src/ingest/memory_spool.ts";
import type { LogRecord } from "../../src/streams/record.ts";
import { deadLetterTopic } from "../../src/streams/side_output.ts";
import { decodeText } from "../../src/streams/text.ts";
import { readAll, uniqueName } from "../contract/log_harness.ts";
import { entry, tradeText } from "../support/frames.ts";
import { jsonTradeCodec } from "../support/json_trade_codec.ts";
import { connectTestKafka, kafkaBrokers } from "../support/kafka_harness.ts";

const ignore = kafkaBrokers().length === 0;

/** Frames of one symbol, each with so many trades. */
class Burst implements FrameSource {
  readonly producerId = "burst";
  readonly #trades: readonly number[];
  readonly #aheadMs: number;

  constructor(trades: readonly number[], aheadMs = 0) {
    this.#trades = trades;
    this.#aheadMs = aheadMs;
  }

  async *frames(): AsyncGenerator<Frame> {
    for (const [index, count] of this.#trades.entries()) {
      await Promise.resolve();
      const receivedAtMs = Date.now() + this.#aheadMs;
      const trades = Array.from({ length: count }, () => entry({ v: index }));
      yield { text: tradeText(...trades), sequence: index + 1, receivedAtMs };
    }
  }
}

/** Sends everything to a new topic, and reads it. */
async function produce(source: FrameSource, config: Readonly<Record<string, string>>) {
  await using kafka = connectTestKafka();
  const topic = uniqueName("test");
  const shape = {
    partitions: 1,
    replicationFactor: 1,
    config: { "retention.ms": "-1", ...config },
  };
  const names = [topic, deadLetterTopic(topic)];
  await kafka.ensureTopics(names.map((name) => ({ name, ...shape })));
  await using appender = kafka.appender();
  const totals: IngestTotals = await runIngest({
    source,
    appender,
    codec: () => Promise.resolve(jsonTradeCodec),
    topic,
    spool: memorySpool(systemClock),
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    signal: new AbortController().signal,
  });
  const log = kafka.log();
  const [input = [], letters = []] = await Promise.all(
    names.map((name) => readAll(log, { topic: name, partition: 0 })),
  );
  return { totals, input, letters };
}

function volumes(records: readonly LogRecord[]): (number | undefined)[] {
  return records.map(({ value }) => value ? jsonTradeCodec.decode(value)[0]?.volume : undefined);
}

Deno.test({
  // It ended as soon as 30 had gathered, and again at each start, with the same batches.
  name: "produce sends a burst to a topic that takes 20,000 bytes a batch",
  ignore,
  async fn() {
    const burst = Array.from({ length: 400 }, (_, i) => i === 200 ? 1_000 : 10);
    const { totals, input, letters } = await produce(new Burst(burst), {
      "max.message.bytes": "20000",
    });
    assert.equal(totals.waiting, 0);
    assert.equal(totals.deadLetters, 1);
    assert.deepEqual(volumes(input), [...burst.keys()].filter((i) => i !== 200));
    assert.equal(letters.length, 1);
    const { headers = {}, value } = letters[0] ?? {};
    assert.equal(decodeText(headers["cause"] ?? new Uint8Array()), "too-large");
    assert.ok((value?.length ?? 0) > 1_000, `${value?.length} bytes are kept`);
  },
});

Deno.test({
  // A machine whose clock was two hours ahead ended with INVALID_TIMESTAMP.
  name: "produce sends what a machine receives whose clock is two hours ahead",
  ignore,
  async fn() {
    const aheadMs = 2 * 3_600_000;
    const { totals, input, letters } = await produce(new Burst([1, 1, 1], aheadMs), {
      "message.timestamp.after.max.ms": "3600000",
    });
    assert.equal(totals.waiting, 0);
    assert.deepEqual(letters, []);
    assert.deepEqual(volumes(input), [0, 1, 2]);
    for (const { timestampMs } of input) {
      assert.ok(Math.abs(timestampMs - Date.now() - aheadMs) < 60_000, `${timestampMs}`);
    }
  },
});
