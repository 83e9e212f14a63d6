/** The job that README.md shows, whole and tested. */
import assert from "node:assert/strict";
import { job, json, stream, sum, tumbling } from "@finhub/streams";
import { TopologyTestDriver } from "@finhub/streams/testing";

interface Payment {
  readonly user: string;
  readonly atMs: number;
  readonly cents: number;
}

const spent = stream("payments", json<Payment>())
  .reject(({ cents }) => cents < 0 ? "a negative amount" : undefined)
  .timestamp(({ atMs }) => atMs)
  .keyBy(({ user }) => user)
  .window(tumbling("1m", { grace: "10s", retention: "1h" }))
  .aggregate("spending", { cents: sum((payment) => payment.cents) });
const spending = job("spending")
  .write(spent.map(({ key, startMs, value }) => ({ user: key, startMs, ...value })));

const payment = (user: string, atMs: number, cents: number) => ({
  value: JSON.stringify({ user, atMs, cents }),
  key: user,
  timestampMs: atMs,
});

Deno.test("spending sums what a user pays in a minute, each payment once", async () => {
  await using driver = await TopologyTestDriver.start(spending, { startMs: 60_000 });
  await driver.pipe(payment("eva", 60_001, 300), payment("eva", 60_002, -1));
  await driver.commit();
  await driver.pipe(payment("eva", 119_999, 200));
  await driver.crash(0, { state: "deleted" }); // before the commit
  await driver.restart();
  await driver.commit();
  assert.deepEqual(driver.rows.at(-1), { user: "eva", startMs: 60_000, cents: 500 });
  assert.equal(driver.deadLetters.length, 1); // the negative one, with its cause
});
