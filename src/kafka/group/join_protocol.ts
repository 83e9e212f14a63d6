import type { Buffer } from "node:buffer";
import { ProtocolFault } from "../wire/errors.ts";
import type { WireReader } from "../wire/wire_reader.ts";
import type { WireRequest } from "../wire/wire_request.ts";

/** A member as the leader of a group sees it. */
export interface JoinedMember {
  readonly memberId: string;
  readonly metadata: Buffer;
}

/** The coordinator's answer to a join. */
export type JoinAnswer =
  | { readonly kind: "joined"; readonly group: JoinedGroup }
  /** Join again with this id (KIP-394). */
  | { readonly kind: "id-required"; readonly memberId: string };

/** A generation of a group. */
export interface JoinedGroup {
  readonly generation: number;
  readonly leaderId: string;
  readonly memberId: string;
  /** Filled for the leader only. */
  readonly members: readonly JoinedMember[];
}

/** What a member joins with. */
export interface JoinParameters {
  readonly groupId: string;
  /** Empty at first. */
  readonly memberId: string;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  readonly assignor: string;
  readonly metadata: Buffer;
}

const memberIdRequired = 79;

/** Time over the rebalance time-out that an answer may take, ms. */
const answerMarginMs = 5_000;

/**
 * JoinGroup. Our own, because kafkajs answers `MEMBER_ID_REQUIRED` behind our back, and the id
 * must be known before the join that may wait for long.
 */
export function joinRequest(parameters: JoinParameters): WireRequest<JoinAnswer> {
  return {
    apiKey: 11,
    apiName: "JoinGroup",
    versions: { min: 6, max: 9 },
    flexibleFrom: 6,
    timeoutMs: parameters.rebalanceTimeoutMs + answerMarginMs,
    encode: (writer, version) => {
      writer
        .string(parameters.groupId)
        .int32(parameters.sessionTimeoutMs)
        .int32(parameters.rebalanceTimeoutMs)
        .string(parameters.memberId)
        .string(null) // no static membership
        .string("consumer")
        .array(
          [parameters.assignor],
          (w, name) => w.string(name).bytes(parameters.metadata).tags(),
        );
      if (version >= 8) writer.string(null); // reason
      writer.tags();
    },
    decode: decodeJoin,
  };
}

function decodeJoin(reader: WireReader, version: number): JoinAnswer {
  reader.int32(); // throttle time
  const errorCode = reader.int16();
  const generation = reader.int32();
  if (version >= 7) reader.string(); // "consumer"
  reader.string(); // protocol: there is one
  const leaderId = reader.text();
  if (version >= 9) reader.boolean(); // skip the assignment: only of static members
  const memberId = reader.text();
  if (errorCode === memberIdRequired) return { kind: "id-required", memberId };
  if (errorCode !== 0) throw new ProtocolFault(errorCode, "JoinGroup");
  const members = reader.array(readMember);
  return { kind: "joined", group: { generation, leaderId, memberId, members } };
}

function readMember(reader: WireReader): JoinedMember {
  const memberId = reader.text();
  reader.string(); // instance id
  const metadata = reader.bytes();
  reader.tags();
  return { memberId, metadata };
}
