import { isAborted, PipelineError, throwIfAborted } from "../base/errors.ts";
import type { Logger } from "../base/logger.ts";
import type { RebalanceListener } from "../streams/ports.ts";
import { toPipelineError } from "./errors.ts";
import type { GroupProtocol } from "./group_protocol.ts";
import { reactionTo } from "./group_reaction.ts";
import { type GenerationEnd, Heartbeats } from "./heartbeats.ts";
import type { JoinedGroup } from "./join_protocol.ts";
import { Deadline, type Waiting } from "./retry.ts";

/** What a participation is made from. */
export interface ParticipationParts {
  readonly topic: string;
  readonly listener: RebalanceListener;
  readonly signal: AbortSignal;
  /** Told every member id before it is joined with. */
  readonly remember: (memberId: string) => Promise<void>;
  /** Told where other members answer queries, by partition, whenever that changes. */
  readonly learn: (addresses: ReadonlyMap<number, string>) => void;
  /** Where we answer queries. */
  readonly address: string | undefined;
  readonly waiting: Waiting;
  readonly logger: Logger;
  readonly options: {
    readonly sessionTimeoutMs: number;
    readonly rebalanceTimeoutMs: number;
    readonly heartbeatIntervalMs: number;
  };
}

/** Part of the rebalance time-out that handing over may take before we join without its end. */
const handOverShare = 0.7;

/** One run of a member, from the first join until the signal fires. */
export class Participation {
  readonly #client: GroupProtocol;
  readonly #parts: ParticipationParts;
  readonly #aborted = Promise.withResolvers<"aborted">();
  #memberId = "";
  #generation = -1;
  #owned: readonly number[] = [];
  #heartbeats: Heartbeats | undefined;
  /** The listener's last call; the next one waits for it. */
  #listening: Promise<void> = Promise.resolve();

  constructor(client: GroupProtocol, parts: ParticipationParts) {
    this.#client = client;
    this.#parts = parts;
  }

  /** Until the signal fires: then everything is handed over and nothing is ours. */
  async run(): Promise<void> {
    const { signal, listener } = this.#parts;
    const abort = () => this.#aborted.resolve("aborted");
    signal.addEventListener("abort", abort, { once: true });
    try {
      if (!signal.aborted) await this.#takePart();
      await this.#call(() => listener.rebalancing());
      await this.#call(() => listener.assigned([]));
    } finally {
      signal.removeEventListener("abort", abort);
      await this.#heartbeats?.stop();
    }
  }

  async #takePart(): Promise<void> {
    for (;;) {
      const entered = await this.#enter();
      if (entered === "aborted") return;
      await this.#call(() => this.#parts.listener.assigned(this.#owned));
      const end = await this.#generationEnd();
      if (end === "aborted") return;
      if (end === "rebalance") await this.#handOver();
      const lost = this.#heartbeats?.lost ?? false;
      await this.#heartbeats?.stop();
      if (lost) await this.#lose();
    }
  }

  /** Joins and syncs until it holds a place in a generation, or the signal fires. */
  async #enter(): Promise<"entered" | "aborted"> {
    const { signal, waiting, options } = this.#parts;
    const pauses = new Deadline(waiting, options.rebalanceTimeoutMs);
    for (let attempt = 0; !signal.aborted; attempt++) {
      try {
        await this.#joinAndSync();
        return "entered";
      } catch (error) {
        if (isAborted(error)) break;
        await this.#react(error);
        await pauses.pause(attempt, signal).catch(() => {});
      }
    }
    return "aborted";
  }

  async #joinAndSync(): Promise<void> {
    const { topic, options, waiting } = this.#parts;
    const joined = await this.#join();
    const assignment = await this.#unlessAborted(this.#client.sync(topic, joined));
    const { partitions, addresses } = assignment;
    this.#parts.learn(new Map([...addresses].filter(([p]) => !partitions.includes(p))));
    this.#generation = joined.generation;
    this.#owned = partitions;
    this.#heartbeats = new Heartbeats(this.#client, joined, waiting, {
      sessionTimeoutMs: options.sessionTimeoutMs,
      intervalMs: options.heartbeatIntervalMs,
    });
    this.#parts.logger.info("joined the group", {
      topic,
      partitions,
      generation: joined.generation,
      memberId: joined.memberId,
    });
  }

  async #join(): Promise<JoinedGroup> {
    const { topic, address } = this.#parts;
    const subscription = {
      topic,
      generation: this.#generation,
      owned: this.#owned,
      ...(address === undefined ? {} : { address }),
    };
    const answer = await this.#unlessAborted(this.#client.join(this.#memberId, subscription));
    const memberId = answer.kind === "joined" ? answer.group.memberId : answer.memberId;
    this.#memberId = memberId;
    await this.#parts.remember(memberId);
    return answer.kind === "joined" ? answer.group : await this.#join();
  }

  async #react(error: unknown): Promise<void> {
    const { topic, logger } = this.#parts;
    const reaction = reactionTo(error);
    logger.debug("could not join the group", { topic, reaction, error: String(error) });
    if (reaction === "stop") throw toPipelineError(error, `share the partitions of ${topic}`);
    if (reaction === "fresh") await this.#lose();
  }

  /** The group went on without us: nothing is ours, and we join as somebody new. */
  async #lose(): Promise<void> {
    const { listener, logger, topic } = this.#parts;
    logger.warn("was taken out of the group", { topic, partitions: this.#owned });
    this.#memberId = "";
    this.#generation = -1;
    this.#parts.learn(new Map());
    if (this.#owned.length === 0) return;
    this.#owned = [];
    await this.#call(() => listener.lost());
  }

  async #generationEnd(): Promise<GenerationEnd | "aborted"> {
    const { signal } = this.#parts;
    if (signal.aborted || this.#heartbeats === undefined) return "aborted";
    return await Promise.race([this.#heartbeats.ended, this.#aborted.promise]);
  }

  /**
   * Lets the listener commit while everything is still ours. One that takes too long goes on
   * alone, fenced by whoever gets its partition; it is told of the outcome when it is done.
   */
  async #handOver(): Promise<void> {
    const { listener, options, waiting, logger, topic } = this.#parts;
    const boundMs = options.rebalanceTimeoutMs * handOverShare;
    const timer = new AbortController();
    const overrun = waiting.clock.sleep(boundMs, timer.signal).then(() => "overrun", () => "done");
    const done = this.#call(() => listener.rebalancing()).then(() => "done");
    try {
      if (await Promise.race([done, overrun]) === "overrun") {
        logger.warn("handing over takes too long; joining without its end", { topic, boundMs });
      }
    } finally {
      timer.abort();
    }
  }

  /** Calls of the listener never overlap. */
  #call(call: () => Promise<void>): Promise<void> {
    this.#listening = this.#listening.then(call);
    return this.#listening;
  }

  /** The work's result, or `ABORTED` as soon as the signal fires. */
  async #unlessAborted<T>(work: Promise<T>): Promise<T> {
    throwIfAborted(this.#parts.signal);
    const first = await Promise.race([
      work.then((value) => ({ value })),
      this.#aborted.promise,
    ]);
    if (first !== "aborted") return first.value;
    work.catch(() => {});
    throw new PipelineError("ABORTED", "Cannot join the group as the program is shutting down");
  }
}
