import type { Chance } from "../simulation/chance.ts";
import { apiKeys, type Delivery, type KafkaProxy, type ProxyVerdict } from "../kafka_proxy.ts";

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

/** What may happen to any of them; as often as it stands here. */
const faultsOfAll: readonly ProxyVerdict[] = [
  "late",
  "repeat",
  "overtaken",
  "lose-answer",
  "drop",
  "halve-answer",
  "slow",
  "late-answer",
  "repeat-answer",
];

const transactionalFaults: readonly ProxyVerdict[] = ["late", "late", ...faultsOfAll];

/** Requests after which one that was kept back arrives at the latest. */
const laterByMax = 8;

interface Held {
  readonly apiKey: number;
  readonly deliver: Delivery;
  /** Requests before which it does not arrive. */
  left: number;
}

/**
 * What a seed does to the requests of one client and to their answers. What is kept back arrives
 * right before a later request; if it is part of a transaction, of a later transaction's, so that
 * it meets the next one at each of its steps.
 */
export class ProxyWeather {
  readonly #chance: Chance;
  readonly #oneIn: number;
  readonly #held: Held[] = [];
  #faultsLeft: number;
  faults = 0;
  /** What happened, for people. */
  readonly trace: string[] = [];

  constructor(proxy: KafkaProxy, chance: Chance) {
    this.#chance = chance;
    this.#oneIn = chance.pick([3, 6, 12]);
    this.#faultsLeft = chance.whole(3, 12);
    proxy.verdict = (apiKey) => this.#verdict(apiKey);
    proxy.kept = (deliver, apiKey) => this.#keep(deliver, apiKey);
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
    return others.has(apiKey) && chance.oneIn(15) ? chance.pick(faultsOfAll) : "pass";
  }

  #keep(deliver: Delivery, apiKey: number): void {
    this.#held.push({ apiKey, deliver, left: this.#chance.whole(1, laterByMax) });
  }

  async #arriving(apiKey: number): Promise<void> {
    if (!transactional.has(apiKey) && !others.has(apiKey)) return;
    for (const held of this.#held) {
      if (transactional.has(apiKey) || others.has(held.apiKey)) held.left -= 1;
    }
    for (const held of this.#held.filter(({ left }) => left < 0)) {
      this.#held.splice(this.#held.indexOf(held), 1);
      await this.#deliver(held, nameOf(apiKey));
    }
  }

  async #deliver({ apiKey, deliver }: Held, before: string): Promise<void> {
    this.trace.push(`what was kept of ${nameOf(apiKey)} arrives before ${before}`);
    await deliver();
  }
}

function nameOf(apiKey: number): string {
  return transactional.get(apiKey) ?? others.get(apiKey) ?? String(apiKey);
}
