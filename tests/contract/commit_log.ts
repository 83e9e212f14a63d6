/** What every commit log must do; run over each of them. */
import assert from "node:assert/strict";
import type { Transaction } from "../../src/streams/ports.ts";
import type { OutputRecord, TopicPartition } from "../../src/streams/record.ts";
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

interface Places {
  readonly applicationId: string;
  readonly input: TopicPartition;
  readonly changelog: TopicPartition;
}

async function places({ createTopic }: LogHarness, partition = 0): Promise<Places> {
  return {
    applicationId: uniqueName("app"),
    input: { topic: await createTopic(partition + 1), partition },
    changelog: { topic: await createTopic(partition + 1), partition },
  };
}

function transaction(
  { input, changelog }: Places,
  inputOffset: number,
  values: readonly string[],
  others: readonly OutputRecord[] = [],
): Transaction {
  return {
    records: [...values.map((value) => textRecord(changelog, "k", value)), ...others],
    changelog,
    input,
    inputOffset,
    metadata: (position) => `position ${position}`,
  };
}

const cases = {
  async "knows no offset before the first commit"(harness: LogHarness) {
    const { applicationId, input } = await places(harness);
    assert.equal(await harness.commitLog(applicationId).committed(input), undefined);
  },

  async "lists what the group has committed, of every topic"(harness: LogHarness) {
    const at = await places(harness);
    const commits = harness.commitLog(at.applicationId);
    assert.deepEqual(await commits.positions(), []);
    const other = { ...at, input: { topic: await harness.createTopic(3), partition: 2 } };
    for (const place of [at, other]) {
      await using writer = await commits.fence(place.input);
      await writer.commit({ ...transaction(place, 5, ["a"]), metadata: () => place.input.topic });
      // Waits until the commit is decided everywhere.
      await commits.committed(place.input);
    }
    const byTopic = (a: TopicPartition, b: TopicPartition) => a.topic < b.topic ? -1 : 1;
    assert.deepEqual(
      [...await commits.positions()].sort(byTopic),
      [
        { ...at.input, offset: 5, metadata: at.input.topic },
        { ...other.input, offset: 5, metadata: other.input.topic },
      ].sort(byTopic),
    );
    assert.deepEqual(await harness.commitLog(uniqueName("app")).positions(), []);
  },

  async "commits records, offset and metadata together"(harness: LogHarness) {
    const at = await places(harness);
    const commits = harness.commitLog(at.applicationId);
    await using writer = await commits.fence(at.input);
    const position = await writer.commit(transaction(at, 42, ["a", "b"]));
    assert.equal(position, 2);
    assert.deepEqual(await commits.committed(at.input), { offset: 42, metadata: "position 2" });
    assert.deepEqual(valuesOf(await readCount(harness.log, at.changelog, 2)), ["a", "b"]);
  },

  async "returns the position after the last changelog record, commit by commit"(
    harness: LogHarness,
  ) {
    const at = await places(harness);
    await using writer = await harness.commitLog(at.applicationId).fence(at.input);
    let position = 0;
    for (let i = 1; i <= 5; i++) {
      const next = await writer.commit(transaction(at, i, [`${i}a`, `${i}b`]));
      assert.ok(next >= position + 2, `${next} after ${position}`);
      position = next;
    }
    const records = await readCount(harness.log, at.changelog, 10);
    assert.equal(records.at(-1)?.offset, position - 1);
    assert.equal(records.length, 10);
  },

  async "writes to other topics in the same transaction"(harness: LogHarness) {
    const at = await places(harness);
    const late = { topic: await harness.createTopic(1), partition: 0 };
    await using writer = await harness.commitLog(at.applicationId).fence(at.input);
    const others = [textRecord(late, "k", "late 1"), textRecord({ topic: late.topic }, "k", "l2")];
    assert.equal(await writer.commit(transaction(at, 1, ["c"], others)), 1);
    assert.deepEqual(valuesOf(await readCount(harness.log, late, 2)), ["late 1", "l2"]);
  },

  async "commits the positions of further inputs with it, or none"(harness: LogHarness) {
    const at = await places(harness);
    const commits = harness.commitLog(at.applicationId);
    const second = { topic: await harness.createTopic(1), partition: 0 };
    const with3 = { ...transaction(at, 1, ["a"]), others: [{ ...second, offset: 3 }] };
    await using fenced = await commits.fence(at.input);
    await using writer = await commits.fence(at.input);
    await writer.commit(with3);
    const refused = { ...transaction(at, 2, ["b"]), others: [{ ...second, offset: 4 }] };
    await assert.rejects(fenced.commit(refused), { code: "LOG_FENCED" });
    assert.deepEqual(await commits.committed(second), { offset: 3, metadata: "" });
    assert.equal((await commits.committed(at.input))?.offset, 1);
  },

  async "commits an offset alone"(harness: LogHarness) {
    const at = await places(harness);
    const commits = harness.commitLog(at.applicationId);
    await using writer = await commits.fence(at.input);
    assert.equal(await writer.commit(transaction(at, 7, [])), 0);
    assert.deepEqual(await commits.committed(at.input), { offset: 7, metadata: "position 0" });
    assert.deepEqual(await readAll(harness.log, at.changelog), []);
  },

  async "keeps the changelog position over a commit without changelog records"(
    harness: LogHarness,
  ) {
    const at = await places(harness);
    await using writer = await harness.commitLog(at.applicationId).fence(at.input);
    const first = await writer.commit(transaction(at, 1, ["a"]));
    assert.equal(await writer.commit(transaction(at, 2, [])), first);
  },

  async "says beside the offset where the changelog ends, whoever else wrote to it"(
    harness: LogHarness,
  ) {
    const at = await places(harness);
    const commits = harness.commitLog(at.applicationId);
    await using writer = await commits.fence(at.input);
    await using appender = harness.appender();
    const records = [["a"], ["b", "c"], [], ["d"], [], [], ["e"], ["f", "g"]];
    let position = 0;
    for (const [i, values] of records.entries()) {
      if (i === 4) await appender.append([textRecord(at.changelog, "k", "by hand")]);
      position = await writer.commit(transaction(at, i, values));
      const metadata = `position ${position}`;
      assert.deepEqual(await commits.committed(at.input), { offset: i, metadata });
    }
    const read = await readCount(harness.log, at.changelog, 8);
    assert.equal(read.at(-1)?.offset, position - 1);
  },

  async "keeps the inputs of an application apart"(harness: LogHarness) {
    const at = await places(harness, 1);
    const other = {
      ...at,
      input: { ...at.input, partition: 0 },
      changelog: { ...at.changelog, partition: 0 },
    };
    const commits = harness.commitLog(at.applicationId);
    await using writer = await commits.fence(at.input);
    await using otherWriter = await commits.fence(other.input);
    await Promise.all([
      writer.commit(transaction(at, 11, ["p1"])),
      otherWriter.commit(transaction(other, 22, ["p0"])),
    ]);
    assert.equal((await commits.committed(at.input))?.offset, 11);
    assert.equal((await commits.committed(other.input))?.offset, 22);
  },

  async "keeps applications apart"(harness: LogHarness) {
    const at = await places(harness);
    await using writer = await harness.commitLog(at.applicationId).fence(at.input);
    await writer.commit(transaction(at, 5, ["x"]));
    const other = harness.commitLog(uniqueName("other"));
    assert.equal(await other.committed(at.input), undefined);
  },

  // `market` over `eu-trade1` and `market-eu` over `trade1` fenced each other.
  async "lets no application fence one whose name and input join to the same text"(
    harness: LogHarness,
  ) {
    const topic = await harness.createTopic(1);
    const at = { ...await places(harness), input: { topic, partition: 0 } };
    await using writer = await harness.commitLog(at.applicationId).fence(at.input);
    const [, beginning, rest = ""] = /^(\w+)-(.*)$/.exec(topic) ?? [];
    const other = harness.commitLog(`${at.applicationId}-${beginning}`);
    await using _other = await other.fence({ topic: rest, partition: 0 });
    await writer.commit(transaction(at, 3, ["own"]));
    assert.equal((await harness.commitLog(at.applicationId).committed(at.input))?.offset, 3);
  },

  async "refuses an older writer with LOG_FENCED and shows nothing of it"(harness: LogHarness) {
    const at = await places(harness);
    await using older = await harness.commitLog(at.applicationId).fence(at.input);
    await older.commit(transaction(at, 1, ["before"]));
    const commits = harness.commitLog(at.applicationId);
    await using newer = await commits.fence(at.input);
    await assert.rejects(older.commit(transaction(at, 99, ["zombie"])), { code: "LOG_FENCED" });
    await newer.commit(transaction(at, 2, ["after"]));
    assert.deepEqual(valuesOf(await readCount(harness.log, at.changelog, 2)), ["before", "after"]);
    assert.equal((await commits.committed(at.input))?.offset, 2);
  },

  async "fences a writer that never committed"(harness: LogHarness) {
    const at = await places(harness);
    const commits = harness.commitLog(at.applicationId);
    await using older = await commits.fence(at.input);
    await using _newer = await commits.fence(at.input);
    await assert.rejects(older.commit(transaction(at, 1, ["zombie"])), { code: "LOG_FENCED" });
    assert.equal(await commits.committed(at.input), undefined);
  },

  async "shows the last commit of an older writer once it has fenced"(harness: LogHarness) {
    const at = await places(harness);
    for (let i = 1; i <= 5; i++) {
      const commits = harness.commitLog(at.applicationId);
      await using writer = await commits.fence(at.input);
      const before = await commits.committed(at.input);
      assert.equal(before?.offset, i === 1 ? undefined : i - 1);
      await writer.commit(transaction(at, i, [`${i}`]));
    }
  },

  async "commits more than fits into one request"(harness: LogHarness) {
    const at = await places(harness);
    await using writer = await harness.commitLog(at.applicationId).fence(at.input);
    const values = Array.from({ length: 60 }, (_, i) => `${i} ${"x".repeat(50_000)}`);
    const position = await writer.commit(transaction(at, 1, values));
    const read = valuesOf(await readCount(harness.log, at.changelog, 60));
    assert.equal(position, 60);
    assert.deepEqual(read.map((value) => value?.split(" ")[0]), values.map((_, i) => `${i}`));
  },
};

/** Registers the suite for one implementation. */
export function commitLogContract(
  name: string,
  factory: LogHarnessFactory,
  options?: SuiteOptions,
): void {
  registerCases(name, factory, cases, options);
}
