import assert from "node:assert/strict";
import type { CandleJson } from "../../src/http/wire.ts";
import { freePort } from "../support/free_port.ts";
import { rawClient } from "../support/cassandra_keyspace.ts";
import { Pipeline } from "../support/pipeline.ts";
import { eightSymbols, runPartitions } from "../support/market_run.ts";
import type { ProcessInstance } from "../support/process_instance.ts";
import { realServices } from "../support/services.ts";
import { until } from "../support/until.ts";

const msMax = 60_000;

/** A symbol as `/api/symbols` lists it. */
interface Listed {
  readonly symbol: string;
  readonly partition: number;
  /** Trades of the day. */
  readonly count: number;
}

/**
 * Two instances of `process` with half of the partitions each, fed with the simulated market
 * through Kafka by `produce`. Each keeps its port when it is started again.
 */
export class TwoInstances implements AsyncDisposable {
  readonly #resources: AsyncDisposableStack;
  readonly #pipeline: Pipeline;
  readonly first: ProcessInstance;
  readonly second: ProcessInstance;
  /** In the order of their names. */
  readonly symbols: readonly string[] = eightSymbols.toSorted();

  private constructor(resources: AsyncDisposableStack, pipeline: Pipeline) {
    this.#resources = resources;
    this.#pipeline = pipeline;
    this.first = pipeline.instance("-1", freePort());
    this.second = pipeline.instance("-2", freePort());
  }

  /** Starts everything and waits until both have work and all symbols have traded. */
  static async open(): Promise<TwoInstances> {
    await using opening = new AsyncDisposableStack();
    const folder = await Deno.makeTempDir({ prefix: "two-instances-" });
    opening.defer(() => Deno.remove(folder, { recursive: true }));
    const services = opening.use(
      await realServices({ kafka: true, registry: true, cassandra: true }),
    );
    const pipeline = opening.use(
      new Pipeline({
        services: services.environment,
        name: crypto.randomUUID().slice(0, 8),
        stateDir: `${folder}/state`,
        symbols: eightSymbols,
        partitions: runPartitions,
      }),
    );
    const both = new TwoInstances(opening.move(), pipeline);
    await both.#start();
    return both;
  }

  /** A symbol's last 15-second window as Cassandra has it. */
  async storedCandle(symbol: string): Promise<CandleJson> {
    await using raw = await rawClient();
    const { rows } = await raw.client.execute(
      `SELECT * FROM ${this.#pipeline.keyspace}.running_averages_15_sec
        WHERE symbol = ? LIMIT 1`,
      [symbol],
      { prepare: true },
    );
    const row = rows[0];
    assert(row, `Cassandra must have a window of ${symbol}`);
    return {
      start: row["window_start"].getTime(),
      end: row["window_end"].getTime(),
      open: row["open"],
      high: row["high"],
      low: row["low"],
      close: row["close"],
      volume: row["volume"],
      vwap: row["vwap"],
      count: Number(row["trade_count"]),
      price_volume_multiply: row["price_volume_multiply"],
      final: row["final"],
    };
  }

  /** The busiest symbol of the partitions that an instance has. */
  async symbolOf(owner: ProcessInstance): Promise<string> {
    const partitions = (await owner.tasks()).map(({ partition }) => partition);
    const own = (await this.#listed(owner)).filter((one) => partitions.includes(one.partition));
    const [busiest] = own.sort((a, b) => b.count - a.count);
    assert(busiest, "an instance must have a symbol of its own");
    return busiest.symbol;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#resources.disposeAsync();
  }

  async #start(): Promise<void> {
    await this.#pipeline.provision();
    this.first.start();
    this.second.start();
    const isShared = async () =>
      await running(this.first) === runPartitions / 2 &&
      await running(this.second) === runPartitions / 2;
    await until(isShared, { what: "both have half of the partitions", msMax });
    await this.#pipeline.produce();
    const haveTraded = async () => (await this.#listed(this.first)).length === this.symbols.length;
    await until(haveTraded, { what: "all symbols have traded", msMax });
  }

  async #listed(instance: ProcessInstance): Promise<Listed[]> {
    const response = await fetch(`${await instance.url()}/api/symbols`);
    const { symbols } = await response.json();
    return symbols ?? [];
  }
}

async function running(instance: ProcessInstance): Promise<number> {
  return (await instance.tasks()).filter(({ state }) => state === "running")
    .length;
}
