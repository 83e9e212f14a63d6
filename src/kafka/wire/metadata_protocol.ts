import type { WireReader } from "./wire_reader.ts";
import type { WireRequest } from "./wire_request.ts";

/** Where a broker listens. */
export interface BrokerAddress {
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
}

/** A topic as the brokers describe it. */
export interface TopicMetadata {
  readonly topic: string;
  /** Another one once the topic was deleted and recreated; 22 characters of base64url. */
  readonly topicId: string;
  readonly errorCode: number;
  readonly partitions: readonly PartitionMetadata[];
}

/** A partition as the brokers describe it. */
export interface PartitionMetadata {
  readonly partition: number;
  /** -1 while there is none. */
  readonly leader: number;
  /** Counts the elections of a leader. */
  readonly leaderEpoch: number;
  readonly replicas: readonly number[];
}

/** The brokers, and the topics that were asked for. */
export interface ClusterMetadata {
  readonly brokers: readonly BrokerAddress[];
  readonly topics: readonly TopicMetadata[];
}

/** The topic id of no topic. */
const noTopicId = "A".repeat(22);

/**
 * Metadata: the brokers and the given topics; creates none. Version 10 brought the topics' ids.
 *
 * Our own, because kafkajs refuses a whole answer when one topic in it has an error.
 */
export function metadataRequest(topics: readonly string[]): WireRequest<ClusterMetadata> {
  return {
    apiKey: 3,
    apiName: "Metadata",
    versions: { min: 10, max: 12 },
    flexibleFrom: 9,
    encode: (writer, version) => {
      writer
        .array(topics, (w, topic) => w.uuid(noTopicId).string(topic).tags())
        .int8(0); // create topics
      if (version <= 10) writer.int8(0); // list what we may do with the cluster
      writer
        .int8(0) // list what we may do with the topics
        .tags();
    },
    decode: decodeMetadata,
  };
}

function decodeMetadata(reader: WireReader): ClusterMetadata {
  reader.int32(); // throttle time
  const brokers = reader.array(readBroker);
  reader.string(); // cluster id
  reader.int32(); // controller
  return { brokers, topics: reader.array(readTopic) };
}

function readBroker(reader: WireReader): BrokerAddress {
  const nodeId = reader.int32();
  const host = reader.text();
  const port = reader.int32();
  reader.string(); // rack
  reader.tags();
  return { nodeId, host, port };
}

function readTopic(reader: WireReader): TopicMetadata {
  const errorCode = reader.int16();
  const topic = reader.text();
  const topicId = reader.uuid();
  reader.boolean(); // internal
  const partitions = reader.array(readPartition).sort((a, b) => a.partition - b.partition);
  reader.int32(); // what we may do with it
  reader.tags();
  return { topic, topicId, errorCode, partitions };
}

function readPartition(reader: WireReader): PartitionMetadata {
  reader.int16(); // error: the leader says it better
  const partition = reader.int32();
  const leader = reader.int32();
  const leaderEpoch = reader.int32();
  const replicas = reader.array((r) => r.int32());
  reader.array((r) => r.int32()); // in-sync replicas
  reader.array((r) => r.int32()); // offline replicas
  reader.tags();
  return { partition, leader, leaderEpoch, replicas };
}
