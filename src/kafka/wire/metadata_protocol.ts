import type { WireRequest } from "./internals.ts";
import { WireReader } from "./wire_reader.ts";
import { WireWriter } from "./wire_writer.ts";

/** Where a broker listens. */
export interface BrokerAddress {
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
}

/** A topic as the brokers describe it. */
export interface TopicMetadata {
  readonly topic: string;
  readonly errorCode: number;
  readonly partitions: readonly PartitionMetadata[];
}

/** A partition as the brokers describe it. */
export interface PartitionMetadata {
  readonly partition: number;
  /** -1 while there is none. */
  readonly leader: number;
  readonly replicas: readonly number[];
}

/** The brokers, and the topics that were asked for. */
export interface ClusterMetadata {
  readonly brokers: readonly BrokerAddress[];
  readonly topics: readonly TopicMetadata[];
}

/**
 * Metadata, version 6: the brokers and the given topics; creates none.
 *
 * Our own decoder, because kafkajs refuses a whole answer when one topic in it has an error.
 */
export function metadataRequest(topics: readonly string[]): WireRequest<ClusterMetadata> {
  const body = new WireWriter()
    .array(topics, (writer, topic) => writer.string(topic))
    .int8(0)
    .finish();
  return { apiKey: 3, apiVersion: 6, apiName: "Metadata", body, decode: decodeMetadata };
}

function decodeMetadata(payload: ConstructorParameters<typeof WireReader>[0]): ClusterMetadata {
  const reader = new WireReader(payload);
  reader.int32(); // throttle time
  const brokers = reader.array(readBroker);
  reader.string(); // cluster id
  reader.int32(); // controller
  return { brokers, topics: reader.array(readTopic) };
}

function readBroker(reader: WireReader): BrokerAddress {
  const nodeId = reader.int32();
  const host = reader.string() ?? "";
  const port = reader.int32();
  reader.string(); // rack
  return { nodeId, host, port };
}

function readTopic(reader: WireReader): TopicMetadata {
  const errorCode = reader.int16();
  const topic = reader.string() ?? "";
  reader.boolean(); // internal
  const partitions = reader.array(readPartition).sort((a, b) => a.partition - b.partition);
  return { topic, errorCode, partitions };
}

function readPartition(reader: WireReader): PartitionMetadata {
  reader.int16(); // error: the leader says it better
  const partition = reader.int32();
  const leader = reader.int32();
  const replicas = reader.array((r) => r.int32());
  reader.array((r) => r.int32()); // in-sync replicas
  reader.array((r) => r.int32()); // offline replicas
  return { partition, leader, replicas };
}
