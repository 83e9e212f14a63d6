import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { type ErrorCode, PipelineError } from "../../../src/base/errors.ts";
import type { Frame, FrameSource } from "../../../src/feed/frame.ts";
import { messageOf } from "../../../src/feed/message.ts";
import { type IngestOptions, runIngest } from "../../../src/ingest/ingest.ts";
import type { TradeCodec } from "../../../src/market/codec.ts";
import type { RecordAppender } from "../../../src/streams/ports.ts";
import type { OutputRecord } from "../../../src/streams/record.ts";
import { decodeText } from "../../../src/streams/text.ts";
import { entry, frameOf, ListSource, tradeText } from "../../support/frames.ts";
import { jsonTradeCodec } from "../../support/json_trade_codec.ts";
import { LogLines } from "../../support/log_lines.ts";
import { MemoryQueue } from "../../../src/ingest/memory_queue.ts";
import { Spool } from "../../../src/ingest/spool.ts";
import { memorySpool } from "../../../src/ingest/memory_spool.ts";
import { sortBySize } from "../../../src/streams/testing/record_sizes.ts";
import { settle, SimulatedClock } from "../../../src/streams/testing/simulated_clock.ts";
import { JumpingClock } from "../../support/jumping_clock.ts";

/** Keeps what it is given; fails or hangs when told to. */
class FakeAppender implements RecordAppender {
  readonly appends: (readonly OutputRecord[])[] = [];
  readonly failures: ErrorCode[] = [];
  /** While set, appends wait for it. */
  gate: Promise<void> | undefined;
  /** Bytes of a value that it takes at most. */
  valueBytesMax = Infinity;

  get records(): OutputRecord[] {
    return this.appends.flat();
  }

  async append(records: readonly OutputRecord[]): Promise<readonly OutputRecord[]> {
    await this.gate;
    const code = this.failures.shift();
    if (code) throw new PipelineError(code, "Cannot append as the test says so");
    const { taken, refused } = sortBySize(records, this.valueBytesMax);
    this.appends.push(taken);
    return refused;
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

function ingest(options: Pick<IngestOptions, "source" | "appender"> & Partial<IngestOptions>) {
  const logger = new LogLines();
  const clock = options.clock ?? new JumpingClock();
  const totals = runIngest({
    codec: () => Promise.resolve(jsonTradeCodec),
    topic: "trade1",
    spool: memorySpool(clock),
    clock,
    random: { next: () => 0.5 },
    logger,
    signal: new AbortController().signal,
    ...options,
  });
  return { totals, logger };
}

// 1 MB of 0xFF: 3 MB of U+FFFD, MESSAGE_TOO_LARGE, and the same at the next start.
Deno.test("runIngest() keeps the bytes of a frame that is no text, and sends the next one", async () => {
  const binary = new Uint8Array(1_000_000).fill(0xff);
  const long = new Uint8Array(1_500_000).fill(0x20);
  const messages = [messageOf(binary), messageOf(long), { text: tradeText(entry({ p: 7 })) }];
  const source: FrameSource = {
    producerId: "p",
    async *frames() {
      await Promise.resolve();
      yield* messages.map((message, i) => ({ ...frameOf("", i + 1), ...message }));
    },
  };
  const appender = new FakeAppender();
  const totals = await ingest({ source, appender }).totals;
  assert.deepEqual([totals.trades, totals.deadLetters], [1, 2]);
  const [first, second, ...rest] = appender.records;
  assert.ok(Buffer.from(first?.value ?? []).equals(binary)); // a diff of megabytes takes minutes
  assert.equal(second?.value?.length, 1_000_000);
  const { "value-length": length, "value-sha256": digest } = second?.headers ?? {};
  assert.equal(decodeText(length ?? new Uint8Array()), "1500000");
  assert.equal(
    decodeText(digest ?? new Uint8Array()),
    createHash("sha256").update(long).digest("hex"),
  );
  assert.deepEqual(pricesOf(rest), [7]);
});

function priceTexts(count: number): string[] {
  return Array.from({ length: count }, (_, index) => tradeText(entry({ p: index })));
}

function pricesOf(records: readonly OutputRecord[]): number[] {
  return records.flatMap(({ value }) =>
    value ? jsonTradeCodec.decode(value).map(({ price }) => price) : []
  );
}

function identityId(headers: OutputRecord["headers"]): Uint8Array {
  return headers?.["producer-id"] ?? new Uint8Array();
}

function priceRange(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

Deno.test("runIngest() carries everything over in order and counts it", async () => {
  const appender = new FakeAppender();
  const texts = [...priceTexts(50), `{"type":"ping"}`, "broken", tradeText(null, entry({ p: 50 }))];
  const { totals, logger } = ingest({ source: new ListSource(texts), appender });
  assert.deepEqual(await totals, {
    frames: 53,
    trades: 51,
    deadLetters: 2,
    records: 53,
    waiting: 0,
  });
  const inputs = appender.records.filter(({ topic }) => topic === "trade1");
  assert.deepEqual(pricesOf(inputs), priceRange(51));
  assert.equal(logger.complaints.length, 2);
});

Deno.test("runIngest() appends together what arrived during an append", async () => {
  const appender = new FakeAppender();
  const gate = Promise.withResolvers<void>();
  appender.gate = gate.promise;
  const { totals } = ingest({ source: new ListSource(priceTexts(20)), appender });
  for (let turn = 0; turn < 10; turn++) await settle();
  appender.gate = undefined;
  gate.resolve();
  await totals;
  assert.deepEqual(appender.appends.map((records) => records.length), [1, 19]);
});

Deno.test("runIngest() tries again while log or registry is away, in order, naming it once", async () => {
  const appender = new FakeAppender();
  appender.failures.push(...Array(40).fill("LOG_UNAVAILABLE"), "REGISTRY_UNAVAILABLE");
  const failures: unknown[] = [];
  const { totals, logger } = ingest({
    source: new ListSource(priceTexts(5)),
    appender,
    observer: {
      frameSent() {},
      deadLettered() {},
      recordsAppended() {},
      appendFailed: (error) => failures.push(error),
      spoolChanged() {},
    },
  });
  assert.equal((await totals).records, 5);
  assert.deepEqual(pricesOf(appender.records), priceRange(5));
  assert.equal(failures.length, 41);
  assert(logger.complaints.length < 15);
  assert.match(logger.lines.at(-1)?.message ?? "", /appended again/);
});

Deno.test("runIngest() waits for a registry that the codec needs", async () => {
  let failures = 3;
  const codec: TradeCodec = {
    ...jsonTradeCodec,
    encode(trades) {
      if (failures-- > 0) throw new PipelineError("REGISTRY_UNAVAILABLE", "Cannot encode");
      return jsonTradeCodec.encode(trades);
    },
  };
  const appender = new FakeAppender();
  const { totals } = ingest({
    source: new ListSource(priceTexts(2)),
    appender,
    codec: () => Promise.resolve(codec),
  });
  assert.equal((await totals).records, 2);
  assert.deepEqual(pricesOf(appender.records), [0, 1]);
});

Deno.test("runIngest() makes a dead letter of a record that its topic does not take", async () => {
  const appender = new FakeAppender();
  appender.valueBytesMax = 1_000;
  const many = tradeText(...Array.from({ length: 100 }, () => entry({ p: 7 })));
  const texts = [tradeText(entry({ p: 1 })), many, tradeText(entry({ p: 2 }))];
  const { totals, logger } = ingest({ source: new ListSource(texts), appender });
  const { records, deadLetters, waiting } = await totals;
  assert.deepEqual({ records, deadLetters, waiting }, { records: 3, deadLetters: 1, waiting: 0 });
  const inputs = appender.records.filter(({ topic }) => topic === "trade1");
  assert.deepEqual(pricesOf(inputs), [1, 2]);
  const [letter] = appender.records.filter(({ topic }) => topic === "trade1-dead-letters");
  assert.ok((letter?.value?.length ?? 0) > 100, "the beginning is kept");
  assert.equal(decodeText(letter?.headers?.["cause"] ?? new Uint8Array()), "too-large");
  assert.ok(letter?.headers?.["value-sha256"] !== undefined);
  assert.equal(logger.complaints.length, 1);
});

Deno.test("runIngest() fails with an error that another try cannot mend", async () => {
  const appender = new FakeAppender();
  appender.failures.push("TOPIC_UNSUITABLE");
  const { totals } = ingest({ source: new ListSource(priceTexts(5)), appender });
  await assert.rejects(totals, { code: "TOPIC_UNSUITABLE" });
});

Deno.test("runIngest() sends what came before the source failed, then fails with it", async () => {
  const appender = new FakeAppender();
  const failure = new PipelineError("FEED_REFUSED", "Cannot connect");
  const { totals } = ingest({ source: new ListSource(priceTexts(5), failure), appender });
  await assert.rejects(totals, { code: "FEED_REFUSED" });
  assert.deepEqual(pricesOf(appender.records), priceRange(5));
});

/** Yields what it has, then nothing until the signal fires. */
function idleSource(texts: readonly string[]): FrameSource {
  return {
    producerId: "idle-1",
    async *frames(signal): AsyncGenerator<Frame> {
      for (const [index, text] of texts.entries()) yield frameOf(text, index + 1);
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    },
  };
}

Deno.test("runIngest() sends the rest after a shutdown was asked for", async () => {
  const appender = new FakeAppender();
  const gate = Promise.withResolvers<void>();
  appender.gate = gate.promise;
  const stop = new AbortController();
  const source = idleSource(priceTexts(5));
  const { totals } = ingest({ source, appender, signal: stop.signal, clock: new SimulatedClock() });
  await settle();
  stop.abort();
  await settle();
  gate.resolve();
  assert.equal((await totals).records, 5);
});

Deno.test("runIngest() gives up after five seconds and says how much it could not send", async () => {
  const appender = new FakeAppender();
  appender.gate = new Promise(() => {});
  const stop = new AbortController();
  const clock = new SimulatedClock();
  const source = idleSource(priceTexts(5));
  const { totals } = ingest({ source, appender, signal: stop.signal, clock });
  await settle();
  stop.abort();
  await clock.advance(5_000);
  assert.deepEqual(await totals, {
    frames: 5,
    trades: 0,
    deadLetters: 0,
    records: 0,
    waiting: 5,
  });
});

Deno.test("runIngest() makes the source wait while the log does not answer", async () => {
  const appender = new FakeAppender();
  const gate = Promise.withResolvers<void>();
  appender.gate = gate.promise;
  let yielded = 0;
  const long = tradeText(entry({ x: "y".repeat(300_000) }), ...Array(100).fill(null));
  const source: FrameSource = {
    producerId: "greedy-1",
    async *frames(): AsyncGenerator<Frame> {
      while (yielded < 200) yield frameOf(long, ++yielded);
    },
  };
  const { totals } = ingest({ source, appender });
  for (let turn = 0; turn < 20; turn++) await settle();
  assert(yielded > 20 && yielded < 40, `${yielded} frames of 300 kB were taken`);
  appender.gate = undefined;
  gate.resolve();
  assert.equal((await totals).frames, 200);
  const dead = appender.records.filter(({ topic }) => topic === "trade1-dead-letters");
  assert.equal(decodeText(dead[0]?.value ?? new Uint8Array()), long);
});

Deno.test("runIngest() sends first what an earlier run left, under that run's name", async () => {
  const clock = new JumpingClock();
  const queue = new MemoryQueue();
  const limits = { bytesMax: 1_000_000, ageMsMax: Infinity, whenFull: "stop" } as const;
  const spool = () => new Spool(queue, limits, clock);
  const away = new FakeAppender();
  away.gate = new Promise(() => {});
  const stop = new AbortController();
  const simulated = new SimulatedClock();
  const killed = ingest({
    source: idleSource(priceTexts(3)),
    appender: away,
    spool: spool(),
    signal: stop.signal,
    clock: simulated,
  });
  await settle();
  stop.abort();
  await simulated.advance(5_000);
  assert.equal((await killed.totals).waiting, 3);

  const appender = new FakeAppender();
  const { totals } = ingest({ source: new ListSource(priceTexts(2)), appender, spool: spool() });
  assert.equal((await totals).waiting, 0);
  assert.deepEqual(pricesOf(appender.records), [0, 1, 2, 0, 1]);
  const producers = appender.records.map(({ headers }) => decodeText(identityId(headers)));
  assert.deepEqual(producers, ["idle-1", "idle-1", "idle-1", "list-1", "list-1"]);
  assert.equal(queue.count, 0);
});

Deno.test("runIngest() gives a record the same identity when it is sent again", async () => {
  const sent: unknown[] = [];
  for (let time = 0; time < 2; time++) {
    const appender = new FakeAppender();
    await ingest({ source: new ListSource(priceTexts(3)), appender }).totals;
    sent.push(appender.records.map(({ headers, value }) => ({ headers, value })));
  }
  assert.deepEqual(sent[0], sent[1]);
});

Deno.test("runIngest() receives before registry and log are there", async () => {
  const appender = new FakeAppender();
  const registry = Promise.withResolvers<TradeCodec>();
  const stop = new AbortController();
  const clock = new SimulatedClock();
  const spool = memorySpool(clock);
  const source = idleSource(priceTexts(4));
  const codec = () => registry.promise;
  const { totals } = ingest({ source, appender, spool, codec, clock, signal: stop.signal });
  await settle();
  assert.equal(spool.depth.frames, 4);
  registry.resolve(jsonTradeCodec);
  stop.abort();
  assert.equal((await totals).records, 4);
});

Deno.test("runIngest() ends when the spool is full, after it has tried to send for five seconds", async () => {
  const appender = new FakeAppender();
  appender.gate = new Promise(() => {});
  const clock = new SimulatedClock();
  const limits = { bytesMax: 1, ageMsMax: Infinity, whenFull: "stop" } as const;
  const spool = new Spool(new MemoryQueue(), limits, clock);
  const { totals } = ingest({ source: new ListSource(priceTexts(9)), appender, spool, clock });
  totals.catch(() => {});
  await settle();
  await clock.advance(5_000);
  await assert.rejects(totals, { code: "SPOOL_FULL" });
});
