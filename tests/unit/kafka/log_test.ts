/** Where a reader goes, by what a broker answers. */
import assert from "node:assert/strict";
import { systemClock } from "../../../src/base/clock.ts";
import { seededRandom } from "../../../src/base/random.ts";
import { KafkaLog } from "../../../src/kafka/read/log.ts";
import type { PartitionReader, ReadFrom } from "../../../src/streams/ports.ts";
import { SimulatedClock } from "../../../src/streams/testing/simulated_clock.ts";
import { valuesOf } from "../../contract/log_harness.ts";
import { FakeBroker } from "../../support/fake_broker.ts";
import { dataBatch } from "../../support/kafka_batches.ts";

const place = { topic: "t", partition: 0 };
const waiting = { clock: systemClock, random: seededRandom(1) };
const options = {
  maxWaitMs: 50,
  maxBytes: 1_000_000,
  maxBytesPerPartition: 1_000_000,
  bufferedBytesMax: 1_000_000,
  unavailableAfterMs: 50,
};

/** Longer than any of these reads takes. */
const patience = () => AbortSignal.timeout(10_000);

interface Reading {
  readonly broker: FakeBroker;
  readonly log: KafkaLog;
  readonly reader: PartitionReader;
}

/** A log of two batches of three records each, of leader epoch 4. */
function fakeBroker(): FakeBroker {
  const broker = new FakeBroker();
  broker.leaderEpoch = 4;
  broker.endOffset = 6;
  broker.batches = [0, 3].map((baseOffset) =>
    dataBatch({ baseOffset, values: ["a", "b", "c"], leaderEpoch: 4 })
  );
  return broker;
}

async function reading(
  from: ReadFrom,
  run: (test: Reading) => Promise<void>,
  { bufferedBytesMax } = options,
): Promise<void> {
  const broker = fakeBroker();
  const log = new KafkaLog(broker.cluster(), waiting, { ...options, bufferedBytesMax });
  await using reader = log.open(place, from);
  await run({ broker, log, reader });
  await log[Symbol.asyncDispose]();
  await network();
}

/** The same on a clock that a test moves, with a broker that is not well from the beginning. */
async function readingInTime(
  from: ReadFrom,
  ail: (broker: FakeBroker) => void,
  run: (test: Reading & { readonly clock: SimulatedClock }) => Promise<void>,
): Promise<void> {
  const clock = new SimulatedClock();
  const broker = fakeBroker();
  ail(broker);
  const timing = { clock, random: seededRandom(1) };
  const log = new KafkaLog(broker.cluster(), timing, { ...options, unavailableAfterMs: 3_000 });
  await using reader = log.open(place, from);
  await run({ broker, log, reader, clock });
  const disposed = log[Symbol.asyncDispose]();
  await passed(clock, 1_000);
  await disposed;
}

/** Lets requests and answers travel. */
async function network(): Promise<void> {
  for (let i = 0; i < 6; i++) await new Promise((resolve) => setTimeout(resolve, 0));
}

/** Lets time pass, and in it whatever takes none. */
async function passed(clock: SimulatedClock, ms: number): Promise<void> {
  const endMs = clock.monotonicMs() + ms;
  await network();
  while (clock.monotonicMs() + clock.nextWakeMs <= endMs) {
    await clock.step();
    await network();
  }
  await clock.advance(endMs - clock.monotonicMs());
}

/** What `next` gives, as soon as it does: the records' values, or an error's code. */
function outcomeOf(reader: PartitionReader): { readonly current: () => unknown } {
  let outcome: unknown = "none yet";
  reader.next(patience()).then(
    ({ records }) => outcome = valuesOf(records).join(""),
    (error: unknown) => outcome = (error as { readonly code?: string }).code,
  );
  return { current: () => outcome };
}

const unavailable = {
  code: "LOG_UNAVAILABLE",
  message: /answers with nothing; .* raise remote.fetch.max.wait.ms of the brokers$/,
};

Deno.test("KafkaLog stays where it is however often a broker shows nothing, and reports it", async () => {
  await reading({ offset: 0 }, async ({ broker, reader }) => {
    broker.withholds = true;
    // How many fetches one report takes is a matter of time.
    for (let i = 0; i < 3 || broker.fetches <= 5; i++) {
      await assert.rejects(reader.next(patience()), unavailable);
    }
    broker.withholds = false;
    const { records, nextOffset } = await reader.next(patience());
    assert.deepEqual(valuesOf(records), ["a", "b", "c", "a", "b", "c"]);
    assert.equal(nextOffset, 6);
  });
});

Deno.test("KafkaLog asks with the epoch of its position, and hears that it is lost", async () => {
  await reading({ offset: 6, leaderEpoch: 3 }, async ({ broker, reader }) => {
    broker.epochEnds.set(3, 2);
    const expected = { code: "INPUT_TRUNCATED", message: /offset 6 .* epoch 3 .* ends at 2/ };
    for (let i = 0; i < 2; i++) await assert.rejects(reader.next(patience()), expected);
  });
});

Deno.test("KafkaLog asks with the epoch of what it has read", async () => {
  await reading({ offset: 0, leaderEpoch: 3 }, async ({ broker, reader }) => {
    assert.equal((await reader.next(patience())).leaderEpoch, 4);
    broker.epochEnds.set(4, 5);
    await assert.rejects(reader.next(patience()), { code: "INPUT_TRUNCATED" });
  });
});

Deno.test("KafkaLog does not read on in another topic of the same name", async () => {
  await reading({ offset: 0 }, async ({ broker, reader }) => {
    await reader.next(patience());
    const former = broker.topicId;
    broker.topicId = "B".repeat(21) + "Q";
    broker.endOffset = 12;
    broker.batches = [dataBatch({ baseOffset: 6, values: ["new"], leaderEpoch: 0 })];
    const expected = {
      code: "TOPIC_REPLACED",
      message: new RegExp(`${former}.*${broker.topicId}`),
    };
    for (let i = 0; i < 2; i++) await assert.rejects(reader.next(patience()), expected);
  });
});

const always = (code: number) => new Array<number>(10_000).fill(code);
const notLeader = 6;
const outOfRange = 1;
const denied = 29;
const unknownTopic = 3;

Deno.test("KafkaLog reports what may pass when it lasts, and again when it lasts on", async () => {
  const ail = (broker: FakeBroker) => void broker.fetchErrors.push(...always(notLeader));
  await readingInTime({ offset: 0 }, ail, async ({ broker, reader, clock }) => {
    for (let reports = 0; reports < 2; reports++) {
      const outcome = outcomeOf(reader);
      await passed(clock, 2_400);
      assert.equal(outcome.current(), "none yet");
      await passed(clock, 1_200);
      assert.equal(outcome.current(), "LOG_UNAVAILABLE");
    }
    assert.ok(broker.fetches < 60, `${broker.fetches} tries in seven seconds`);
    broker.fetchErrors.length = 0;
    await passed(clock, 600);
    assert.equal(valuesOf((await reader.next(patience())).records).length, 6);
  });
});

Deno.test("KafkaLog is patient again once a partition was served", async () => {
  await readingInTime({ offset: 6 }, () => {}, async ({ broker, reader, clock }) => {
    const outcome = outcomeOf(reader);
    for (let times = 0; times < 3; times++) {
      broker.fetchErrors.push(...always(notLeader));
      await passed(clock, 2_000);
      broker.fetchErrors.length = 0;
      await passed(clock, 600);
    }
    assert.equal(outcome.current(), "none yet");
    broker.endOffset = 7;
    broker.batches = [dataBatch({ baseOffset: 6, values: ["d"], leaderEpoch: 4 })];
    await network();
    assert.equal(outcome.current(), "d");
  });
});

Deno.test.each<{ readonly what: string; readonly ail: (broker: FakeBroker) => void }>([
  { what: "a partition", ail: ({ fetchErrors }) => void fetchErrors.push(denied) },
  { what: "a topic", ail: (broker) => void (broker.metadataError = denied) },
  {
    what: "the bounds of a partition",
    ail: ({ fetchErrors, boundsErrors }) => {
      fetchErrors.push(outOfRange);
      boundsErrors.push(denied, denied);
    },
  },
])("KafkaLog reports at once that access to $what is denied", async ({ ail }) => {
  await readingInTime({ offset: 0 }, ail, async ({ reader }) => {
    const refused = { code: "CONFIG_INVALID", message: /TOPIC_AUTHORIZATION_FAILED/ };
    for (let i = 0; i < 2; i++) await assert.rejects(reader.next(patience()), refused);
  });
});

Deno.test.each<{ readonly what: string; readonly ail: (broker: FakeBroker) => void }>([
  { what: "a fault", ail: ({ fetchErrors }) => void fetchErrors.push(notLeader) },
  { what: "nothing for a position", ail: (broker) => void (broker.withholds = true) },
  { what: "no answer", ail: () => {} },
])("KafkaLog fetches no more after $what before it is known who leads", async ({ what, ail }) => {
  await readingInTime({ offset: 0 }, ail, async ({ broker, reader, clock }) => {
    const held = Promise.withResolvers<void>();
    broker.held = held.promise;
    await network();
    broker.metadataError = unknownTopic;
    broker.away = what === "no answer";
    held.resolve();
    await passed(clock, 2_000);
    broker.away = false;
    await passed(clock, 2_000);
    assert.equal(broker.fetches, 1);
    await assert.rejects(reader.next(patience()), { code: "LOG_UNAVAILABLE" });
    broker.metadataError = 0;
    broker.withholds = false;
    await passed(clock, 1_000);
    assert.equal(valuesOf((await reader.next(patience())).records).length, 6);
  });
});

Deno.test.each([
  { offset: 2, startOffset: 3, expected: "INPUT_TRUNCATED" },
  { offset: 7, startOffset: 0, expected: "INPUT_TRUNCATED" },
  { offset: 3, startOffset: 3, expected: "abc" },
  { offset: 4, startOffset: 3, expected: "bc" },
  { offset: 6, startOffset: 3, expected: "none yet" },
])(
  "KafkaLog takes a position out of range for lost only outside the log: %o",
  async ({ offset, startOffset, expected }) => {
    const ail = (broker: FakeBroker) => {
      broker.fetchErrors.push(outOfRange);
      broker.startOffset = startOffset;
    };
    await readingInTime({ offset }, ail, async ({ reader, clock }) => {
      const outcome = outcomeOf(reader);
      await passed(clock, 1_000);
      assert.equal(outcome.current(), expected);
    });
  },
);

Deno.test("KafkaLog.bounds() follows a partition to another broker", async () => {
  await readingInTime({ offset: 0 }, () => {}, async ({ broker, log, reader, clock }) => {
    await reader.next(patience());
    await reader[Symbol.asyncDispose]();
    broker.leader = 2;
    const bounds = log.bounds(place);
    await passed(clock, 1_000);
    assert.deepEqual(await bounds, { startOffset: 0, endOffset: 6 });
  });
});

Deno.test("KafkaLog follows a partition to another broker", async () => {
  await readingInTime({ offset: 0 }, () => {}, async ({ broker, reader, clock }) => {
    await reader.next(patience());
    broker.leader = 2;
    broker.endOffset = 7;
    broker.batches = [dataBatch({ baseOffset: 6, values: ["d"], leaderEpoch: 4 })];
    await passed(clock, 1_000);
    assert.deepEqual(valuesOf((await reader.next(patience())).records), ["d"]);
  });
});

/** Compaction has removed everything. */
function compactAll(broker: FakeBroker): void {
  broker.config = { "cleanup.policy": "compact" };
  broker.batches = [];
}

Deno.test("KafkaLog passes what compaction has removed, and reads on behind it", async () => {
  await readingInTime({ offset: 2 }, compactAll, async ({ broker, reader, clock }) => {
    await passed(clock, 6_000);
    const { records, nextOffset } = await reader.next(patience());
    assert.deepEqual([records, nextOffset], [[], 6]);
    broker.endOffset = 7;
    broker.batches = [dataBatch({ baseOffset: 6, values: ["d"], leaderEpoch: 4 })];
    await passed(clock, 1_000);
    assert.deepEqual(valuesOf((await reader.next(patience())).records), ["d"]);
  });
});

Deno.test("KafkaLog asks again whether a topic is compacted after a broker did not say", async () => {
  await readingInTime({ offset: 2 }, compactAll, async ({ broker, reader, clock }) => {
    await passed(clock, 1_000);
    broker.away = true;
    await passed(clock, 4_500);
    await assert.rejects(reader.next(patience()), { code: "LOG_UNAVAILABLE" });
    broker.away = false;
    await passed(clock, 8_000);
    assert.equal((await reader.next(patience())).nextOffset, 6);
  });
});

Deno.test("KafkaLog continues with a reader that was full as soon as it is drained", async () => {
  await reading({ offset: 0 }, async ({ broker, reader }) => {
    await network();
    assert.equal(broker.fetches, 1);
    await reader.next(patience());
    broker.endOffset = 7;
    broker.batches = [dataBatch({ baseOffset: 6, values: ["d"], leaderEpoch: 4 })];
    assert.deepEqual(valuesOf((await reader.next(patience())).records), ["d"]);
  }, { ...options, bufferedBytesMax: 1 });
});

Deno.test("KafkaLog fetches nothing for a reader that is closed, and has the others wait their time", async () => {
  await reading({ offset: 6 }, async ({ broker, log, reader }) => {
    await using other = log.open(place, { offset: 6 });
    await using lost = log.open(place, { offset: 6, leaderEpoch: 3 });
    broker.epochEnds.set(3, 2);
    await assert.rejects(lost.next(patience()), { code: "INPUT_TRUNCATED" });
    await network();
    assert.equal(broker.maxWaitMs, 10);
    await other[Symbol.asyncDispose]();
    await network();
    assert.equal(broker.maxWaitMs, options.maxWaitMs);
    await reader[Symbol.asyncDispose]();
    await network();
    const { fetches } = broker;
    await network();
    assert.equal(broker.fetches, fetches);
  });
});

Deno.test("KafkaLog looks for a leader no more when its reader is closed, and fetches nothing", async () => {
  const ail = (broker: FakeBroker) => broker.metadataError = unknownTopic;
  await readingInTime({ offset: 0 }, ail, async ({ broker, log, reader, clock }) => {
    await network();
    await reader[Symbol.asyncDispose]();
    await passed(clock, 1_000);
    assert.equal(clock.nextWakeMs, Infinity);
    broker.metadataError = 0;
    {
      await using _closed = log.open(place, { offset: 0 });
    }
    await network();
    assert.equal(broker.fetches, 0);
  });
});

Deno.test("KafkaLog ends without the answer to a fetch, or to where a partition is", async () => {
  for (const isFound of [true, false]) {
    const broker = fakeBroker();
    if (isFound) broker.held = new Promise(() => {});
    else broker.metadataError = unknownTopic;
    const timing = { clock: new SimulatedClock(), random: seededRandom(1) };
    const log = new KafkaLog(broker.cluster(), timing, options);
    await using _reader = log.open(place, { offset: 0 });
    await network();
    await log[Symbol.asyncDispose]();
  }
});

Deno.test("KafkaLog has nothing under way any more when it has ended", async () => {
  const broker = fakeBroker();
  broker.fetchErrors.push(outOfRange);
  broker.boundsErrors.push(...always(notLeader));
  const clock = new SimulatedClock();
  const log = new KafkaLog(broker.cluster(), { clock, random: seededRandom(1) }, options);
  await using _reader = log.open(place, { offset: 0 });
  await network();
  let ended = false;
  const ending = log[Symbol.asyncDispose]().then(() => ended = true);
  await network();
  assert.ok(!ended, "it waits to ask for the bounds again");
  await passed(clock, 1_000);
  await ending;
  assert.equal(clock.nextWakeMs, Infinity);
});
