/** How a transaction is ended that Kafka has left without its markers, by what its places show. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { seededRandom } from "../../../src/base/random.ts";
import type { Cluster } from "../../../src/kafka/cluster/cluster.ts";
import { ProtocolFault } from "../../../src/kafka/wire/errors.ts";
import { KafkaCommitLog } from "../../../src/kafka/write/commit_log.ts";
import type { TransactionEnd } from "../../../src/kafka/write/lost_markers.ts";
import { encodeRequest, type WireRequest } from "../../../src/kafka/wire/wire_request.ts";
import { dataBatch, emptied, markerBatch } from "../../support/kafka_batches.ts";
import { transactionOptions } from "../../support/kafka_harness.ts";

const input = { topic: "in", partition: 0 };
const changelog = { topic: "changelog", partition: 0 };
const output = { topic: "out", partition: 0 };
const outputs = { changelog, topics: ["out"], changelogPositionIn: Number };
const producer = 7;
/** Time stands still, and no pause takes any. */
const timing = {
  clock: { nowMs: () => 0, monotonicMs: () => 0, sleep: () => Promise.resolve() },
  random: seededRandom(1),
};

type LastBatch = TransactionEnd | "data" | "nothing" | "an emptied marker";

/** What the brokers show. */
interface Shown {
  /** Changelog position that the committed one tells of; `pending` while it waits for its marker. */
  readonly committed: number | "pending" | undefined;
  /** Where our producer has a transaction open, by topic. */
  readonly open: Readonly<Record<string, number>>;
  /** What the changelog ends in. */
  readonly last?: LastBatch;
  /** The changelog's end is damaged on its way. */
  readonly damaged?: boolean;
  /** How the first fetch of it is answered: with its other end, and an error. */
  readonly fault?: { readonly ofRequest?: number; readonly ofPartition?: number };
  /** Who else has a transaction open in `out`. */
  readonly other?: number;
}

/** What the changelog ends in. */
function batchOf(end: LastBatch): Buffer {
  const batch = { baseOffset: endOffset - 1, producerId: producer };
  switch (end) {
    case "nothing":
      return Buffer.alloc(0);
    case "data":
      return dataBatch({ ...batch, values: ["v"], transactional: true, key: new Uint8Array(4) });
    case "an emptied marker":
      return emptied(markerBatch({ ...batch, commit: true }));
    default:
      return markerBatch({ ...batch, commit: end === "commit" });
  }
}

/** A cluster that answers what is shown, and notes each end of a transaction. */
class ShowingCluster {
  readonly ends: TransactionEnd[] = [];
  readonly added: string[] = [];
  /** How often the producer was initialised. */
  inits = 0;
  readonly forgotten: string[] = [];
  readonly #shown: Shown;
  #fetches = 0;

  constructor(shown: Shown) {
    this.#shown = shown;
  }

  get cluster(): Cluster {
    const answer = (request: Request) => Promise.resolve(this.#answer(request));
    const broker = {
      versions: { 9: range, 22: range, 24: range, 25: range, 26: range },
      connectionPool: {
        host: "fake",
        port: 1,
        send: async ({ request }: { readonly request: SentRequest }) => ({
          value: await answer({
            apiName: request.apiName,
            bytes: (await request.encode()).buffer,
          }),
        }),
      },
    };
    return {
      topic: () => Promise.resolve([{ partition: 0 }]),
      leader: ({ topic }: { readonly topic: string }) => Promise.resolve(leaders[topic]),
      locate: () => Promise.resolve({ leader: 1, leaderEpoch: 0, topicId: "" }),
      forgetTopic: (topic: string) => this.forgotten.push(topic),
      send: (node: number, request: WireRequest<unknown>) => {
        const bytes = encodeRequest(request, request.versions.max);
        return answer({ apiName: request.apiName, bytes, node });
      },
      onCoordinator: (_kind: string, _key: string, call: (b: unknown) => unknown) => call(broker),
    } as unknown as Cluster;
  }

  #answer({ apiName, bytes, node }: Request): unknown {
    const { committed, open, last, other } = this.#shown;
    switch (apiName) {
      case "InitProducerId":
        this.inits += 1;
        return { producerId: producer, producerEpoch: this.ends.length };
      case "OffsetFetch":
        if (committed === "pending") throw new ProtocolFault(88, apiName);
        return committed === undefined ? [] : [{ ...input, offset: 1, metadata: `${committed}` }];
      case "DescribeProducers":
        return [
          ...[changelog, output].map((place) => ({
            ...place,
            producerId: producer,
            openFrom: open[place.topic],
          })),
          { ...output, producerId: 8, openFrom: other },
        ].filter(({ topic }) => leaders[topic] === node);
      case "ListOffsets":
        return last === undefined ? 0 : endOffset;
      case "Fetch":
        return this.#fetched(Number(bytes.readBigInt64BE(fetchedOffsetAt)));
      case "AddPartitionsToTxn":
        this.added.push(...["changelog", "out"].filter((name) => bytes.includes(name)));
        return undefined;
      case "EndTxn":
        this.ends.push(bytes.at(-2) === 1 ? "commit" : "abort");
        return { producerId: producer, producerEpoch: 0 };
      default:
        return undefined;
    }
  }

  #fetched(offset: number): unknown {
    const { last = "commit", fault = {}, damaged = false } = this.#shown;
    const { ofRequest = 0, ofPartition = 0 } = this.#fetches++ === 0 ? fault : {};
    const otherwise = last === "abort" ? "commit" : "abort";
    const end = ofRequest === 0 && ofPartition === 0 && offset === endOffset - 1 ? last : otherwise;
    const records = batchOf(end);
    if (damaged) records.writeUInt8(records.readUInt8(markerTypeAt) ^ 1, markerTypeAt);
    const partitions = ofPartition === noPartition ? [] : [{ errorCode: ofPartition, records }];
    return { errorCode: ofRequest, partitions };
  }
}

const range = { minVersion: 0, maxVersion: 9 };
const endOffset = 5;
const fetchedOffsetAt = 32; // of a topic without an id
const markerTypeAt = 69; // the last byte of a marker's key
const leaders: Readonly<Record<string, number>> = { changelog: 1, out: 2 };

interface SentRequest {
  readonly apiName: string;
  readonly encode: () => Promise<{ readonly buffer: Buffer }>;
}

interface Request {
  readonly apiName: string;
  readonly bytes: Buffer;
  readonly node?: number;
}

const nothing = { committed: 3, open: {} };
const noPartition = -1;
const notLeader = 6;

Deno.test.each<{ readonly what: string; readonly shown: Shown; readonly ends: TransactionEnd[] }>([
  { what: "nothing where all have their markers", shown: nothing, ends: [] },
  { what: "nothing of another producer's", shown: { ...nothing, other: 5 }, ends: [] },
  {
    what: "by a commit what is complete and has no marker",
    shown: { committed: "pending", open: { changelog: 3, out: 9 } },
    ends: ["commit"],
  },
  {
    what: "by an abort what was not complete",
    shown: { committed: 3, open: { changelog: 3, out: 9 } },
    ends: ["abort"],
  },
  {
    what: "by a commit a changelog whose position is committed",
    shown: { committed: 5, open: { changelog: 3 } },
    ends: ["commit"],
  },
  {
    what: "by an abort a changelog that no position was ever committed of",
    shown: { committed: undefined, open: { changelog: 0 } },
    ends: ["abort"],
  },
  {
    what: "a position as its changelog is: committed",
    shown: { committed: "pending", open: {}, last: "commit" },
    ends: ["commit"],
  },
  {
    what: "a position as its changelog is: aborted",
    shown: { committed: "pending", open: { out: 9 }, last: "abort" },
    ends: ["abort"],
  },
  {
    what: "by a commit a position whose changelog is empty",
    shown: { committed: "pending", open: {} },
    ends: ["commit"],
  },
  ...(["data", "nothing"] as const).map((last) => ({
    what: `by a commit a position whose changelog ends in ${last}`,
    shown: { committed: "pending", open: {}, last } as const,
    ends: ["commit" as const],
  })),
  {
    what: "an output as its changelog is: committed",
    shown: { committed: 5, open: { out: 9 }, last: "commit" },
    ends: ["commit"],
  },
  {
    what: "an output as its changelog is: aborted",
    shown: { committed: 3, open: { out: 9 }, last: "abort" },
    ends: ["abort"],
  },
])("KafkaCommitLog.fence() ends $what", async ({ shown, ends }) => {
  const showing = new ShowingCluster(shown);
  const told: TransactionEnd[] = [];
  const commits = new KafkaCommitLog(showing.cluster, "app", timing, {
    ...transactionOptions,
    onMarkersGiven: (_input, end) => told.push(end),
  });
  await using _writer = await commits.fence(input, outputs);
  assert.deepEqual(showing.ends, ends);
  assert.deepEqual(told, ends);
  // The coordinator may still be at it.
  assert.equal(showing.inits, 1 + ends.length);
  if (ends.length > 0) assert.deepEqual(showing.added, ["changelog", "out"]);
});

Deno.test.each([{ ofRequest: notLeader }, { ofPartition: notLeader }, {
  ofPartition: noPartition,
}])(
  "KafkaCommitLog.fence() asks again for the end of the changelog after %o",
  async (fault) => {
    for (const last of ["commit", "abort"] as const) {
      const showing = new ShowingCluster({ committed: "pending", open: {}, last, fault });
      const commits = new KafkaCommitLog(showing.cluster, "app", timing, transactionOptions);
      await using _writer = await commits.fence(input, outputs);
      assert.deepEqual(showing.ends, [last]);
      assert.deepEqual(showing.forgotten, ["changelog", "out"], "their leaders may be others");
    }
  },
);

Deno.test.each<{ readonly what: string; readonly shown: Partial<Shown>; readonly why: RegExp }>([
  { what: "is damaged", shown: { last: "commit", damaged: true }, why: /checksum/ },
  { what: "compaction has removed", shown: { last: "an emptied marker" }, why: /compaction/ },
])("KafkaCommitLog.fence() ends nothing by a marker that $what", async ({ shown, why }) => {
  const showing = new ShowingCluster({ committed: "pending", open: {}, ...shown });
  const commits = new KafkaCommitLog(showing.cluster, "app", timing, transactionOptions);
  const refused = { code: "LOG_UNAVAILABLE", message: why };
  await assert.rejects(commits.fence(input, outputs), refused);
  assert.deepEqual(showing.ends, []);
});
