/** Matches orders with their payments, and says which were not paid within an hour. */
import process from "node:process";
import { type Either, type Job, job, json, run, stream, within } from "@finhub/streams";

/** An order, and when it was made, epoch ms. */
export interface Order {
  readonly id: string;
  readonly atMs: number;
  readonly cents: number;
}

/** A payment, of a whole order or a part of it. */
export interface Payment {
  readonly order: string;
  readonly atMs: number;
  readonly cents: number;
}

const orders = stream("orders", json<Order>()).timestamp(({ atMs }) => atMs)
  .keyBy(({ id }) => id);
const payments = stream("payments", json<Payment>()).timestamp(({ atMs }) => atMs)
  .keyBy(({ order }) => order);

const matched = orders.leftJoin(
  "matched",
  payments,
  within("1h", { grace: "5m" }),
  ({ id, cents }, payment) => ({ order: id, cents, paid: payment?.cents ?? 0 }),
);

const { paid, unpaid } = matched.branch({ paid: ({ paid }) => paid > 0, unpaid: () => true });

export const matchPayments: Job<Either<Order, Payment>, never> = job("match-payments")
  .to("paid", paid)
  .to("unpaid", unpaid);

if (import.meta.main) {
  const [stateDir = ".state", ...brokers] = process.argv.slice(2);
  const { kafka } = await import("@finhub/streams/kafka");
  await using runtime = await kafka({ brokers, stateDir });
  await run([matchPayments], runtime);
}
