import type { Clock } from "../../base/clock.ts";
import { ByAddress } from "./by_address.ts";
import { networkOf } from "./fair_places.ts";
import { HttpProblem } from "../response.ts";
import { Turns } from "./turns.ts";

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
  readonly #turns: Turns;
  readonly #waiting = new ByAddress<() => void>();
  #running = 0;

  constructor(
    clock: Clock,
    limits: QueryLimits = defaultQueryLimits,
    turns: Turns = new Turns(clock),
  ) {
    this.#clock = clock;
    this.#limits = limits;
    this.#turns = turns;
  }

  /**
   * Does the work of a query when it is its turn.
   *
   * @throws {HttpProblem} 429 with the time after which it may be asked again.
   */
  async pass<T>(address: string, work: () => T | Promise<T>): Promise<T> {
    const account = this.#accountOf(networkOf(address));
    if (account.queries < 1) throw tooMany((1 - account.queries) / this.#limits.perSecond);
    account.queries--;
    await this.#turn(address);
    try {
      while (this.#turns.isFull) await this.#turns.pause();
      const begunMs = this.#clock.monotonicMs();
      const answer = work();
      this.#turns.worked(this.#clock.monotonicMs() - begunMs);
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

  async #turn(address: string): Promise<void> {
    const { running, waiting, waitingPerAddress } = this.#limits;
    if (this.#running < running) {
      this.#running++;
      return;
    }
    const isFull = this.#waiting.count >= waiting;
    if (isFull || this.#waiting.countOf(address) >= waitingPerAddress) throw tooMany(1);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.add(address, resolve);
    await promise;
  }

  #callNext(): void {
    const call = this.#waiting.next();
    if (call === undefined) return;
    this.#running++;
    call();
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
