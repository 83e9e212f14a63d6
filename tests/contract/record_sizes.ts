/** What every log must do with records that are large, or stamped strangely; run over each. */
import assert from "node:assert/strict";
import type { OutputRecord } from "../../src/streams/record.ts";
import { decodeText } from "../../src/streams/text.ts";
import {
  type LogHarness,
  type LogHarnessFactory,
  readAll,
  readCount,
  registerCases,
  type SuiteOptions,
  textRecord,
  uniqueName,
  valuesOf,
} from "./log_harness.ts";

const hourMs = 3_600_000;

/** A log with topics that take little: 20,000 bytes a batch. */
type SmallHarness = LogHarness & Required<Pick<LogHarness, "createSmallTopic">>;

/** A burst: more than the topic takes at once, each record far less. */
function burst(topic: string): OutputRecord[] {
  return Array.from(
    { length: 200 },
    (_, i) => textRecord({ topic, partition: 0 }, "k", `${i} ${"x".repeat(700)}`),
  );
}

/** Larger than the topic takes. */
function large(topic: string): OutputRecord {
  return textRecord({ topic, partition: 0 }, "k", "y".repeat(60_000));
}

function isSmall(harness: LogHarness): asserts harness is SmallHarness {
  assert.ok(harness.createSmallTopic !== undefined, "the harness must offer small topics");
}

const sizeCases = {
  async "appends more than a topic takes at once, in order"(harness: LogHarness) {
    isSmall(harness);
    const topic = await harness.createSmallTopic();
    await using writer = harness.appender();
    const records = burst(topic);
    assert.deepEqual(await writer.append(records), []);
    const read = await readAll(harness.log, { topic, partition: 0 });
    assert.deepEqual(read.map(({ value }) => value), records.map(({ value }) => value));
  },

  async "gives a record back that a topic never takes, and appends the others"(
    harness: LogHarness,
  ) {
    isSmall(harness);
    const topic = await harness.createSmallTopic();
    await using writer = harness.appender();
    const records = [...burst(topic).slice(0, 5), large(topic), ...burst(topic).slice(5, 10)];
    const refused = await writer.append(records);
    assert.deepEqual(refused.map(({ value }) => value), [large(topic).value]);
    await writer.append([textRecord({ topic, partition: 0 }, "k", "next")]);
    const read = await readAll(harness.log, { topic, partition: 0 });
    assert.deepEqual(
      read.map(({ value }) => value),
      [...burst(topic).slice(0, 10), textRecord({ topic }, "k", "next")].map(({ value }) => value),
    );
  },

  async "appends the beginning of a record that may be cut"(harness: LogHarness) {
    isSmall(harness);
    const topic = await harness.createSmallTopic();
    await using writer = harness.appender();
    assert.deepEqual(await writer.append([{ ...large(topic), cuttable: true }]), []);
    const [read] = await readAll(harness.log, { topic, partition: 0 });
    const kept = read?.value?.length ?? 0;
    assert.ok(kept > 5_000 && kept < 20_000, `${kept}`);
    assert.equal(decodeText(read?.headers["value-length"] ?? new Uint8Array()), "60000");
  },

  async "commits more than a changelog takes at once, and what may be cut"(harness: LogHarness) {
    isSmall(harness);
    const changelog = { topic: await harness.createSmallTopic(), partition: 0 };
    const letters = { topic: await harness.createSmallTopic(), partition: 0 };
    const input = { topic: await harness.createTopic(1), partition: 0 };
    await using writer = await harness.commitLog(uniqueName("app")).fence(input);
    const position = await writer.commit({
      records: [...burst(changelog.topic), { ...large(letters.topic), cuttable: true }],
      changelog,
      input,
      inputOffset: 7,
      metadata: String,
    });
    assert.equal(position, 200);
    const read = await readCount(harness.log, changelog, 200);
    assert.deepEqual(
      read.map(({ value }) => value),
      burst(changelog.topic).map(({ value }) => value),
    );
    const [letter] = await readCount(harness.log, letters, 1);
    assert.ok((letter?.value?.length ?? 60_000) < 20_000);
  },

  async "refuses a transaction with an entry that its changelog never takes"(harness: LogHarness) {
    isSmall(harness);
    const changelog = { topic: await harness.createSmallTopic(), partition: 0 };
    const input = { topic: await harness.createTopic(1), partition: 0 };
    const commits = harness.commitLog(uniqueName("app"));
    const transaction = { changelog, input, inputOffset: 7, metadata: String };
    {
      await using writer = await commits.fence(input);
      const records = [textRecord(changelog, "k", "a"), large(changelog.topic)];
      await assert.rejects(writer.commit({ ...transaction, records }), {
        code: "TOPIC_UNSUITABLE",
      });
    }
    await using next = await commits.fence(input);
    assert.equal(await commits.committed(input), undefined);
    await next.commit({ ...transaction, records: [textRecord(changelog, "k", "b")] });
    assert.deepEqual(valuesOf(await readCount(harness.log, changelog, 1)), ["b"]);
  },
};

const stampCases = {
  async "keeps every timestamp, in appends and transactions"(harness: LogHarness) {
    // Kafka 4 takes none that lies more than an hour ahead: a machine whose clock did ended with
    // INVALID_TIMESTAMP, and so did a task that repeated such a record as a dead letter.
    const nowMs = Date.now();
    const stamps = [nowMs, nowMs + 2 * hourMs, 9_000_000_000_000, 0, -1, -5, 2 ** 60];
    const topic = await harness.createTopic(1);
    const input = { topic: await harness.createTopic(1), partition: 0 };
    const changelog = { topic: await harness.createTopic(1), partition: 0 };
    const stamped = (place: { readonly topic: string; readonly partition: number }) =>
      stamps.map((timestampMs) => ({ ...textRecord(place, "k", "v"), timestampMs }));
    await using appender = harness.appender();
    assert.deepEqual(await appender.append(stamped({ topic, partition: 0 })), []);
    await using writer = await harness.commitLog(uniqueName("app")).fence(input);
    await writer.commit({
      records: stamped(changelog),
      changelog,
      input,
      inputOffset: 7,
      metadata: String,
    });
    for (const place of [{ topic, partition: 0 }, changelog]) {
      const read = await readCount(harness.log, place, stamps.length);
      assert.deepEqual(read.map(({ timestampMs }) => timestampMs), stamps);
    }
  },
};

/** Registers the suite for one implementation; sizes only where the log has a bound for them. */
export function recordSizesContract(
  name: string,
  factory: LogHarnessFactory,
  options?: SuiteOptions & { readonly unbounded?: boolean },
): void {
  if (options?.unbounded !== true) registerCases(name, factory, sizeCases, options);
  registerCases(name, factory, stampCases, options);
}
