import assert from "node:assert/strict";
import { PipelineError } from "../../../src/base/errors.ts";
import { KafkaPartitionReader } from "../../../src/kafka/read/partition_reader.ts";
import { dataBatch, fetchedPartition } from "../../support/kafka_batches.ts";
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

function open(bufferedBytesMax = 150, offset = 0): { reader: KafkaPartitionReader; owner: Owner } {
  const owner = new Owner();
  const reader = new KafkaPartitionReader(owner, partition, { offset, bufferedBytesMax });
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
  assert.equal(reader.fetchPosition, 1);
  assert.deepEqual(valuesOf((await reader.next(never)).records), ["v0"]);
});

Deno.test("KafkaPartitionReader gives what it has before it tells of a failure, once", async () => {
  const { reader } = open();
  reader.accept(oneRecord(0), 0);
  reader.fail(new PipelineError("LOG_UNAVAILABLE", "away"));
  assert.equal((await reader.next(never)).nextOffset, 1);
  await assert.rejects(reader.next(never), { code: "LOG_UNAVAILABLE" });
  reader.accept(oneRecord(1), 1);
  assert.equal((await reader.next(never)).nextOffset, 2);
});

Deno.test("KafkaPartitionReader fetches again what it could not read", async () => {
  const { reader } = open();
  const broken = oneRecord(0);
  broken.records[broken.records.length - 2] = 0xff;
  reader.accept(broken, 0);
  await assert.rejects(reader.next(never), { code: "LOG_UNAVAILABLE" });
  assert.equal(reader.fetchPosition, 0);
  reader.accept(oneRecord(0), 0);
  assert.deepEqual(valuesOf((await reader.next(never)).records), ["v0"]);
});

Deno.test("KafkaPartitionReader believes in a gap when it was said twice in a row", async () => {
  const { reader } = open();
  reader.acceptGap(9, 0);
  assert.equal(reader.fetchPosition, 0);
  reader.acceptGap(9, 0);
  assert.deepEqual(await reader.next(never), {
    records: [],
    nextOffset: 9,
    endOffset: 9,
    leaderEpoch: undefined,
  });
});

Deno.test("KafkaPartitionReader forgets a gap when records come after all", () => {
  const { reader } = open();
  reader.acceptGap(9, 0);
  reader.accept(fetchedPartition([]), 0);
  reader.acceptGap(9, 0);
  assert.equal(reader.fetchPosition, 0);
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
  assert.deepEqual([owner.closed, reader.fetchPosition], [1, 0]);
});
