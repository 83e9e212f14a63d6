import type { Buffer } from "node:buffer";
import { decodeText, encodeText } from "../streams/text.ts";
import { WireReader } from "./wire_reader.ts";
import { WireWriter } from "./wire_writer.ts";

/** What a member tells the leader. */
export interface Subscription {
  readonly topic: string;
  readonly owned: readonly number[];
  readonly generation: number;
}

/**
 * A subscription in the form of Kafka's "consumer" protocol, version 0, which its tools read:
 * int16 version, array of topics, user data. The user data is ours: JSON `{generation, owned}`.
 */
export function encodeSubscription({ topic, generation, owned }: Subscription): Buffer {
  return new WireWriter()
    .int16(0)
    .array([topic], (writer, name) => writer.string(name))
    .bytes(encodeText(JSON.stringify({ generation, owned })))
    .finish();
}

/** What a member told; a member without readable user data owns nothing. */
export function decodeSubscription(bytes: Buffer): Subscription {
  const reader = new WireReader(bytes);
  reader.int16();
  const [topic = ""] = reader.array((r) => r.string() ?? "");
  return { topic, ...decodeUserData(reader.bytes()) };
}

function decodeUserData(bytes: Uint8Array): Omit<Subscription, "topic"> {
  try {
    const { generation, owned } = JSON.parse(decodeText(bytes) ?? "") as Record<string, unknown>;
    if (isCount(generation) && Array.isArray(owned) && owned.every(isCount)) {
      return { generation, owned };
    }
  } catch {
    // Another program's user data.
  }
  return { generation: -1, owned: [] };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= -1;
}

/** An assignment in the form of Kafka's "consumer" protocol, version 0. */
export function encodeAssignment(topic: string, partitions: readonly number[]): Buffer {
  return new WireWriter()
    .int16(0)
    .array(
      [topic],
      (writer, name) => writer.string(name).array(partitions, (w, partition) => w.int32(partition)),
    )
    .bytes(new Uint8Array(0))
    .finish();
}

/** The partitions of `topic` in an assignment; none for the empty bytes of a late joiner. */
export function decodeAssignment(topic: string, bytes: Buffer): number[] {
  if (bytes.length === 0) return [];
  const reader = new WireReader(bytes);
  reader.int16();
  const assigned = reader.array((r) => ({
    topic: r.string(),
    partitions: r.array((p) => p.int32()),
  }));
  return assigned.filter((entry) => entry.topic === topic).flatMap(({ partitions }) => partitions)
    .sort((a, b) => a - b);
}
