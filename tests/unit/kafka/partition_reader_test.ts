import assert from "node:assert/strict";
import { PipelineError } from "../../../src/base/errors.ts";
import { KafkaPartitionReader } from "../../../src/kafka/read/partition_reader.ts";
import { dataBatch, fetchedPartition } from "../../support/kafka_batches.ts";
import type { ReadFrom } from "../../../src/streams/ports.ts";
import { valuesOf } from "../../contract/log_harness.ts";

const partition = { topic: "t", partition: 0 };
const never = new AbortController().signal;

class Owner {
  drained = 0;
  closed = 0;

  readerDrained(): void {
    this.drained++;
  }

  readerClosed(): void {
    this.closed++;
  }
}

function open(from: Partial<ReadFrom> = {}): { reader: KafkaPartitionReader; owner: Owner } {
  const owner = new Owner();
  const reader = new KafkaPartitionReader(owner, partition, {
    from: { offset: 0, ...from },
    bufferedBytesMax: 150,
  });
  reader.located({ topicId: "t", leaderEpoch: 3 });
  return { reader, owner };
}

function oneRecord(offset: number, value = `v${offset}`): ReturnType<typeof fetchedPartition> {
  return fetchedPartition([dataBatch({ baseOffset: offset, values: [value] })], {
    lastStableOffset: 50,
  });
}

Deno.test("KafkaPartitionReader is full at its bound and asks for more when it is drained", async () => {
  const { reader, owner } = open();
  reader.accept(oneRecord(0), 0);
  assert.ok(reader.hasRoom);
  reader.accept(oneRecord(1), 1);
  reader.accept(oneRecord(2), 2);
  assert.ok(!reader.hasRoom);
  await reader.next(never);
  await reader.next(never);
  assert.deepEqual([owner.drained, reader.hasRoom], [1, true]);
});

Deno.test("KafkaPartitionReader drops an answer to a question that is out of date", async () => {
  const { reader } = open();
  reader.accept(oneRecord(0), 0);
  reader.accept(oneRecord(0), 0);
  reader.acceptGap(9, 0);
  assert.equal(reader.fetchTarget.offset, 1);
  reader.accept(oneRecord(0), 1);
  assert.equal(reader.fetchTarget.offset, 1, "it brought only what was there");
  assert.deepEqual(valuesOf((await reader.next(never)).records), ["v0"]);
});

Deno.test("KafkaPartitionReader gives what it has before it tells of a failure, once", async () => {
  const { reader, owner } = open();
  reader.accept(oneRecord(0), 0);
  reader.fail(new PipelineError("LOG_UNAVAILABLE", "away"));
  assert.ok(!reader.ended);
  assert.equal((await reader.next(never)).nextOffset, 1);
  const { drained } = owner;
  assert.ok(!reader.hasRoom);
  await assert.rejects(reader.next(never), { code: "LOG_UNAVAILABLE" });
  assert.deepEqual([owner.drained, reader.hasRoom], [drained + 1, true]);
  reader.accept(oneRecord(1), 1);
  assert.equal((await reader.next(never)).nextOffset, 2);
});

Deno.test("KafkaPartitionReader fetches again what it could not read", async () => {
  const { reader, owner } = open();
  const broken = oneRecord(0);
  broken.records[broken.records.length - 2] = 0xff;
  reader.accept(broken, 0);
  await assert.rejects(reader.next(never), { code: "LOG_UNAVAILABLE" });
  assert.deepEqual([reader.fetchTarget.offset, owner.drained], [0, 1]);
  reader.accept(oneRecord(0), 0);
  assert.deepEqual(valuesOf((await reader.next(never)).records), ["v0"]);
});

Deno.test("KafkaPartitionReader passes a proven gap with the epoch that led to it", async () => {
  const { reader } = open({ leaderEpoch: 2 });
  reader.acceptGap(9, 0);
  assert.deepEqual(await reader.next(never), {
    records: [],
    nextOffset: 9,
    endOffset: 9,
    leaderEpoch: 2,
  });
});

Deno.test("KafkaPartitionReader stays where it is when an answer brings nothing", () => {
  const { reader } = open();
  for (let i = 0; i < 3; i++) reader.accept(fetchedPartition([], { lastStableOffset: 9 }), 0);
  assert.equal(reader.fetchTarget.offset, 0);
});

Deno.test("KafkaPartitionReader asks with the epoch of what it fetched, and reports that of what it passed", async () => {
  const { reader } = open({ leaderEpoch: 1 });
  const { offset, lastFetchedEpoch, currentLeaderEpoch } = reader.fetchTarget;
  assert.deepEqual([offset, lastFetchedEpoch, currentLeaderEpoch], [0, 1, 3]);
  const batches = [4, 5].map((leaderEpoch, baseOffset) =>
    dataBatch({ baseOffset, values: ["v"], leaderEpoch })
  );
  for (const [i, batch] of batches.entries()) reader.accept(fetchedPartition([batch]), i);
  assert.equal(reader.fetchTarget.lastFetchedEpoch, 5);
  assert.equal((await reader.next(never)).leaderEpoch, 4);
  assert.equal((await reader.next(never)).leaderEpoch, 5);
});

Deno.test("KafkaPartitionReader keeps to the first topic it sees under its name", async () => {
  const { reader } = open();
  reader.accept(oneRecord(0), 0);
  reader.located({ topicId: "another", leaderEpoch: 0 });
  assert.ok(reader.ended);
  assert.equal((await reader.next(never)).nextOffset, 1);
  for (let i = 0; i < 2; i++) {
    await assert.rejects(reader.next(never), { code: "TOPIC_REPLACED", message: /t.*another/ });
    reader.fail(new PipelineError("LOG_UNAVAILABLE", "away"));
  }
});

Deno.test("KafkaPartitionReader refuses a topic other than the one it was opened for", async () => {
  const { reader } = open({ topicId: "wanted" });
  await assert.rejects(reader.next(never), { code: "TOPIC_REPLACED", message: /wanted.* t$/ });
});

Deno.test("KafkaPartitionReader names the end of the log", async () => {
  const { reader } = open();
  reader.accept(oneRecord(0), 0);
  assert.equal((await reader.next(never)).endOffset, 50);
});

Deno.test("KafkaPartitionReader says goodbye once and takes in nothing afterwards", async () => {
  const { reader, owner } = open();
  await reader[Symbol.asyncDispose]();
  await reader[Symbol.asyncDispose]();
  reader.accept(oneRecord(0), 0);
  reader.acceptGap(9, 0);
  assert.deepEqual([owner.closed, reader.fetchTarget.offset, reader.ended], [1, 0, true]);
});

Deno.test("KafkaPartitionReader leaves no one waiting who is to stop, or whose reader is closed", async () => {
  const { reader } = open();
  const stop = new AbortController();
  const stopped = reader.next(stop.signal);
  stop.abort();
  await assert.rejects(stopped, { code: "ABORTED" });
  reader.accept(oneRecord(0), 0);
  await assert.rejects(reader.next(stop.signal), { code: "ABORTED" });
  await reader.next(never);
  const closed = reader.next(never);
  await reader[Symbol.asyncDispose]();
  await assert.rejects(closed, /cannot read from a closed reader/);
});
