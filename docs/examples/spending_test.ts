/** The job that README.md shows, whole and tested. */
import assert from "node:assert/strict";
import {
  type Aggregator,
  decodeText,
  encodeText,
  jsonCodec,
  type Source,
  topology,
  tumbling,
  type WindowState,
} from "../../src/streams/mod.ts";
import { TopologyTestDriver } from "../../src/streams/testing/mod.ts";

interface Payment {
  readonly user: string;
  readonly atMs: number;
  readonly cents: number;
}

/** What is kept of a user and minute. */
interface Total {
  cents: number;
}

/** Payments of one user, `[{"user":…,"atMs":…,"cents":…},…]`, or `undefined`. */
function parsed(value: Uint8Array | null): readonly Payment[] | undefined {
  try {
    return JSON.parse(decodeText(value ?? new Uint8Array()) ?? "");
  } catch {
    return undefined;
  }
}

const payments: Source<Payment> = {
  topic: "payments",
  prepare: () => Promise.resolve(),
  read({ value }) {
    const events = parsed(value) ?? [];
    const [first] = events;
    return first === undefined
      ? { kind: "dead", cause: "malformed", detail: "no payment" }
      : { kind: "events", key: first.user, events };
  },
  fault: ({ cents }) => cents < 0 ? "a negative amount" : undefined,
  timeOf: ({ atMs }) => atMs,
  write: (payments) => encodeText(JSON.stringify(payments)),
};

const sum: Aggregator<Payment, Total> = {
  initial: () => ({ cents: 0 }),
  add: (total, { cents }) => void (total.cents += cents),
};
const spending = topology("spending", payments)
  .windowedBy(tumbling({ sizeMs: 60_000, graceMs: 10_000, retentionMs: 3_600_000 }))
  .aggregate({ store: "spending", aggregator: sum, codec: jsonCodec<WindowState<Total>>() })
  .toRows("spending", ({ key, startMs, state }) => ({ user: key, startMs, ...state.aggregate }));

const payment = (user: string, atMs: number, cents: number) => ({
  value: JSON.stringify([{ user, atMs, cents }]),
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
