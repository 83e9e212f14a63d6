/** What is ordered per region, of products whose regions a catalogue has that all instances hold. */
import process from "node:process";
import { count, globalTable, type Job, job, json, run, stream, sum } from "@finhub/streams";

export interface Order {
  readonly customer: string;
  readonly product: string;
  readonly cents: number;
}

export interface Product {
  readonly name: string;
  readonly region: string;
}

interface Spent {
  readonly orders: number;
  readonly cents: number;
}

const catalogue = globalTable("products", json<Product>());

const spent = stream("orders", json<Order>())
  .keyBy(({ customer }) => customer)
  .leftJoin(
    catalogue,
    ({ product }) => product,
    ({ cents }, product) => ({ cents, isLocal: product?.region === "local" }),
  )
  .filter(({ isLocal }) => isLocal)
  .aggregate("local", { orders: count(), cents: sum(({ cents }) => cents) });

/** What each customer has ordered of local products. */
export const ordersJob: Job<Order, Spent> = job("local-orders").to("local-spending", spent);

if (import.meta.main) {
  const [stateDir = ".state", ...brokers] = process.argv.slice(2);
  const { kafka } = await import("@finhub/streams/kafka");
  await using runtime = await kafka({ brokers, stateDir });
  await run([ordersJob], runtime);
}
