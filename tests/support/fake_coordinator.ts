import type { Buffer } from "node:buffer";
import type { Cluster } from "../../src/kafka/cluster/cluster.ts";
import { ProtocolFault } from "../../src/kafka/wire/errors.ts";
import type { JoinAnswer } from "../../src/kafka/group/join_protocol.ts";
import { encodeAssignment, noAssignment } from "../../src/kafka/group/member_metadata.ts";
import type { Broker } from "../../src/kafka/wire/internals.ts";

type Sync = Parameters<Broker["syncGroup"]>[0];
type Request = "Metadata" | "JoinGroup" | "SyncGroup" | "Heartbeat" | "LeaveGroup";

/** The coordinator of a group as its clients see it; a test decides what it answers. */
export class FakeCoordinator {
  /** What was asked, in order. */
  readonly asked: string[] = [];
  /** What the members of a generation were assigned by its leader. */
  shared: Sync["groupAssignment"] = [];
  /** How many connections are open. */
  connections = 0;
  answer: JoinAnswer = {
    kind: "joined",
    group: { generation: 1, leaderId: "another", memberId: "m1", members: [] },
  };
  /** Joins wait for this. */
  held: Promise<void> | undefined;
  assignment: Buffer = encodeAssignment("t", { ...noAssignment, active: [0] });
  readonly #faults = new Map<Request, number[]>();

  /** The next requests of a kind are answered with these errors. */
  fail(request: Request, ...errorCodes: readonly number[]): void {
    this.#faults.set(request, [...errorCodes]);
  }

  /** Connections to it. */
  cluster(): Cluster {
    this.connections++;
    const broker = this.#broker();
    return {
      refresh: (topic: string) => {
        this.#ask("Metadata", topic);
        return Promise.resolve({ partitions: [{ partition: 0 }, { partition: 1 }] });
      },
      onCoordinator: async <T>(_kind: string, _key: string, call: (b: Broker) => Promise<T>) =>
        await call(broker),
      [Symbol.asyncDispose]: () => {
        this.connections--;
        return Promise.resolve();
      },
    } as unknown as Cluster;
  }

  #broker(): Broker {
    const broker: Pick<Broker, "syncGroup" | "heartbeat" | "leaveGroup"> = {
      syncGroup: async ({ groupId, memberId, generationId, groupAssignment }) => {
        await this.#asked("SyncGroup", `${groupId} ${memberId} ${generationId}`);
        this.shared = groupAssignment;
        return { memberAssignment: this.assignment };
      },
      heartbeat: ({ groupId, memberId, groupGenerationId }) =>
        this.#asked("Heartbeat", `${groupId} ${memberId} ${groupGenerationId}`),
      leaveGroup: ({ groupId, memberId }) => this.#asked("LeaveGroup", `${groupId} ${memberId}`),
    };
    const send = async () => {
      await this.#asked("JoinGroup", "");
      await this.held;
      return { value: this.answer };
    };
    const versions = { 11: { minVersion: 0, maxVersion: 9 } };
    return { ...broker, versions, connectionPool: { host: "fake", port: 1, send } } as never;
  }

  async #asked(request: Request, how: string): Promise<void> {
    await Promise.resolve();
    this.#ask(request, how);
  }

  #ask(request: Request, how: string): void {
    this.asked.push(`${request} ${how}`.trim());
    const errorCode = this.#faults.get(request)?.shift();
    if (errorCode !== undefined) throw new ProtocolFault(errorCode, request);
  }
}
