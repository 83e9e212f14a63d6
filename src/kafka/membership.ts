import { describeError, dispositionOf, isAborted } from "../base/errors.ts";
import type { Logger } from "../base/logger.ts";
import type { GroupMembership, RebalanceListener } from "../streams/ports.ts";
import type { Cluster } from "./cluster.ts";
import { faultKind, toPipelineError } from "./errors.ts";
import { GroupClient, type GroupOptions } from "./group_client.ts";
import { MemberIdFile } from "./member_id_file.ts";
import { Participation } from "./participation.ts";
import { Deadline, type Waiting } from "./retry.ts";

/** How a member takes part. */
export interface MembershipOptions extends GroupOptions {
  readonly heartbeatIntervalMs: number;
  /** Where the member id outlives a crash; one file per running instance. */
  readonly memberIdFile?: string;
  /** Where this member answers queries: an http(s) URL without a path. */
  readonly address?: string;
}

/** How long Kafka is asked to let a member leave, or for the topic, before the log says so, ms. */
const answerTimeoutMs = 3_000;

/**
 * Shares the partitions of a topic by Kafka's group protocol, spoken directly.
 *
 * ```
 *  joining ──► syncing ──► member ──rebalance──► handing over ──► joining
 *     ▲           │           │
 *     └───────────┴───────────┴── lost: everything is given up, joins as a new member
 * ```
 *
 * The heartbeat has its own timer and connections, so that neither slow processing nor a join that
 * waits makes the group believe that we are dead. A member that ran here before and did not leave
 * is taken out first (`memberIdFile`).
 */
export class KafkaMembership implements GroupMembership {
  readonly #newCluster: () => Cluster;
  readonly #waiting: Waiting;
  readonly #logger: Logger;
  readonly #options: MembershipOptions;
  #addresses: ReadonlyMap<number, string> = new Map();

  constructor(
    newCluster: () => Cluster,
    waiting: Waiting,
    logger: Logger,
    options: MembershipOptions,
  ) {
    this.#newCluster = newCluster;
    this.#waiting = waiting;
    this.#logger = logger;
    this.#options = options;
  }

  addressOf(partition: number): string | undefined {
    return this.#addresses.get(partition);
  }

  async run(topic: string, listener: RebalanceListener, signal: AbortSignal): Promise<void> {
    const { memberIdFile } = this.#options;
    const file = memberIdFile === undefined ? undefined : new MemberIdFile(memberIdFile);
    await this.#requireTopic(topic, signal);
    await this.#removeFormer(file);
    let memberId: string | undefined;
    const remember = async (joined: string): Promise<void> => {
      if (joined === memberId) return;
      memberId = joined;
      await file?.write(joined);
    };
    try {
      await this.#takePart(topic, listener, signal, remember);
    } finally {
      // On connections of its own: the others may be held up by a join that waits.
      if (memberId !== undefined && await this.#leave(memberId)) await file?.remove();
    }
  }

  async #takePart(
    topic: string,
    listener: RebalanceListener,
    signal: AbortSignal,
    remember: (memberId: string) => Promise<void>,
  ): Promise<void> {
    await using cluster = this.#newCluster();
    const participation = new Participation(new GroupClient(cluster, this.#options), {
      topic,
      listener,
      signal,
      remember,
      learn: (addresses) => {
        this.#addresses = addresses;
      },
      address: this.#options.address,
      waiting: this.#waiting,
      logger: this.#logger,
      options: this.#options,
    });
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
        await new Deadline(this.#waiting, answerTimeoutMs).retry(() => cluster.refresh(topic));
        return;
      } catch (error) {
        const wrapped = toPipelineError(error, `share the partitions of ${topic}`, { topic });
        if (dispositionOf(wrapped) !== "retry") throw wrapped;
        this.#logger.warn("waiting for Kafka", { topic, error: describeError(wrapped) });
      }
    }
  }

  async #removeFormer(file: MemberIdFile | undefined): Promise<void> {
    const former = await file?.read();
    if (former === undefined) return;
    if (await this.#leave(former)) {
      this.#logger.info("took the former member out of the group", { memberId: former });
    }
  }

  /** True when the member is out of the group, by us or before. */
  async #leave(memberId: string): Promise<boolean> {
    await using cluster = this.#newCluster();
    const client = new GroupClient(cluster, this.#options);
    try {
      await new Deadline(this.#waiting, answerTimeoutMs).retry(() => client.leave(memberId));
      return true;
    } catch (error) {
      if (faultKind(error) === "membership") return true;
      this.#logger.warn("could not leave the group; its session has to end", {
        memberId,
        groupId: this.#options.groupId,
        error: describeError(error),
      });
      return false;
    }
  }
}
