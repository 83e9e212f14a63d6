/** The example with a global table over Kafka, killed at any moment. */
import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { isDeepStrictEqual } from "node:util";
import type { Order } from "../../docs/examples/orders_by_region.ts";
import { systemClock } from "../../src/base/clock.ts";
import { silentLogger } from "../../src/base/logger.ts";
import { type Random, seededRandom } from "../../src/base/random.ts";
import { connectKafka } from "../../src/kafka/connection.ts";
import {
  decodeText,
  encodeText,
  type OutputRecord,
  type RecordLog,
} from "../../src/streams/mod.ts";
import { readAll } from "../contract/log_harness.ts";
import { kafkaBrokers } from "../support/kafka_harness.ts";
import { startExample } from "../support/start_example.ts";
import { until } from "../support/until.ts";

const regions = { milk: "local", tea: "far", bread: "local", rice: "far" } as const;
const products = Object.keys(regions) as (keyof typeof regions)[];
/** The table has other partitions than the stream: each instance reads all of them. */
const partitions = { orders: 2, products: 3 };
const lives = 5;

Deno.test({
  name: "orders are joined with a table that each instance holds whole over Kafka, through kills",
  ignore: kafkaBrokers().length === 0,
  async fn() {
    const folder = await Deno.makeTempDir({ prefix: "global-table-" });
    const random = seededRandom(29);
    // Of this run alone: what an earlier one left is counted for others.
    const customers = ["ada", "bob", "cleo"].map((name) => `${name} ${Date.now()}`);
    await using kafka = connectKafka({
      brokers: kafkaBrokers(),
      clientId: "test",
      logger: silentLogger,
    });
    await kafka.ensureTopics([
      { name: "orders", partitions: partitions.orders, replicationFactor: 1, config: {} },
      {
        name: "products",
        partitions: partitions.products,
        replicationFactor: 1,
        config: { "cleanup.policy": "compact" },
      },
    ]);
    await using appender = kafka.appender();
    await appender.append(products.map(product));
    const ordered: Order[] = [];
    for (let life = 0; life < lives; life++) {
      const orders = Array.from({ length: 300 }, () => orderOf(customers, random));
      ordered.push(...orders);
      await appender.append(orders.map(recordOf));
      if (life === 3) await rm(`${folder}/state`, { recursive: true, force: true });
      const program = startExample("orders_by_region.ts", `${folder}/state`);
      if (life === lives - 1) await untilSpent(kafka.log(), spentByHand(ordered));
      else await systemClock.sleep(1_500 + 1_500 * random.next());
      program.kill("SIGKILL");
      await program.status;
    }
    await Deno.remove(folder, { recursive: true });
  },
});

function product(name: keyof typeof regions): OutputRecord {
  const value = encodeText(JSON.stringify({ name, region: regions[name] }));
  return { topic: "products", timestampMs: Date.now(), key: encodeText(name), value };
}

function orderOf(customers: readonly string[], random: Random): Order {
  const drawn = <T>(from: readonly T[]) => from[Math.floor(random.next() * from.length)] as T;
  const cents = Math.floor(1_000 * random.next());
  return { customer: drawn(customers), product: drawn([...products, "unknown"]), cents };
}

function recordOf(order: Order): OutputRecord {
  const value = encodeText(JSON.stringify(order));
  return { topic: "orders", timestampMs: Date.now(), key: encodeText(order.customer), value };
}

type Spending = Readonly<Record<string, { readonly orders: number; readonly cents: number }>>;

function spentByHand(ordered: readonly Order[]): Spending {
  const spent: Record<string, { orders: number; cents: number }> = {};
  for (const { customer, product, cents } of ordered) {
    if (regions[product as keyof typeof regions] !== "local") continue;
    const of = spent[customer] ??= { orders: 0, cents: 0 };
    of.orders += 1;
    of.cents += cents;
  }
  return spent;
}

/** What the job has written of each customer last; it never writes fewer orders than before. */
async function spentAsWritten(log: RecordLog, customers: readonly string[]): Promise<Spending> {
  const of = (partition: number) => readAll(log, { topic: "local-spending", partition }, 0);
  const records = (await Promise.all([0, 1].map(of))).flat();
  const spent: Record<string, Spending[string]> = {};
  for (const { key, value } of records) {
    const customer = decodeText(key as Uint8Array) as string;
    if (!customers.includes(customer)) continue;
    const next: Spending[string] = JSON.parse(decodeText(value as Uint8Array) ?? "");
    assert(next.orders > (spent[customer]?.orders ?? 0), `${customer} goes back`);
    spent[customer] = next;
  }
  return spent;
}

async function untilSpent(log: RecordLog, expected: Spending): Promise<void> {
  const written = () => spentAsWritten(log, Object.keys(expected));
  const holds = async () => isDeepStrictEqual(await written(), expected);
  const what = async () => `${JSON.stringify(expected)}: ${JSON.stringify(await written())}`;
  await until(holds, { what, msMax: 60_000 });
}
