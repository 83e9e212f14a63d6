import type { JoinAnswer, JoinedGroup } from "./join_protocol.ts";
import type { AssignmentMessage, Subscription } from "./member_metadata.ts";

/** Our place in a generation of a group. */
export interface Place {
  readonly memberId: string;
  readonly generation: number;
}

/** What a member asks its coordinator; errors are Kafka's. */
export interface GroupProtocol {
  /** One try to join; answered when every member has joined, or their time is over. */
  join(memberId: string, subscription: Subscription): Promise<JoinAnswer>;
  /** Learns what is ours; the leader sends all assignments. */
  sync(topic: string, joined: JoinedGroup): Promise<AssignmentMessage>;
  heartbeat(place: Place): Promise<void>;
  leave(memberId: string): Promise<void>;
}
