import { Buffer } from "node:buffer";
import { Cluster } from "../../src/kafka/cluster/cluster.ts";
import type { Broker } from "../../src/kafka/wire/internals.ts";
import { WireWriter } from "../../src/kafka/wire/wire_writer.ts";
import { readFetch } from "./fetch_requests.ts";

const fetchKey = 1;
const metadataKey = 3;
const unknownTopicId = 100;
const versions = { [fetchKey]: 17, [metadataKey]: 12 };

type Exchange = Parameters<Broker["connectionPool"]["send"]>[0];

/** One broker with one partition of one topic, which answers metadata and fetches by the protocol. */
export class FakeBroker {
  topicId: string = "A".repeat(21) + "Q";
  leaderEpoch = 0;
  /** Batches as they stand in the log, in order. */
  batches: readonly Buffer[] = [];
  endOffset = 0;
  /** Where leader epochs end; those not named are unknown. */
  readonly epochEnds: Map<number, number> = new Map();
  /** Answers fetches without the records that are there. */
  withholds = false;
  /** The topic's settings. */
  config: Readonly<Record<string, string>> = {};
  fetches = 0;

  /** A cluster of this broker. */
  cluster(): Cluster {
    return new Cluster(["fake:1"], () => this.#broker());
  }

  #broker(): Broker {
    const spoken = Object.entries(versions).map(([key, maxVersion]) =>
      [key, { minVersion: 0, maxVersion }] as const
    );
    const configEntries = () =>
      Object.entries(this.config).map(([configName, configValue]) => ({ configName, configValue }));
    const fake = {
      versions: Object.fromEntries(spoken),
      connectionPool: { host: "fake", port: 1, pool: [], send: (e: Exchange) => this.#send(e) },
      connect: () => Promise.resolve(),
      isConnected: () => true,
      describeConfigs: () => Promise.resolve({ resources: [{ configEntries: configEntries() }] }),
    };
    return fake as unknown as Broker;
  }

  async #send({ request, response }: Exchange): Promise<unknown> {
    const { buffer } = await request.encode();
    const answer = request.apiKey === metadataKey ? this.#metadata() : this.#fetch(buffer);
    // As a network does, so that a loop of fetches lets timers run.
    await new Promise((resolve) => setTimeout(resolve, 0));
    return await response.parse(await response.decode(answer));
  }

  #metadata(): Buffer {
    return answerWriter()
      .int32(0) // throttle time
      .array([1], (w, nodeId) => w.int32(nodeId).string("fake").int32(1).string(null).tags())
      .string("cluster")
      .int32(1) // controller
      .array(
        ["t"],
        (byTopic, name) =>
          byTopic.int16(0).string(name).uuid(this.topicId).int8(0).array([0], (w, partition) => {
            w.int16(0).int32(partition).int32(1).int32(this.leaderEpoch);
            for (const nodes of [[1], [1], []]) w.array(nodes, (v, node) => v.int32(node));
            w.tags();
          }).int32(0).tags(),
      )
      .tags()
      .finish();
  }

  #fetch(body: Buffer): Buffer {
    this.fetches++;
    const [asked] = readFetch(body).targets;
    if (asked === undefined) throw new Error("a fetch must name a partition");
    const { topicId, offset, lastFetchedEpoch } = asked;
    const isOther = topicId !== this.topicId;
    const end = this.epochEnds.get(lastFetchedEpoch) ?? Infinity;
    const isLost = end < offset;
    const records = isOther || isLost || this.withholds ? [] : this.#recordsFrom(offset);
    return answerWriter()
      .int32(0) // throttle time
      .int16(0)
      .int32(0) // session
      .array([topicId], (byTopic, id) =>
        byTopic.uuid(id).array([0], (w, partition) => {
          w.int32(partition).int16(isOther ? unknownTopicId : 0);
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

/** Behind the tagged fields of the header. */
function answerWriter(): WireWriter {
  return new WireWriter(256, "flexible").tags();
}

/** One tagged field: tag 0, 13 bytes. */
function divergence(epoch: number, endOffset: number): Buffer {
  const field = new WireWriter(16, "flexible").int32(epoch).int64(endOffset).tags().finish();
  return Buffer.concat([Uint8Array.of(1, 0, field.length), field]);
}
