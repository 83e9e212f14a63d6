import type { Buffer } from "node:buffer";
import { isHttpOrigin } from "../../base/origin.ts";
import type { GroupMember } from "../../streams/assignment/member.ts";
import {
  type Addresses,
  type HeldState,
  noTasks,
  type TaskAssignment,
} from "../../streams/ports.ts";
import { decodeText, encodeText } from "../../streams/text.ts";
import { WireReader } from "../wire/wire_reader.ts";
import { WireWriter } from "../wire/wire_writer.ts";

/** Longest proof of addresses that is passed on; ours have 43 characters. */
const proofCharsMax = 100;

/** Longest name of an instance or member that is believed; ours have 16 characters, or are an id. */
const instanceCharsMax = 500;

const runForm = /^[0-9a-f]{16}$/;

/** What a member reports to the leader. */
export interface Subscription extends Omit<GroupMember, "memberId"> {
  readonly topic: string;
  /** Where the member answers queries. */
  readonly addresses: Addresses;
}

/** What the leader assigns to a member. */
export interface AssignmentMessage extends TaskAssignment {
  /** Where the owner of each partition answers queries, its own included. */
  readonly owners: ReadonlyMap<number, Addresses>;
  /** Every member of the generation by its id, the receiver included. */
  readonly members: ReadonlyMap<string, Addresses>;
}

/** The assignment of a member that was told nothing. */
export const noAssignment: AssignmentMessage = {
  ...noTasks,
  owners: new Map(),
  members: new Map(),
};

/**
 * A subscription in the form of Kafka's "consumer" protocol, version 0, which its tools read:
 * int16 version, array of topics, user data. The user data is ours: JSON
 * `{instance, generation, owned, held: [[partition, position, current, unable], …], leaving,
 * addresses: {address, peer, run, proof}}`; `unable` only where it is true.
 */
export function encodeSubscription({ topic, held, ...userData }: Subscription): Buffer {
  const entries = [...held].map(([partition, { position, current, unable = false }]) =>
    unable ? [partition, position, current, unable] : [partition, position, current]
  );
  return new WireWriter()
    .int16(0)
    .array([topic], (writer, name) => writer.string(name))
    .bytes(encodeText(JSON.stringify({ ...userData, held: entries })))
    .finish();
}

/**
 * What a member reported; `undefined` for bytes of another program. Total: the group shows
 * the leader whatever bytes a member joined with.
 */
export function parseMemberMetadata(bytes: Buffer): Subscription | undefined {
  return unlessUnreadable(() => {
    const reader = new WireReader(bytes);
    reader.int16();
    const [topic = ""] = reader.array((r) => r.text());
    const userData = parseUserData(reader.bytes());
    return userData === undefined ? undefined : { topic, ...userData };
  });
}

function parseUserData(bytes: Uint8Array): Omit<Subscription, "topic"> | undefined {
  const { instance, generation, owned, held, leaving, addresses } = parseObject(bytes);
  const isOurs = typeof instance === "string" && instance.length <= instanceCharsMax &&
    (generation === -1 || isCount(generation)) && Array.isArray(owned) && owned.every(isCount);
  if (!isOurs) return undefined;
  return {
    instance,
    generation,
    owned,
    held: heldOf(held),
    leaving: leaving === true,
    addresses: addressesOf(addresses),
  };
}

function heldOf(told: unknown): Map<number, HeldState> {
  const held = new Map<number, HeldState>();
  for (const entry of Array.isArray(told) ? told : []) {
    const [partition, position, current, unable] = Array.isArray(entry) ? entry as unknown[] : [];
    if (isCount(partition) && isCount(position) && typeof current === "boolean") {
      held.set(partition, { position, current, ...(unable === true ? { unable } : {}) });
    }
  }
  return held;
}

/** An object written as JSON; an empty one for another program's bytes. */
function parseObject(bytes: Uint8Array): Record<string, unknown> {
  try {
    return { ...JSON.parse(decodeText(bytes) ?? "") };
  } catch {
    return {};
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** The result of reading another program's bytes; `undefined` where they end too early. */
function unlessUnreadable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function addressesOf(told: unknown): Addresses {
  if (typeof told !== "object" || told === null) return {};
  const { address, peer, run, proof } = told as { readonly [Name in keyof Addresses]: unknown };
  return {
    ...(isHttpOrigin(address) ? { address } : {}),
    ...(isHttpOrigin(peer) ? { peer } : {}),
    ...(typeof run === "string" && runForm.test(run) ? { run } : {}),
    ...(typeof proof === "string" && proof.length <= proofCharsMax ? { proof } : {}),
  };
}

/**
 * An assignment in the form of Kafka's "consumer" protocol, version 0. The user data is ours: JSON
 * `{standbys, warmUps, handedOver, owners: [[partition, {address, peer, run, proof}], …],
 * members: [[member id, {address, peer, run, proof}], …]}`.
 */
export function encodeAssignment(
  topic: string,
  { active, owners, members, ...userData }: AssignmentMessage,
): Buffer {
  return new WireWriter()
    .int16(0)
    .array(
      [topic],
      (writer, name) => writer.string(name).array(active, (w, partition) => w.int32(partition)),
    )
    .bytes(encodeText(JSON.stringify({
      ...userData,
      owners: [...owners],
      members: [...members],
    })))
    .finish();
}

/**
 * What an assignment says of `topic`; nothing for the empty bytes of a late joiner, `undefined` for
 * bytes that no leader of ours wrote. Total.
 */
export function parseAssignment(topic: string, bytes: Buffer): AssignmentMessage | undefined {
  if (bytes.length === 0) return noAssignment;
  return unlessUnreadable(() => {
    const reader = new WireReader(bytes);
    reader.int16();
    const assigned = reader.array((r) => ({
      topic: r.string(),
      partitions: r.array((p) => p.int32()),
    }));
    const active = assigned.filter((entry) => entry.topic === topic)
      .flatMap((entry) => entry.partitions).filter(isCount).sort((a, b) => a - b);
    const { standbys, warmUps, handedOver, owners, members } = parseObject(reader.bytes());
    return {
      active: [...new Set(active)],
      standbys: partitionsOf(standbys),
      warmUps: partitionsOf(warmUps),
      handedOver: partitionsOf(handedOver),
      owners: addressesBy(isCount, owners),
      members: addressesBy(isMemberId, members),
    };
  });
}

function partitionsOf(told: unknown): number[] {
  return Array.isArray(told) ? told.filter(isCount) : [];
}

function isMemberId(value: unknown): value is string {
  return typeof value === "string" && value !== "" && value.length <= instanceCharsMax;
}

function addressesBy<Key>(
  isKey: (value: unknown) => value is Key,
  told: unknown,
): Map<Key, Addresses> {
  const found = new Map<Key, Addresses>();
  for (const entry of Array.isArray(told) ? told : []) {
    const [key, addresses] = Array.isArray(entry) ? entry as unknown[] : [];
    if (isKey(key)) found.set(key, addressesOf(addresses));
  }
  return found;
}
