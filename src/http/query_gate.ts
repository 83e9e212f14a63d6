import { HttpProblem } from "./response.ts";
import type { Clock } from "../base/clock.ts";
import { networkOf } from "./fair_places.ts";

/** What clients may ask of a server. */
export interface QueryLimits {
  /** Queries of one address each second, and how many it may have saved up. */
  readonly perSecond: number;
  readonly burst: number;
  /** Bytes of answers that count as one query more. */
  readonly bytesPerQuery: number;
  /** Queries that are worked on at the same time, and that wait: of one address, and in all. */
  readonly running: number;
  readonly waitingPerAddress: number;
  readonly waiting: number;
}

/** For one who looks at the page, and some programs. A page of 5,000 candles counts as 24 queries, 100,000 symbols as 190. */
export const defaultQueryLimits: QueryLimits = {
  perSecond: 100,
  burst: 500,
  bytesPerQuery: 64 * 1024,
  running: 4,
  waitingPerAddress: 32,
  waiting: 256,
};

/** How long queries may keep everything else waiting, ms; one that has begun continues to its end. */
const workMsMax = 4;

/** Addresses whose queries are counted; with more, those that have saved up most are forgotten. */
const addressesMax = 1_000;

/** What an address may still ask for, as of a time. */
interface Account {
  queries: number;
  atMs: number;
}

/**
 * Lets queries through that cost time: a bounded number of each address and at the same time, the
 * addresses taking turns.
 */
export class QueryGate {
  readonly #clock: Clock;
  readonly #limits: QueryLimits;
  readonly #accounts = new Map<string, Account>();
  /** By address, the one whose turn is next first. */
  readonly #waiting = new Map<string, (() => void)[]>();
  #waitingCount = 0;
  #running = 0;
  /** How long queries have kept the event loop from its next turn, and who waits for that. */
  #workedMs = 0;
  #turning: Promise<void> | undefined;

  constructor(clock: Clock, limits: QueryLimits = defaultQueryLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /**
   * Does the work of a query when it is its turn.
   *
   * @throws {HttpProblem} 429 with the time after which it may be asked again.
   */
  async pass<T>(address: string, work: () => T | Promise<T>): Promise<T> {
    const network = networkOf(address);
    const account = this.#accountOf(network);
    if (account.queries < 1) throw tooMany((1 - account.queries) / this.#limits.perSecond);
    account.queries--;
    await this.#turn(network);
    try {
      while (this.#workedMs > workMsMax) await this.#nextTurn();
      const begunMs = this.#clock.monotonicMs();
      const answer = work();
      this.#workedMs += this.#clock.monotonicMs() - begunMs;
      return await answer;
    } finally {
      this.#running--;
      this.#callNext();
    }
  }

  /** Counts what an answer weighs, once that is known. */
  charge(address: string, bytes: number): void {
    this.#accountOf(networkOf(address)).queries -= bytes / this.#limits.bytesPerQuery;
  }

  #accountOf(network: string): Account {
    const { perSecond, burst } = this.#limits;
    const nowMs = this.#clock.monotonicMs();
    const account = this.#accounts.get(network) ?? { queries: burst, atMs: nowMs };
    const gained = (nowMs - account.atMs) / 1_000 * perSecond;
    account.queries = Math.min(burst, account.queries + gained);
    account.atMs = nowMs;
    this.#accounts.set(network, account);
    if (this.#accounts.size > addressesMax) this.#forget(nowMs);
    return account;
  }

  /** Forgets the older half: an account is full after some seconds, and none is as good. */
  #forget(nowMs: number): void {
    const full = (account: Account) =>
      account.queries + (nowMs - account.atMs) / 1_000 * this.#limits.perSecond;
    const accounts = [...this.#accounts].sort(([, a], [, b]) => full(b) - full(a));
    for (const [network] of accounts.slice(0, addressesMax / 2)) this.#accounts.delete(network);
  }

  async #turn(network: string): Promise<void> {
    const { running, waiting, waitingPerAddress } = this.#limits;
    if (this.#running < running) {
      this.#running++;
      return;
    }
    const own = this.#waiting.get(network) ?? [];
    if (own.length >= waitingPerAddress || this.#waitingCount >= waiting) throw tooMany(1);
    const { promise, resolve } = Promise.withResolvers<void>();
    own.push(resolve);
    this.#waiting.set(network, own);
    this.#waitingCount++;
    await promise;
  }

  /** Lets what came meanwhile, a health check for one, be answered before more queries begin. */
  async #nextTurn(): Promise<void> {
    this.#turning ??= this.#clock.sleep(0).then(() => {
      this.#turning = undefined;
      this.#workedMs = 0;
    });
    await this.#turning;
  }

  #callNext(): void {
    const [next] = this.#waiting;
    if (next === undefined) return;
    const [network, own] = next;
    const call = own.shift();
    this.#waiting.delete(network);
    if (own.length > 0) this.#waiting.set(network, own);
    this.#waitingCount--;
    this.#running++;
    call?.();
  }
}

function tooMany(seconds: number): HttpProblem {
  const wait = String(Math.max(1, Math.ceil(seconds)));
  return new HttpProblem({
    status: 429,
    detail: `too many queries from this address: ask again in ${wait} s`,
    headers: { "retry-after": wait },
  });
}
