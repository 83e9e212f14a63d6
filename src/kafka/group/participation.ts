import { unlessAborted } from "../../base/backoff.ts";
import { isAborted, problemOf, throwIfAborted } from "../../base/errors.ts";
import type { Logger } from "../../base/logger.ts";
import { fired } from "../../base/signals.ts";
import type { OutageLog } from "../../base/outage_log.ts";
import {
  type Addresses,
  type AssignmentListener,
  type MemberWatch,
  noTasks,
  type TaskAssignment,
} from "../../streams/ports.ts";
import { faultKind, toPipelineError } from "../wire/errors.ts";
import type { GroupProtocol } from "./group_protocol.ts";
import { reactionTo } from "./group_reaction.ts";
import { Heartbeats } from "./heartbeats.ts";
import type { JoinedGroup } from "./join_protocol.ts";
import { Deadline, type Timing } from "../cluster/retry.ts";

/** What a participation is made from. */
export interface ParticipationOptions {
  readonly topic: string;
  readonly listener: AssignmentListener;
  readonly signal: AbortSignal;
  /** Told every member id before it is joined with. */
  readonly remember: (memberId: string) => Promise<void>;
  /** Told where other members answer queries, by partition, whenever that changes. */
  readonly learn: (owners: ReadonlyMap<number, Addresses>) => void;
  /** Where we answer queries. */
  readonly addresses: Addresses;
  /** Notices members that have died; without it the group does, when their session ends. */
  readonly watch: MemberWatch | undefined;
  /** Who we are, over restarts; as the member id without it. */
  readonly instance: string | undefined;
  readonly timing: Timing;
  readonly logger: Logger;
  readonly outage: OutageLog;
  readonly options: {
    readonly sessionTimeoutMs: number;
    readonly rebalanceTimeoutMs: number;
    readonly heartbeatIntervalMs: number;
  };
}

/**
 * How long the group may take to give what is ours to others while we still work on it, at the end;
 * members hear of it by their next heartbeats. The program has 10 s to end.
 */
const farewellMsMax = 1_500;

/**
 * One run of a member, from the first join until the signal fires.
 *
 * Work continues while the group rebalances: what moves is closed by one member while the other
 * opens it, and the fence decides whose the last commit is. A member that ends says so first and
 * continues until others have its partitions.
 *
 * @see KIP-429, whose aim this shares; differs: it takes one generation instead of two, as fencing
 *   makes an overlap harmless.
 */
export class Participation {
  readonly #client: GroupProtocol;
  readonly #parts: ParticipationOptions;
  readonly #aborted: Promise<"aborted">;
  #memberId = "";
  #generation = -1;
  #assignment: TaskAssignment = noTasks;
  #heartbeats: Heartbeats | undefined;
  #reconsidered = Promise.withResolvers<"rebalance">();

  constructor(client: GroupProtocol, parts: ParticipationOptions) {
    this.#client = client;
    this.#parts = parts;
    this.#aborted = fired(parts.signal).then(() => "aborted");
  }

  /** Rejoins as soon as the group is not changing: what we hold is not what we said. */
  reconsider(): void {
    this.#reconsidered.resolve("rebalance");
  }

  /** Until the signal fires: then everything is handed over and nothing is ours. */
  async run(): Promise<void> {
    const { signal, listener } = this.#parts;
    try {
      if (!signal.aborted) await this.#takePart();
      await listener.assigned(noTasks);
    } finally {
      this.#watchOthers(new Map());
      await this.#heartbeats?.stop();
    }
  }

  async #takePart(): Promise<void> {
    for (;;) {
      const heartbeats = await this.#enter();
      if (heartbeats === undefined) return;
      await this.#parts.listener.assigned(this.#assignment);
      const ends = [this.#aborted, heartbeats.ended, this.#reconsidered.promise] as const;
      const end = await Promise.race(ends);
      if (end === "aborted") return await this.#sayFarewell();
      await heartbeats.stop();
      if (end === "lost") await this.#lose();
    }
  }

  /**
   * Joins and syncs until it holds a place in a generation, whose heartbeats it gives, or the signal
   * fires.
   */
  async #enter(): Promise<Heartbeats | undefined> {
    const { signal, timing, options } = this.#parts;
    const pauses = new Deadline(timing, options.rebalanceTimeoutMs);
    for (let attempt = 0; !signal.aborted; attempt++) {
      try {
        return await this.#joinAndSync();
      } catch (error) {
        if (isAborted(error)) break;
        await this.#react(error);
        await pauses.pause(attempt, signal).catch(() => {});
      }
    }
    return undefined;
  }

  async #joinAndSync(): Promise<Heartbeats> {
    const { topic, options, timing, signal } = this.#parts;
    const joined = await unlessAborted(this.#join({ leaving: false }), signal, "the group");
    const message = await unlessAborted(this.#client.sync(topic, joined), signal, "the group");
    const { owners, members, ...assignment } = message;
    const { active, standbys, warmUps } = assignment;
    this.#parts.learn(new Map([...owners].filter(([p]) => !active.includes(p))));
    this.#generation = joined.generation;
    this.#assignment = assignment;
    this.#parts.outage.over();
    const heartbeats = new Heartbeats(this.#client, joined, timing, {
      sessionTimeoutMs: options.sessionTimeoutMs,
      intervalMs: options.heartbeatIntervalMs,
    });
    this.#heartbeats = heartbeats;
    this.#watchOthers(members);
    this.#parts.logger.info("joined the group", {
      topic,
      partitions: active,
      standbys,
      warmUps,
      generation: joined.generation,
      memberId: joined.memberId,
    });
    return heartbeats;
  }

  async #join({ leaving }: { readonly leaving: boolean }): Promise<JoinedGroup> {
    const { topic, addresses, listener, instance } = this.#parts;
    this.#reconsidered = Promise.withResolvers();
    const held = await listener.held();
    const subscription = {
      topic,
      instance: instance ?? this.#memberId,
      generation: this.#generation,
      owned: this.#assignment.active,
      held,
      leaving,
      addresses,
    };
    const answer = await this.#client.join(this.#memberId, subscription);
    this.#memberId = answer.kind === "joined" ? answer.group.memberId : answer.memberId;
    await this.#parts.remember(this.#memberId);
    if (answer.kind === "joined") return answer.group;
    if (!leaving) throwIfAborted(this.#parts.signal);
    return await this.#join({ leaving });
  }

  async #react(error: unknown): Promise<void> {
    const { topic, logger, outage } = this.#parts;
    const reaction = reactionTo(error);
    const problem = toPipelineError(error, `share the partitions of ${topic}`);
    logger.debug("could not join the group", { topic, reaction, error: String(error) });
    if (reaction === "stop") throw problem;
    if (faultKind(error) === "connection") outage.failed(problem);
    if (reaction === "fresh") await this.#lose();
  }

  /** The group continued without us: nothing is ours, and we join as a new member. */
  async #lose(): Promise<void> {
    const { listener, logger, topic } = this.#parts;
    logger.warn("was removed from the group", { topic, partitions: this.#assignment.active });
    this.#parts.learn(new Map());
    this.#memberId = "";
    this.#generation = -1;
    this.#watchOthers(new Map());
    if (this.#assignment === noTasks) return;
    this.#assignment = noTasks;
    await listener.lost();
  }

  #watchOthers(members: ReadonlyMap<string, Addresses>): void {
    const others = new Map([...members].filter(([memberId]) => memberId !== this.#memberId));
    this.#parts.watch?.follow(others, (memberId) => void this.#takeOut(memberId));
  }

  /**
   * Takes a dead member out of the group and rejoins. Others do the same at the same time: the
   * group has the member no more than once. One that is alive after all joins as a new member, and
   * whatever it does meanwhile is fenced.
   */
  async #takeOut(memberId: string): Promise<void> {
    const { topic, logger } = this.#parts;
    try {
      await this.#client.leave(memberId);
      logger.warn("removed a dead member from the group", { topic, memberId });
    } catch (error) {
      if (faultKind(error) !== "membership") {
        logger.warn("could not remove a dead member from the group", {
          topic,
          memberId,
          ...problemOf(toPipelineError(error, `share the partitions of ${topic}`)),
        });
        return;
      }
    }
    this.#heartbeats?.now();
  }

  /** Lets the group give what is ours to others before we close it, so that nothing pauses. */
  async #sayFarewell(): Promise<void> {
    const { topic, logger, timing } = this.#parts;
    const timer = new AbortController();
    const overrun = timing.clock.sleep(farewellMsMax, timer.signal).then(
      () => "overrun",
      () => {},
    );
    try {
      if (await Promise.race([this.#joinLeaving(), overrun]) === "overrun") {
        logger.info("the group did not take over in time; leaving anyway", { topic });
      }
    } catch (error) {
      logger.debug("could not say farewell", { topic, error: String(error) });
    } finally {
      timer.abort();
    }
  }

  async #joinLeaving(): Promise<void> {
    const joined = await this.#join({ leaving: true });
    await this.#client.sync(this.#parts.topic, joined);
  }
}
