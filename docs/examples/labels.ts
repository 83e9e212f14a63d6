/** Keeps an address label for each customer, from two tables: whoever moves gets a new one. */
import process from "node:process";
import { type Job, job, json, run, table, type TableChange } from "@finhub/streams";

/** Who a customer is, by the number that is the record's key. */
export interface Customer {
  readonly name: string;
}

/** Where a customer lives, by the same number. */
export interface Address {
  readonly street: string;
  readonly city: string;
}

const labels = table("customers", json<Customer>()).join(
  table("addresses", json<Address>()),
  ({ name }, { street, city }) => ({ lines: [name, street, city] }),
);

export const printLabels: Job<TableChange, never> = job("print-labels").to("labels", labels);

if (import.meta.main) {
  const [stateDir = ".state", ...brokers] = process.argv.slice(2);
  const { kafka } = await import("@finhub/streams/kafka");
  await using runtime = await kafka({ brokers, stateDir });
  await run([printLabels], runtime);
}
