import assert from "node:assert/strict";
import { decodeText } from "@finhub/streams";
import { TopologyTestDriver } from "@finhub/streams/testing";
import { type Order, ordersJob } from "./orders_by_region.ts";

const regions: Readonly<Record<string, string>> = { milk: "local", tea: "far", bread: "local" };

function product(name: string) {
  const value = JSON.stringify({ name, region: regions[name] });
  return { topic: "products", key: name, value, timestampMs: 1_000 };
}

function order(customer: string, product: string, cents: number) {
  const value = JSON.stringify({ customer, product, cents });
  return { topic: "orders", key: customer, value, timestampMs: 1_000 };
}

/** What a customer has spent on local products, by looking at every order. */
function byHand(orders: readonly ReturnType<typeof order>[]) {
  const local = orders.map(({ value }): Order => JSON.parse(value))
    .filter(({ product }) => regions[product] === "local");
  return Object.fromEntries(
    [...Map.groupBy(local, ({ customer }) => customer)].map(([customer, all]) => [customer, {
      orders: all.length,
      cents: all.reduce((sum, { cents }) => sum + cents, 0),
    }]),
  );
}

for (const state of ["kept", "deleted"] as const) {
  Deno.test(`local orders are those of a fold by hand, over a crash, state ${state}`, async () => {
    const options = { partitions: 2, instances: 2 };
    await using driver = await TopologyTestDriver.start(ordersJob, options);
    await driver.rebalance([[0], [1]]); // each has the whole catalogue, wherever its records are
    await driver.pipe(...["milk", "tea", "bread"].map(product));
    const orders = ["ada", "bo", "cy", "di"].flatMap((customer, i) => [
      order(customer, "milk", 10 * i),
      order(customer, "tea", 1_000),
      order(customer, "bread", i),
      order(customer, "unknown", 1_000),
    ]);
    await driver.pipe(...orders.slice(0, 8));
    await driver.commit();
    await driver.pipe(...orders.slice(8, 12));
    await driver.crash(0, { state }); // before the commit
    await driver.crash(1, { state });
    await driver.restart(0);
    await driver.restart(1);
    await driver.pipe(...orders.slice(12));
    await driver.commit();
    const newest = driver.log.visible("local-spending").map(({ key, value }) => [
      decodeText(key ?? new Uint8Array()),
      JSON.parse(decodeText(value ?? new Uint8Array()) ?? ""),
    ]);
    assert.deepEqual(Object.fromEntries(newest), byHand(orders));
  });
}
