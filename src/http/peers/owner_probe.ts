import type { Clock } from "../../base/clock.ts";
import { type Ask, within } from "../within.ts";

/** How long an instance may take to say that it lives, ms; a client waits for it. */
const answerMsMax = 500;

/** How long an answer counts, ms. */
const validMs = 2_000;

/** Addresses that are remembered at most; a group has fewer members. */
const addressesMax = 1_000;

interface Look {
  readonly atMs: number;
  readonly reachable: Promise<boolean>;
}

/**
 * Knows whether other instances answer, so that no client is sent to one that died or hangs.
 *
 * Looks at an address once in 2 s, however many ask.
 */
export class OwnerProbe {
  readonly #clock: Clock;
  readonly #ask: Ask;
  readonly #looks = new Map<string, Look>();

  constructor(clock: Clock, ask: Ask) {
    this.#clock = clock;
    this.#ask = ask;
  }

  /** True if an instance answers at this address. */
  isReachable(address: string): Promise<boolean> {
    const nowMs = this.#clock.monotonicMs();
    const last = this.#looks.get(address);
    if (last !== undefined && nowMs - last.atMs < validMs) return last.reachable;
    if (this.#looks.size >= addressesMax) this.#looks.clear();
    const reachable = this.#look(address);
    this.#looks.set(address, { atMs: nowMs, reachable });
    return reachable;
  }

  async #look(address: string): Promise<boolean> {
    try {
      return await within(this.#clock, answerMsMax, async (signal) => {
        const response = await this.#ask(`${address}/livez`, signal);
        await response.body?.cancel();
        return response.ok;
      });
    } catch {
      return false;
    }
  }
}
