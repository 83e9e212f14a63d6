/** What every appender must do; run over each of them. */
import assert from "node:assert/strict";
import {
  type LogHarness,
  type LogHarnessFactory,
  readAll,
  registerCases,
  type SuiteOptions,
  textRecord,
  valuesOf,
} from "./log_harness.ts";

function numbered(stem: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${stem}${i}`);
}

const cases = {
  async "makes records readable before it resolves"({ log, createTopic, appender }: LogHarness) {
    const place = { topic: await createTopic(1), partition: 0 };
    await using writer = appender();
    await writer.append([textRecord(place, "k", "v")]);
    assert.equal((await log.bounds(place)).endOffset, 1);
  },

  async "does nothing for no records"({ appender }: LogHarness) {
    await using writer = appender();
    await writer.append([]);
  },

  async "keeps the order of calls that were not waited for"(
    { log, createTopic, appender }: LogHarness,
  ) {
    const place = { topic: await createTopic(1), partition: 0 };
    await using writer = appender();
    const values = numbered("v", 40);
    await Promise.all(values.map((value) => writer.append([textRecord(place, "k", value)])));
    assert.deepEqual(valuesOf(await readAll(log, place)), values);
  },

  async "writes more than fits into one request, in order per partition"(
    { log, createTopic, appender }: LogHarness,
  ) {
    const topic = await createTopic(2);
    await using writer = appender();
    const filler = "x".repeat(50_000);
    const values = numbered("v", 120);
    await writer.append(
      values.map((value, i) => textRecord({ topic, partition: i % 2 }, "k", `${value} ${filler}`)),
    );
    for (const partition of [0, 1]) {
      const read = valuesOf(await readAll(log, { topic, partition }));
      assert.deepEqual(
        read.map((value) => value?.split(" ")[0]),
        values.filter((_, i) => i % 2 === partition),
      );
    }
  },

  async "appends to several topics in one call"({ log, createTopic, appender }: LogHarness) {
    const places = [
      { topic: await createTopic(1), partition: 0 },
      { topic: await createTopic(1), partition: 0 },
    ];
    await using writer = appender();
    await writer.append(places.map((place, i) => textRecord(place, "k", `topic ${i}`)));
    for (const [i, place] of places.entries()) {
      assert.deepEqual(valuesOf(await readAll(log, place)), [`topic ${i}`]);
    }
  },
};

/** Registers the suite for one implementation. */
export function appenderContract(
  name: string,
  factory: LogHarnessFactory,
  options?: SuiteOptions,
): void {
  registerCases(name, factory, cases, options);
}
