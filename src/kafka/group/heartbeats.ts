import type { GroupProtocol, Place } from "./group_protocol.ts";
import { reactionTo } from "./group_reaction.ts";
import type { Timing } from "../cluster/retry.ts";

/** How a generation ends for a member that stays. */
export type GenerationEnd = "rebalance" | "lost";

/**
 * Sends heartbeats to the coordinator, on its own timer, whatever else is happening.
 *
 * Goes on after a rebalance was announced: a member that is still handing over is not dead.
 */
export class Heartbeats {
  readonly #client: GroupProtocol;
  readonly #place: Place;
  readonly #timing: Timing;
  readonly #options: { readonly sessionTimeoutMs: number; readonly intervalMs: number };
  readonly #ended = Promise.withResolvers<GenerationEnd>();
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;
  #nap = new AbortController();

  constructor(
    client: GroupProtocol,
    place: Place,
    timing: Timing,
    options: { readonly sessionTimeoutMs: number; readonly intervalMs: number },
  ) {
    this.#client = client;
    this.#place = place;
    this.#timing = timing;
    this.#options = options;
    this.#done = this.#run();
  }

  /** Resolves when this generation is over. */
  get ended(): Promise<GenerationEnd> {
    return this.#ended.promise;
  }

  /** Asks at once what the group does, as it is likely to have changed. */
  now(): void {
    this.#nap.abort();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }

  async #run(): Promise<void> {
    const { clock } = this.#timing;
    const { sessionTimeoutMs } = this.#options;
    let heardAtMs = clock.monotonicMs();
    while (await this.#pause()) {
      const sentAtMs = clock.monotonicMs();
      const answer = await this.#beat();
      if (answer === "heard") heardAtMs = sentAtMs;
      else if (answer === "lost" || clock.monotonicMs() - heardAtMs > sessionTimeoutMs) {
        return this.#ended.resolve("lost");
      }
    }
  }

  /** Whether the coordinator has heard us; `lost` if it says that we are no member. */
  async #beat(): Promise<"heard" | "unheard" | "lost"> {
    try {
      await this.#client.heartbeat(this.#place);
      return "heard";
    } catch (error) {
      switch (reactionTo(error)) {
        case "rejoin":
          this.#ended.resolve("rebalance");
          return "heard";
        case "again":
          return "unheard";
        default:
          return "lost";
      }
    }
  }

  async #pause(): Promise<boolean> {
    const stopped = this.#stop.signal;
    const ended = AbortSignal.any([stopped, this.#nap.signal]);
    await this.#timing.clock.sleep(this.#options.intervalMs, ended).catch(() => {});
    this.#nap = new AbortController();
    return !stopped.aborted;
  }
}
