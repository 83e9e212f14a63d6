import type { Buffer } from "node:buffer";
import { decodeText, encodeText } from "../streams/text.ts";
import { WireReader } from "./wire_reader.ts";
import { WireWriter } from "./wire_writer.ts";

/** Longest address that is believed. */
const addressCharsMax = 500;

/** What a member tells the leader. */
export interface Subscription {
  readonly topic: string;
  readonly owned: readonly number[];
  readonly generation: number;
  /** Where the member answers queries: an http(s) URL without a trailing slash. */
  readonly address?: string;
}

/** What the leader tells a member. */
export interface Assignment {
  /** Its own, ascending. */
  readonly partitions: readonly number[];
  /** Where the owner of a partition answers queries, its own included, as far as they told. */
  readonly addresses: ReadonlyMap<number, string>;
}

/**
 * A subscription in the form of Kafka's "consumer" protocol, version 0, which its tools read:
 * int16 version, array of topics, user data. The user data is ours: JSON `{generation, owned, address}`.
 */
export function encodeSubscription({ topic, ...userData }: Subscription): Buffer {
  return new WireWriter()
    .int16(0)
    .array([topic], (writer, name) => writer.string(name))
    .bytes(encodeText(JSON.stringify(userData)))
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
    const told = JSON.parse(decodeText(bytes) ?? "") as Record<string, unknown>;
    const { generation, owned, address } = told;
    if (isCount(generation) && Array.isArray(owned) && owned.every(isCount)) {
      return { generation, owned, ...(isAddress(address) ? { address } : {}) };
    }
  } catch {
    // Another program's user data.
  }
  return { generation: -1, owned: [] };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= -1;
}

/** Clients are sent there, so it must be nothing but the way to an HTTP server. */
function isAddress(value: unknown): value is string {
  return typeof value === "string" && value.length <= addressCharsMax &&
    /^https?:\/\/[^\s/?#@]+$/.test(value) && URL.canParse(value);
}

/**
 * An assignment in the form of Kafka's "consumer" protocol, version 0. The user data is ours: JSON
 * `{addresses: [[partition, address], …]}`.
 */
export function encodeAssignment(
  topic: string,
  { partitions, addresses }: Assignment,
): Buffer {
  return new WireWriter()
    .int16(0)
    .array(
      [topic],
      (writer, name) => writer.string(name).array(partitions, (w, partition) => w.int32(partition)),
    )
    .bytes(encodeText(JSON.stringify({ addresses: [...addresses] })))
    .finish();
}

/** What an assignment says of `topic`; nothing for the empty bytes of a late joiner. */
export function decodeAssignment(topic: string, bytes: Buffer): Assignment {
  if (bytes.length === 0) return { partitions: [], addresses: new Map() };
  const reader = new WireReader(bytes);
  reader.int16();
  const assigned = reader.array((r) => ({
    topic: r.string(),
    partitions: r.array((p) => p.int32()),
  }));
  const partitions = assigned.filter((entry) => entry.topic === topic)
    .flatMap((entry) => entry.partitions).sort((a, b) => a - b);
  return { partitions, addresses: decodeAddresses(reader.bytes()) };
}

function decodeAddresses(bytes: Uint8Array): Map<number, string> {
  const found = new Map<number, string>();
  try {
    const { addresses } = JSON.parse(decodeText(bytes) ?? "") as Record<string, unknown>;
    for (const [partition, address] of addresses as [unknown, unknown][]) {
      if (isCount(partition) && isAddress(address)) found.set(partition, address);
    }
  } catch {
    // A leader that tells no addresses, or another program's user data.
  }
  return found;
}
