import type { Chance } from "../simulation/chance.ts";
import { apiKeys, type KafkaProxy, type ProxyVerdict } from "../kafka_proxy.ts";

/** Requests of a transaction, by their numbers. */
const transactional: ReadonlyMap<number, string> = new Map([
  [apiKeys.produce, "Produce"],
  [22, "InitProducerId"],
  [apiKeys.addPartitions, "AddPartitionsToTxn"],
  [apiKeys.addOffsets, "AddOffsetsToTxn"],
  [apiKeys.commitOffset, "TxnOffsetCommit"],
  [apiKeys.endTransaction, "EndTxn"],
]);

const others: ReadonlyMap<number, string> = new Map([
  [apiKeys.fetch, "Fetch"],
  [10, "FindCoordinator"],
  [apiKeys.heartbeat, "Heartbeat"],
]);

const transactionalFaults: readonly ProxyVerdict[] = [
  "late",
  "late",
  "late",
  "repeat",
  "lose-answer",
  "drop",
  "halve-answer",
  "slow",
];

const otherFaults: readonly ProxyVerdict[] = ["lose-answer", "drop", "halve-answer", "slow"];

/** Requests after which one that was kept back arrives at the latest. */
const laterByMax = 8;

interface Held {
  readonly name: string;
  readonly frame: Uint8Array;
  /** Requests of transactions before which it does not arrive. */
  left: number;
}

/**
 * What a seed does to the requests of one client. A request that is kept back arrives right before
 * a later one, so that it meets the next transaction at each of its steps.
 */
export class ProxyWeather {
  readonly #proxy: KafkaProxy;
  readonly #chance: Chance;
  readonly #oneIn: number;
  readonly #held: Held[] = [];
  #faultsLeft: number;
  faults = 0;
  /** What happened, for people. */
  readonly trace: string[] = [];

  constructor(proxy: KafkaProxy, chance: Chance) {
    this.#proxy = proxy;
    this.#chance = chance;
    this.#oneIn = chance.pick([3, 6, 12]);
    this.#faultsLeft = chance.whole(3, 12);
    proxy.verdict = (apiKey) => this.#verdict(apiKey);
    proxy.kept = (frame, apiKey) => this.#keep(frame, nameOf(apiKey));
    proxy.arriving = (apiKey) => this.#arriving(apiKey);
  }

  /** No more faults; what was kept back arrives. */
  async calm(): Promise<void> {
    this.#faultsLeft = 0;
    for (const held of this.#held.splice(0)) await this.#deliver(held, "the end");
  }

  #verdict(apiKey: number): ProxyVerdict {
    const verdict = this.#draw(apiKey);
    if (verdict !== "pass") {
      this.#faultsLeft -= 1;
      this.faults += 1;
      this.trace.push(`${nameOf(apiKey)} ${verdict}`);
    } else if (transactional.has(apiKey)) {
      this.trace.push(nameOf(apiKey));
    }
    return verdict;
  }

  #draw(apiKey: number): ProxyVerdict {
    const chance = this.#chance;
    if (this.#faultsLeft <= 0) return "pass";
    if (transactional.has(apiKey)) {
      return chance.oneIn(this.#oneIn) ? chance.pick(transactionalFaults) : "pass";
    }
    return others.has(apiKey) && chance.oneIn(15) ? chance.pick(otherFaults) : "pass";
  }

  #keep(frame: Uint8Array, name: string): void {
    this.#held.push({ name, frame, left: this.#chance.whole(1, laterByMax) });
  }

  async #arriving(apiKey: number): Promise<void> {
    if (!transactional.has(apiKey)) return;
    for (const held of this.#held) held.left -= 1;
    for (const held of this.#held.filter(({ left }) => left < 0)) {
      this.#held.splice(this.#held.indexOf(held), 1);
      await this.#deliver(held, nameOf(apiKey));
    }
  }

  async #deliver({ name, frame }: Held, before: string): Promise<void> {
    this.trace.push(`late ${name} arrives before ${before}`);
    await this.#proxy.deliver(frame);
  }
}

function nameOf(apiKey: number): string {
  return transactional.get(apiKey) ?? others.get(apiKey) ?? String(apiKey);
}
