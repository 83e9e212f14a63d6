import { Buffer } from "node:buffer";
import { Cluster } from "../../src/kafka/cluster/cluster.ts";
import type { Broker } from "../../src/kafka/wire/internals.ts";
import { WireWriter } from "../../src/kafka/wire/wire_writer.ts";
import { readFetch } from "./fetch_requests.ts";

const fetchKey = 1;
const boundsKey = 2;
const metadataKey = 3;
const notLeader = 6;
const unknownTopicId = 100;
const versions = { [fetchKey]: 17, [boundsKey]: 9, [metadataKey]: 12 };

type Exchange = Parameters<Broker["connectionPool"]["send"]>[0];

/** Brokers with one partition of one topic, which answer as the protocol has it. */
export class FakeBroker {
  topicId: string = "A".repeat(21) + "Q";
  leaderEpoch = 0;
  /** Batches as they stand in the log, in order. */
  batches: readonly Buffer[] = [];
  startOffset = 0;
  endOffset = 0;
  /** The broker that leads the partition: 1 or 2. */
  leader = 1;
  /** Errors of the partition in the next answers to fetches. */
  readonly fetchErrors: number[] = [];
  /** The same for its bounds, of which a reader asks for two at a time. */
  readonly boundsErrors: number[] = [];
  /** Error of the topic in metadata. */
  metadataError = 0;
  /** No request is answered, and each is told so. */
  away = false;
  /** Fetches are not answered before this. */
  held: Promise<void> | undefined;
  /** Where leader epochs end; those not named are unknown. */
  readonly epochEnds: Map<number, number> = new Map();
  /** Answers fetches without the records that are there. */
  withholds = false;
  /** The topic's settings. */
  config: Readonly<Record<string, string>> = {};
  fetches = 0;
  /** How long the last fetch lets the broker wait. */
  maxWaitMs: number | undefined;

  /** A cluster of this broker. */
  cluster(): Cluster {
    return new Cluster(["fake:1"], ({ port }) => this.#broker(port));
  }

  #broker(port: number): Broker {
    const spoken = Object.entries(versions).map(([key, maxVersion]) =>
      [key, { minVersion: 0, maxVersion }] as const
    );
    const configEntries = () =>
      Object.entries(this.config).map(([configName, configValue]) => ({ configName, configValue }));
    const fake = {
      versions: Object.fromEntries(spoken),
      connectionPool: {
        host: "fake",
        port: 1,
        pool: [],
        send: (e: Exchange) => this.#send(port, e),
      },
      connect: () => Promise.resolve(),
      isConnected: () => true,
      describeConfigs: () =>
        this.away
          ? Promise.reject(gone())
          : Promise.resolve({ resources: [{ configEntries: configEntries() }] }),
    };
    return fake as unknown as Broker;
  }

  async #send(node: number, { request, response }: Exchange): Promise<unknown> {
    const { buffer } = await request.encode();
    const answer = await this.#answer(node, request.apiKey, buffer);
    // As a network does, so that a loop of fetches lets timers run.
    await new Promise((resolve) => setTimeout(resolve, 0));
    if (this.away) throw gone();
    return await response.parse(await response.decode(answer));
  }

  async #answer(node: number, apiKey: number, body: Buffer): Promise<Buffer> {
    const ownError = node === this.leader ? 0 : notLeader;
    switch (apiKey) {
      case metadataKey:
        return this.#metadata();
      case boundsKey:
        return this.#bounds(body, this.boundsErrors.shift() ?? ownError);
      default: {
        this.fetches++;
        const answer = this.#fetch(body, this.fetchErrors.shift() ?? ownError);
        await this.held;
        return answer;
      }
    }
  }

  #metadata(): Buffer {
    return answerWriter()
      .int32(0) // throttle time
      .array(
        [1, 2],
        (w, nodeId) => w.int32(nodeId).string("fake").int32(nodeId).string(null).tags(),
      )
      .string("cluster")
      .int32(1) // controller
      .array(
        ["t"],
        (byTopic, name) =>
          byTopic.int16(this.metadataError).string(name).uuid(this.topicId).int8(0).array(
            [0],
            (w, partition) => {
              w.int16(0).int32(partition).int32(this.leader).int32(this.leaderEpoch);
              for (const nodes of [[1], [1], []]) w.array(nodes, (v, node) => v.int32(node));
              w.tags();
            },
          ).int32(0).tags(),
      )
      .tags()
      .finish();
  }

  #bounds(body: Buffer, errorCode: number): Buffer {
    // The last but two bytes of tags: the time that is asked for.
    const isStart = body.readBigInt64BE(body.length - 11) === earliest;
    return answerWriter()
      .int32(0) // throttle time
      .array(
        ["t"],
        (byTopic, name) =>
          byTopic.string(name).array(
            [0],
            (w, partition) =>
              w.int32(partition).int16(errorCode).int64(-1)
                .int64(isStart ? this.startOffset : this.endOffset).int32(-1).tags(),
          ).tags(),
      )
      .tags()
      .finish();
  }

  #fetch(body: Buffer, errorCode: number): Buffer {
    const { targets: [asked], maxWaitMs } = readFetch(body);
    this.maxWaitMs = maxWaitMs;
    if (asked === undefined) throw new Error("a fetch must name a partition");
    const { topicId, offset, lastFetchedEpoch } = asked;
    const isOther = topicId !== this.topicId;
    const end = this.epochEnds.get(lastFetchedEpoch) ?? Infinity;
    const isLost = end < offset;
    const isShown = !isOther && !isLost && !this.withholds && errorCode === 0;
    const records = isShown ? this.#recordsFrom(offset) : [];
    return answerWriter()
      .int32(0) // throttle time
      .int16(0)
      .int32(0) // session
      .array([topicId], (byTopic, id) =>
        byTopic.uuid(id).array([0], (w, partition) => {
          w.int32(partition).int16(isOther ? unknownTopicId : errorCode);
          for (const value of [this.endOffset, this.endOffset, 0]) w.int64(value);
          w.array([], () => {}).int32(-1).bytes(Buffer.concat(records));
          if (isLost) w.raw(divergence(lastFetchedEpoch, end));
          else w.tags();
        }).tags())
      .tags()
      .finish();
  }

  #recordsFrom(offset: number): Buffer[] {
    return this.batches.filter((batch) =>
      Number(batch.readBigInt64BE(0)) + batch.readInt32BE(23) >= offset
    );
  }
}

const earliest = -2n;

function gone(): Error {
  return Object.assign(new Error("cut"), { name: "KafkaJSConnectionClosedError" });
}

/** Behind the tagged fields of the header. */
function answerWriter(): WireWriter {
  return new WireWriter(256, "flexible").tags();
}

/** One tagged field: tag 0, 13 bytes. */
function divergence(epoch: number, endOffset: number): Buffer {
  const field = new WireWriter(16, "flexible").int32(epoch).int64(endOffset).tags().finish();
  return Buffer.concat([Uint8Array.of(1, 0, field.length), field]);
}
