import { ProtocolFault } from "../../src/kafka/wire/errors.ts";
import type { GroupProtocol, Place } from "../../src/kafka/group/group_protocol.ts";
import type { JoinAnswer, JoinedGroup } from "../../src/kafka/group/join_protocol.ts";
import { type Addresses, noTasks, type TaskAssignment } from "../../src/streams/ports.ts";
import type { AssignmentMessage, Subscription } from "../../src/kafka/group/member_metadata.ts";

/** Numbers of the answers that tests give. */
export const groupErrors = {
  connection: 13,
  illegalGeneration: 22,
  inconsistentProtocol: 23,
  unknownMember: 25,
  rebalanceInProgress: 27,
} as const;

/** A coordinator of one member, whose answers a test decides. */
export class FakeGroup implements GroupProtocol {
  /** What was asked, in order; heartbeats only as their number. */
  readonly asked: string[] = [];
  heartbeats = 0;
  /** What the next sync gives. */
  assignment: TaskAssignment = { ...noTasks, active: [0, 1] };
  /** Where the owners of partitions answer, as the next sync tells. */
  owners: ReadonlyMap<number, Addresses> = new Map();
  /** The members of the generation, as the next sync tells. */
  members: ReadonlyMap<string, Addresses> = new Map();
  /** What the member said when it last joined. */
  told: Subscription | undefined;
  readonly #faults = new Map<string, number[]>();
  #generation = 0;
  #ids = 0;
  #held: PromiseWithResolvers<void> | undefined;

  /** The next requests of a kind are answered with these errors. */
  fail(request: "join" | "sync" | "heartbeat" | "leave", ...errorCodes: readonly number[]): void {
    this.#faults.set(request, [...errorCodes]);
  }

  /** Joins wait from now on, until they are released. */
  holdJoins(): void {
    this.#held = Promise.withResolvers();
  }

  releaseJoins(): void {
    this.#held?.resolve();
    this.#held = undefined;
  }

  async join(memberId: string, subscription: Subscription): Promise<JoinAnswer> {
    this.told = subscription;
    const { generation, owned, leaving } = subscription;
    const how = leaving ? "join leaving" : "join";
    this.asked.push(`${how} ${memberId || "new"} ${generation} [${owned.join()}]`);
    await this.#held?.promise;
    this.#answer("join");
    if (memberId === "") return { kind: "id-required", memberId: `m${++this.#ids}` };
    const members = [{ memberId, metadata: new Uint8Array(0) as never }];
    const group = { generation: ++this.#generation, leaderId: memberId, memberId, members };
    return { kind: "joined", group };
  }

  async sync(_topic: string, { generation }: JoinedGroup): Promise<AssignmentMessage> {
    this.asked.push(`sync ${generation}`);
    await Promise.resolve();
    this.#answer("sync");
    return { ...this.assignment, owners: this.owners, members: this.members };
  }

  async heartbeat(_place: Place): Promise<void> {
    this.heartbeats++;
    await Promise.resolve();
    this.#answer("heartbeat");
  }

  async leave(memberId: string): Promise<void> {
    this.asked.push(`leave ${memberId}`);
    await Promise.resolve();
    this.#answer("leave");
  }

  #answer(request: string): void {
    const errorCode = this.#faults.get(request)?.shift();
    if (errorCode !== undefined) throw new ProtocolFault(errorCode, request);
  }
}
