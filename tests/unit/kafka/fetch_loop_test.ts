/** What a broker is asked for, in which order, and who hears of its answer. */
import assert from "node:assert/strict";
import type { Cluster } from "../../../src/kafka/cluster/cluster.ts";
import { FetchLoop, type FetchLoopOwner } from "../../../src/kafka/read/fetch_loop.ts";
import type {
  Divergence,
  FetchAnswer,
  FetchedPartition,
  FetchTarget,
} from "../../../src/kafka/read/fetch_protocol.ts";
import { KafkaPartitionReader } from "../../../src/kafka/read/partition_reader.ts";
import { ProtocolFault } from "../../../src/kafka/wire/errors.ts";
import { encodeRequest, type WireRequest } from "../../../src/kafka/wire/wire_request.ts";
import { settle, SimulatedClock } from "../../../src/streams/testing/simulated_clock.ts";
import { type AskedFetch, readFetch } from "../../support/fetch_requests.ts";
import { dataBatch, fetchedPartition } from "../../support/kafka_batches.ts";

const topicId = "A".repeat(21) + "Q";
const limits = { maxWaitMs: 500, maxBytes: 1_000, maxBytesPerPartition: 100 };
const notLeader = 6;

/** What is said of a partition. */
type Answered = Partial<FetchedPartition> & { readonly partition: number };

/** A loop, its owner, and the broker that it asks. */
class Scene implements FetchLoopOwner, AsyncDisposable {
  /** What the loop has reported. */
  readonly told: string[] = [];
  readonly asked: AskedFetch[] = [];
  readonly clock = new SimulatedClock();
  readonly loop: FetchLoop;
  #waiting: PromiseWithResolvers<FetchAnswer> | undefined;

  constructor() {
    const cluster = {
      send: (_node: number, request: WireRequest<FetchAnswer>) => {
        this.asked.push(readFetch(encodeRequest(request, 17)));
        this.#waiting = Promise.withResolvers();
        return this.#waiting.promise;
      },
    } as unknown as Cluster;
    const timing = { clock: this.clock, random: { next: () => 1 } };
    this.loop = new FetchLoop(cluster, 1, { limits, timing, owner: this });
  }

  /** Adds a reader of a partition that is full with one batch. */
  reader(partition: number, offset = 0): KafkaPartitionReader {
    const owner = { readerDrained: () => this.loop.wake(), readerClosed: () => {} };
    const reader = new KafkaPartitionReader(owner, { topic: "t", partition }, {
      from: { offset },
      bufferedBytesMax: 1,
    });
    reader.located({ topicId, leaderEpoch: 0 });
    this.loop.add(reader);
    return reader;
  }

  /** The partitions of the last fetch, in order, and how long the broker may wait. */
  get last(): string {
    const { targets = [], maxWaitMs } = this.asked.at(-1) ?? {};
    return `${targets.map(({ partition }) => partition).join()} ${maxWaitMs}`;
  }

  /** The broker answers for partitions: with nothing new, if nothing else is said. */
  async answers(...partitions: readonly Answered[]): Promise<void> {
    const nothing = fetchedPartition([], { topicId, lastStableOffset: 0 });
    this.#waiting?.resolve({
      errorCode: 0,
      partitions: partitions.map((fields) => ({ ...nothing, ...fields })),
    });
    await settle();
  }

  async answersError(errorCode: number): Promise<void> {
    this.#waiting?.resolve({ errorCode, partitions: [] });
    await settle();
  }

  async fails(error: Error): Promise<void> {
    this.#waiting?.reject(error);
    await settle();
  }

  partitionServed({ partition: { partition } }: KafkaPartitionReader): void {
    this.told.push(`${partition} served`);
  }

  partitionFailed({ partition: { partition } }: KafkaPartitionReader, fault: ProtocolFault): void {
    this.told.push(`${partition} failed: ${fault.message}`);
  }

  partitionDiverged(_reader: unknown, { partition }: FetchTarget, where: Divergence): void {
    this.told.push(`${partition} diverged at ${where.endOffset}`);
  }

  partitionWithheld(_reader: unknown, { partition }: FetchTarget, endOffset: number): void {
    this.told.push(`${partition} withheld up to ${endOffset}`);
  }

  brokerFailed(readers: readonly KafkaPartitionReader[], error: unknown): void {
    const which = readers.map(({ partition: { partition } }) => partition).join();
    this.told.push(`${which} without their broker: ${(error as Error).message}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const stopping = this.loop.stop();
    await this.answers();
    await stopping;
  }
}

const records = () => dataBatch({ baseOffset: 0, values: ["v"] });

Deno.test("FetchLoop asks for a reader at once, and for one that joins from the next round on", async () => {
  await using scene = new Scene();
  await settle();
  assert.equal(scene.asked.length, 0);
  scene.reader(0);
  await settle();
  assert.equal(scene.last, "0 500");
  scene.reader(1);
  await settle();
  assert.equal(scene.asked.length, 1);
  await scene.answers({ partition: 0 });
  assert.equal(scene.last, "0,1 500");
});

Deno.test("FetchLoop begins each round with another reader", async () => {
  await using scene = new Scene();
  for (let partition = 0; partition < 3; partition++) scene.reader(partition);
  const rounds: string[] = [];
  for (let round = 0; round < 4; round++) {
    await scene.answers();
    rounds.push(scene.last);
  }
  // It was idle once before.
  assert.deepEqual(rounds, ["1,2,0 500", "2,0,1 500", "0,1,2 500", "1,2,0 500"]);
});

Deno.test("FetchLoop leaves out a reader that is full, whom the others keep waiting shortly", async () => {
  await using scene = new Scene();
  const [full] = [scene.reader(0), scene.reader(1)];
  await settle();
  await scene.answers({ partition: 0, records: records() });
  assert.equal(scene.last, "1 10");
  await full.next(new AbortController().signal);
  await scene.answers();
  assert.equal(scene.last, "1,0 500");
  assert.equal(full.fetchTarget.offset, 1);
});

Deno.test("FetchLoop asks for two readers of one partition in turn", async () => {
  await using scene = new Scene();
  for (const offset of [3, 7]) scene.reader(0, offset);
  for (let round = 0; round < 4; round++) await scene.answers();
  const offsets = scene.asked.map(({ targets }) => targets.map(({ offset }) => offset));
  assert.deepEqual(offsets, [[7], [3], [7], [3]]);
});

Deno.test("FetchLoop asks no more for a reader that has left", async () => {
  await using scene = new Scene();
  const [left] = [scene.reader(0), scene.reader(1)];
  await scene.answers();
  scene.loop.remove(left);
  await scene.answers();
  assert.equal(scene.last, "1 500");
});

Deno.test.each<{
  readonly what: string;
  readonly partitions: readonly Answered[];
  readonly told: readonly string[];
}>([
  {
    what: "who is served, with records or at the end",
    partitions: [{ partition: 0, records: records(), lastStableOffset: 1 }, { partition: 1 }],
    told: ["0 served", "1 served"],
  },
  { what: "nothing of one that is left out", partitions: [{ partition: 1 }], told: ["1 served"] },
  {
    what: "an error of a partition, whatever comes with it",
    partitions: [{
      partition: 0,
      errorCode: notLeader,
      divergence: { leaderEpoch: 1, endOffset: 2 },
    }],
    told: ["0 failed: Fetch of t-0 was answered with NOT_LEADER_FOR_PARTITION"],
  },
  {
    what: "another log, whatever is in it",
    partitions: [{
      partition: 0,
      divergence: { leaderEpoch: 1, endOffset: 2 },
      lastStableOffset: 9,
    }],
    told: ["0 diverged at 2"],
  },
  {
    what: "what is withheld where nothing came",
    partitions: [{ partition: 0, lastStableOffset: 1 }, { partition: 1 }],
    told: ["0 withheld up to 1", "1 served"],
  },
  {
    what: "nothing withheld where another had the whole answer",
    partitions: [{ partition: 0, lastStableOffset: 1 }, { partition: 1, records: records() }],
    told: ["0 served", "1 served"],
  },
])("FetchLoop reports $what", async ({ partitions, told }) => {
  await using scene = new Scene();
  for (let partition = 0; partition < 2; partition++) scene.reader(partition);
  await settle();
  await scene.answers(...partitions);
  assert.deepEqual(scene.told.toSorted(), told);
});

Deno.test("FetchLoop waits longer each time a broker fails, until it answers", async () => {
  await using scene = new Scene();
  scene.reader(0);
  await settle();
  const waits: number[] = [];
  for (let failures = 0; failures < 7; failures++) {
    await scene.fails(new Error("cut"));
    waits.push(scene.clock.nextWakeMs);
    await scene.clock.advance(scene.clock.nextWakeMs);
  }
  assert.deepEqual(waits, [100, 200, 400, 800, 1_600, 2_000, 2_000]);
  await scene.answers({ partition: 0 });
  await scene.answersError(notLeader);
  assert.equal(scene.clock.nextWakeMs, 100);
  assert.deepEqual(scene.told, [
    ...new Array<string>(7).fill("0 without their broker: cut"),
    "0 served",
    "0 without their broker: Fetch was answered with NOT_LEADER_FOR_PARTITION",
  ]);
});

Deno.test("FetchLoop ends at once where it has nothing to do, or waits after a failure", async () => {
  const idle = new Scene();
  await settle();
  await idle.loop.stop();
  const failed = new Scene();
  failed.reader(0);
  await settle();
  await failed.fails(new Error("cut"));
  await failed.loop.stop();
  assert.equal(failed.asked.length, 1);
});

Deno.test("FetchLoop ends with its last answer, and reports no failure of that", async () => {
  for (const end of ["answers", "fails"] as const) {
    const scene = new Scene();
    scene.reader(0);
    await settle();
    let ended = false;
    const stopping = scene.loop.stop().then(() => ended = true);
    await settle();
    assert.ok(!ended);
    if (end === "answers") await scene.answers();
    else await scene.fails(new Error("closed by us"));
    await stopping;
    assert.deepEqual([scene.asked.length, scene.told], [1, []]);
  }
});
