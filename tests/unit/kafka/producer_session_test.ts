/** What a session sends again, and as what, by the answers that it gets. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { seededRandom } from "../../../src/base/random.ts";
import type { Cluster } from "../../../src/kafka/cluster/cluster.ts";
import { Deadline } from "../../../src/kafka/cluster/retry.ts";
import { batchLayout } from "../../../src/kafka/wire/batch_layout.ts";
import { ProtocolFault } from "../../../src/kafka/wire/errors.ts";
import type { WireRequest } from "../../../src/kafka/wire/wire_request.ts";
import { encodeRequest } from "../../../src/kafka/wire/wire_request.ts";
import type { PlacedRecord } from "../../../src/kafka/write/batch_plan.ts";
import { placeRecords, ProducerSession } from "../../../src/kafka/write/producer_session.ts";
import type { RefusalReason } from "../../../src/kafka/write/refusals.ts";
import { partitionForKey } from "../../../src/streams/partitioner.ts";
import type { TopicPartition } from "../../../src/streams/record.ts";
import { encodeText } from "../../../src/streams/text.ts";
import { transactionOptions } from "../../support/kafka_harness.ts";

const timing = {
  clock: { nowMs: () => 0, monotonicMs: () => 0, sleep: () => Promise.resolve() },
  random: seededRandom(1),
};
const notLeader = 6;
const unknownPartition = 3;
const tooLarge = 10;
const notAuthorized = 29;

/** What a produce is answered with. */
type Answer = { readonly errorCode: number; readonly baseOffset?: number } | "none" | "cut";

const written = (baseOffset: number): Answer => ({ errorCode: 0, baseOffset });

interface Scene {
  /** One after the other, by partition; each has a leader of its own. */
  readonly answers: readonly (readonly Answer[])[];
  /** How often no leader can be found at first. */
  readonly leaderless?: number;
  readonly batchBytesMax?: number;
  readonly requestBytesMax?: number;
}

interface Outcome {
  readonly lastOffsets?: readonly (readonly [string, number])[];
  readonly refused?: number;
  /** First sequence numbers of the batches, as they were sent. */
  readonly sequences: readonly number[];
  readonly told: readonly RefusalReason[];
  /** True if a request was repeated that may have arrived. */
  readonly repeated: boolean;
  /** How often it forgot who leads. */
  readonly forgotten: number;
  readonly error?: unknown;
}

/** What was on the way. */
interface Traffic {
  /** The most requests at a time. */
  readonly together: number;
  /** Of the last one. */
  readonly bytes: string;
}

function sequenceOf(request: WireRequest<unknown>): number {
  const bytes = encodeRequest(request, request.versions.max);
  const leaderEpochAt = bytes.indexOf(Buffer.of(0xff, 0xff, 0xff, 0xff, 2));
  return bytes.readInt32BE(leaderEpochAt + batchLayout.baseSequence - batchLayout.leaderEpoch);
}

async function outcomeOf(records: readonly PlacedRecord[], scene: Scene): Promise<Outcome> {
  const { together: _, bytes: __, ...outcome } = await send(records, scene);
  return outcome;
}

async function send(records: readonly PlacedRecord[], scene: Scene): Promise<Outcome & Traffic> {
  const answers = scene.answers.map((ofPartition) => [...ofPartition]);
  const sequences: number[] = [];
  const told: RefusalReason[] = [];
  let { leaderless = 0 } = scene;
  let [forgotten, underWay, together, bytes] = [0, 0, 0, ""];
  const cluster = {
    leader: ({ partition }: TopicPartition) =>
      leaderless-- > 0
        ? Promise.reject(new ProtocolFault(unknownPartition, "Metadata"))
        : Promise.resolve(partition),
    forgetTopic: () => forgotten++,
    send: async (partition: number, request: WireRequest<unknown>) => {
      together = Math.max(together, ++underWay);
      await Promise.resolve();
      underWay--;
      bytes = encodeRequest(request, request.versions.max).toString("latin1");
      sequences.push(sequenceOf(request));
      const answer = answers[partition]?.shift();
      if (answer === "cut") {
        const cut = { name: "KafkaJSConnectionClosedError" };
        return Promise.reject(Object.assign(new Error("cut"), cut));
      }
      const place = { topic: "t", partition, baseOffset: -1 };
      return Promise.resolve(answer === "none" ? [] : [{ ...place, ...answer }]);
    },
  } as unknown as Cluster;
  const { batchBytesMax = 1_000_000, requestBytesMax = 8_000_000 } = scene;
  const session = new ProducerSession(cluster, { producerId: 7, producerEpoch: 0 }, {
    transactionalId: null,
    limits: {
      ...transactionOptions,
      ...{ batchBytesMax, requestBytesMax },
      onRefused: (_, reason) => told.push(reason),
    },
  });
  const deadline = new Deadline(timing, 1_000);
  const outcome = await session.send(records, deadline).then(
    ({ lastOffsets, refused }) => ({ lastOffsets: [...lastOffsets], refused: refused.length }),
    (error) => ({ error: error.type }),
  );
  const { repeated } = deadline;
  return { ...outcome, sequences, told, repeated, forgotten, together, bytes };
}

function records(count: number, partition = 0): PlacedRecord[] {
  return Array.from({ length: count }, (_, i) => ({
    topic: "t",
    partition,
    timestampMs: 0,
    key: null,
    value: Uint8Array.of(i),
  }));
}

const once: Outcome = {
  lastOffsets: [["t-0", 6]],
  refused: 0,
  sequences: [0],
  told: [],
  repeated: false,
  forgotten: 0,
};

Deno.test.each<
  { readonly what: string; readonly scene: Scene; readonly outcome: Partial<Outcome> }
>([
  { what: "once", scene: { answers: [[written(5)]] }, outcome: {} },
  {
    what: "when there is a leader",
    scene: { answers: [[written(5)]], leaderless: 2 },
    outcome: {},
  },
  {
    what: "again what may have arrived",
    scene: { answers: [["cut", written(5)]] },
    outcome: { sequences: [0, 0], repeated: true, forgotten: 1 },
  },
  {
    what: "again what its leader has not taken",
    scene: { answers: [[{ errorCode: notLeader }, written(5)]] },
    outcome: { sequences: [0, 0], forgotten: 1 },
  },
  {
    what: "again what is not in the answer",
    scene: { answers: [["none", written(5)]] },
    outcome: { sequences: [0, 0], repeated: true, forgotten: 1 },
  },
  {
    what: "in batches, one after the other",
    scene: { answers: [[written(5), written(6)]], batchBytesMax: 1 },
    outcome: { sequences: [0, 1] },
  },
  {
    what: "in two halves what is too large",
    scene: { answers: [[{ errorCode: tooLarge }, written(5), written(6)]] },
    outcome: { sequences: [0, 0, 1], told: ["size"] },
  },
  {
    what: "the rest behind one that is too large alone",
    scene: { answers: [[{ errorCode: tooLarge }, written(6)]], batchBytesMax: 1 },
    outcome: { sequences: [0, 0], refused: 1, told: ["size"] },
  },
])("ProducerSession.send() sends $what", async ({ scene, outcome }) => {
  assert.deepEqual(await outcomeOf(records(2), scene), { ...once, ...outcome });
});

Deno.test.each<{ readonly what: string; readonly answer: Answer; readonly error: string }>([
  { what: "is refused", answer: { errorCode: notAuthorized }, error: "TOPIC_AUTHORIZATION_FAILED" },
  { what: "has no offset", answer: { errorCode: 0, baseOffset: -1 }, error: "KAFKA_ERROR_0" },
])("ProducerSession.send() ends where a batch $what", async ({ answer, error }) => {
  const outcome = await outcomeOf(records(2), { answers: [[answer, written(5)]] });
  assert.deepEqual(outcome, {
    ...{ sequences: [0], told: [], repeated: false, forgotten: 1 },
    error,
  });
});

Deno.test("ProducerSession.send() keeps a time in a header that no batch holds, and no other", async () => {
  const [plain, other] = records(2);
  assert(plain !== undefined && other !== undefined);
  const { bytes } = await send([plain], { answers: [[written(0)]] });
  assert.ok(!bytes.includes("stamped-at"));
  const far = { ...other, timestampMs: 2 ** 53 };
  const both = await send([plain, far], { answers: [[written(0)]] });
  assert.equal(both.bytes.split("stamped-at").length - 1, 1);
  assert.ok(both.bytes.includes(`${far.timestampMs}`));
});

Deno.test.each([
  { requestBytesMax: 1, together: 1 },
  { requestBytesMax: 69, together: 1 },
  { requestBytesMax: 70, together: 2 },
  { requestBytesMax: 1_000, together: 3 },
])(
  "ProducerSession.send() sends $together batches together where a request has $requestBytesMax bytes",
  async ({ requestBytesMax, together }) => {
    const all = [0, 1, 2].flatMap((partition) => records(1, partition));
    const answers = [0, 1, 2].map(() => [written(0)]);
    assert.equal((await send(all, { answers, requestBytesMax })).together, together);
  },
);

Deno.test("ProducerSession.send() goes by the gravest of several errors", async () => {
  const both = [...records(1, 0), ...records(1, 1)];
  const graver: readonly Answer[] = [{ errorCode: notLeader }, "cut", { errorCode: notAuthorized }];
  for (const [i, less] of graver.entries()) {
    for (const more of graver.slice(i + 1)) {
      for (const faults of [[less, more], [more, less]]) {
        const answers = faults.map((fault, partition) => [fault, written(partition)]);
        const { error, repeated } = await send(both, { answers });
        const isFinal = more !== "cut";
        assert.equal(error, isFinal ? "TOPIC_AUTHORIZATION_FAILED" : undefined);
        assert.equal(repeated, !isFinal);
      }
    }
  }
});

Deno.test("placeRecords() asks once for the partitions of each topic, where a record names none", async () => {
  const asked: string[] = [];
  const counts: Readonly<Record<string, number>> = { a: 3, b: 5 };
  const cluster = {
    topic: (name: string) => {
      asked.push(name);
      return Promise.resolve(Array.from({ length: counts[name] ?? 0 }));
    },
  } as unknown as Cluster;
  const key = encodeText("key");
  const record = (topic: string, more: object) => ({
    topic,
    timestampMs: 0,
    key,
    value: null,
    ...more,
  });
  const placed = await placeRecords(cluster, [
    record("a", {}),
    record("a", { partition: 9 }),
    record("b", {}),
    record("a", { key: null }),
    record("c", { partition: 4 }),
  ]);
  const expected = [partitionForKey(key, 3), 9, partitionForKey(key, 5), 0, 4];
  assert.deepEqual(placed.map(({ partition }) => partition), expected);
  assert.deepEqual(asked, ["a", "b"]);
  await placeRecords(cluster, [{ ...record("a", {}), partition: 1 }]);
  assert.equal(asked.length, 2);
});
