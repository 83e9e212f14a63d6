import { dispositionOf, isAborted, problemOf } from "../../base/errors.ts";
import type { Logger } from "../../base/logger.ts";
import { OutageLog } from "../../base/outage_log.ts";
import type {
  Addresses,
  AssignmentListener,
  GroupMembership,
  MemberWatch,
} from "../../streams/ports.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { faultKind, toPipelineError } from "../wire/errors.ts";
import { GroupClient, type GroupOptions } from "./group_client.ts";
import { type Identity, IdentityFile } from "./identity_file.ts";
import { Participation, type ParticipationOptions } from "./participation.ts";
import { Deadline, type Timing } from "../cluster/retry.ts";

/** How a member takes part. */
export interface MembershipOptions extends GroupOptions {
  /** Pause between two signs of life, ms; far below the session timeout. */
  readonly heartbeatIntervalMs: number;
  /** Where it is remembered who we are; one file per running instance. */
  readonly identityFile?: string;
  /** Where this member answers queries. */
  readonly addresses?: Addresses;
  /** Notices members that have died before their session ends. */
  readonly watch?: MemberWatch;
}

/** How long Kafka is asked for the topic before the log says so, ms. */
const answerTimeoutMs = 3_000;

/** How long Kafka is asked to let a member go, ms: the program has 10 s to end. */
const leaveTimeoutMs = 2_000;

/**
 * Shares the partitions of a topic by Kafka's group protocol, spoken directly.
 *
 * ```
 *  joining ──► syncing ──► member ──rebalance──► joining     work continues throughout
 *     ▲           │           │
 *     └───────────┴───────────┴── lost: everything is given up, joins as a new member
 * ```
 *
 * The heartbeat has its own timer, so that slow processing does not make the group believe that we
 * are dead. A member that ran here before and did not leave is taken out first (`identityFile`).
 */
export class KafkaMembership implements GroupMembership {
  readonly #newCluster: () => Cluster;
  readonly #timing: Timing;
  readonly #logger: Logger;
  readonly #options: MembershipOptions;
  readonly #outage: OutageLog;
  #owners: ReadonlyMap<number, Addresses> = new Map();
  #participation: Participation | undefined;

  constructor(
    newCluster: () => Cluster,
    timing: Timing,
    logger: Logger,
    options: MembershipOptions,
  ) {
    this.#newCluster = newCluster;
    this.#timing = timing;
    this.#logger = logger;
    this.#options = options;
    const texts = { lasting: "waiting for Kafka", over: "Kafka answers again" };
    this.#outage = new OutageLog(texts, { logger, clock: timing.clock });
  }

  get problem(): string | undefined {
    return this.#outage.problem;
  }

  ownerOf(partition: number): Addresses | undefined {
    return this.#owners.get(partition);
  }

  reconsider(): void {
    this.#participation?.reconsider();
  }

  async run(topic: string, listener: AssignmentListener, signal: AbortSignal): Promise<void> {
    const { identityFile } = this.#options;
    const file = identityFile === undefined ? undefined : new IdentityFile(identityFile);
    await this.#requireTopic(topic, signal);
    const identity = await file?.read(this.#timing.random);
    await this.#removeFormer(identity);
    const instance = identity?.instance;
    let memberId: string | undefined;
    const remember = async (joined: string): Promise<void> => {
      if (joined === memberId) return;
      memberId = joined;
      if (instance !== undefined) await file?.write({ instance, memberId });
    };
    try {
      await this.#takePart({ topic, listener, signal, remember, instance });
    } finally {
      // On connections of its own: the others may be held up by a join that waits.
      const left = memberId !== undefined && await this.#leave(memberId);
      if (left && instance !== undefined) await file?.write({ instance });
    }
  }

  async #takePart(
    own: Pick<
      ParticipationOptions,
      "topic" | "listener" | "signal" | "remember" | "instance"
    >,
  ): Promise<void> {
    await using cluster = this.#newCluster();
    const participation = new Participation(new GroupClient(cluster, this.#options, this.#logger), {
      ...own,
      learn: (owners) => {
        this.#owners = owners;
      },
      addresses: { ...this.#options.addresses },
      watch: this.#options.watch,
      timing: this.#timing,
      logger: this.#logger,
      outage: this.#outage,
      options: this.#options,
    });
    this.#participation = participation;
    try {
      await participation.run();
    } catch (error) {
      if (!isAborted(error)) throw error;
    }
  }

  /** Waits for Kafka as long as it takes, but not for a topic that does not exist. */
  async #requireTopic(topic: string, signal: AbortSignal): Promise<void> {
    await using cluster = this.#newCluster();
    while (!signal.aborted) {
      try {
        await new Deadline(this.#timing, answerTimeoutMs).retry(() => cluster.refresh(topic));
        this.#outage.over();
        return;
      } catch (error) {
        const wrapped = toPipelineError(error, `share the partitions of ${topic}`, { topic });
        if (dispositionOf(wrapped) !== "retry") throw wrapped;
        this.#outage.failed(wrapped);
      }
    }
  }

  async #removeFormer(identity: Identity | undefined): Promise<void> {
    const former = identity?.memberId;
    if (former === undefined) return;
    if (await this.#leave(former)) {
      this.#logger.info("removed the former member from the group", { memberId: former });
    }
  }

  /** True when the member is out of the group, by us or before. */
  async #leave(memberId: string): Promise<boolean> {
    await using cluster = this.#newCluster();
    const client = new GroupClient(cluster, this.#options, this.#logger);
    try {
      await new Deadline(this.#timing, leaveTimeoutMs).retry(() => client.leave(memberId));
      return true;
    } catch (error) {
      if (faultKind(error) === "membership") return true;
      this.#logger.warn("could not leave the group; its session will expire", {
        memberId,
        groupId: this.#options.groupId,
        ...problemOf(error),
      });
      return false;
    }
  }
}
