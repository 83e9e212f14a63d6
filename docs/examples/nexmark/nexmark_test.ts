/** Each query's answer, compared with one that looks at all events at once. */
import assert from "node:assert/strict";
import { decodeText, type Job } from "@finhub/streams";
import { type TestInput, TopologyTestDriver } from "@finhub/streams/testing";
import { type Auction, type Bid, type NexmarkEvent, nexmarkEvents, type Person } from "./events.ts";
import * as queries from "./queries.ts";

const startMs = 10_000_000;

/** Numbers in [0, 1) by the minimal standard generator of Park and Miller. */
function* numbers(seed: number): Generator<number, never> {
  for (let state = seed;;) yield (state = state * 48_271 % 2_147_483_647) / 2_147_483_647;
}

const drawn = numbers(17);
const events: readonly NexmarkEvent[] = [...nexmarkEvents({
  ...{ count: 3_000, startMs, perSecond: 40 },
  next: () => drawn.next().value,
})];
const people = events.flatMap((it): Person[] => it.topic === "people" ? [it.value] : []);
const auctions = events.flatMap((it): Auction[] => it.topic === "auctions" ? [it.value] : []);
const bids = events.flatMap((it): Bid[] => it.topic === "bids" ? [it.value] : []);
const window = (atMs: number, sizeMs = 10_000) => Math.floor(atMs / sizeMs) * sizeMs;

interface Answer {
  readonly key: string;
  readonly value: unknown;
}

/** What a job makes of inputs, with a crash on the way; values of keys where the latest counts. */
async function answerOf<E, A>(
  job: Job<E, A>,
  topic: string,
  inputs: readonly TestInput[] = events.map((it) => inputOf(it.topic, it.value, it.value.atMs)),
): Promise<Answer[]> {
  await using driver = await TopologyTestDriver.start(job, { startMs });
  const { source, tables = [] } = job;
  const read = [source.topic, ...source.more ?? [], ...tables.map((table) => table.topic)];
  const own = inputs.filter(({ topic = "" }) => read.includes(topic));
  const half = Math.floor(own.length / 2);
  for (const input of own.slice(0, half)) await driver.pipe(input);
  driver.failNext("before-end", { error: "crash" });
  await driver.commit();
  await driver.crash(0, { state: "deleted" });
  await driver.restart();
  for (const input of own.slice(half)) await driver.pipe(input);
  do await driver.commit(); while (driver.tasks().some(({ lagRecords }) => lagRecords !== 0));
  return driver.log.visible(topic).map(({ key, value }) => ({
    key: decodeText(key ?? new Uint8Array()) ?? "",
    value: value === null ? null : JSON.parse(decodeText(value) ?? ""),
  }));
}

function inputOf(topic: string, value: unknown, timestampMs: number): TestInput {
  return { topic, key: null, value: JSON.stringify(value), timestampMs };
}

function valuesOf(answer: readonly Answer[]): unknown[] {
  return answer.map(({ value }) => value);
}

/** The last value of each key. */
function latest(answer: readonly Answer[]): Map<string, unknown> {
  return new Map(answer.map(({ key, value }) => [key, value]));
}

function sorted(values: readonly unknown[]): string[] {
  return values.map((value) => JSON.stringify(value)).sort();
}

/** How many there are of each. */
function counted(names: readonly string[]): Map<string, number> {
  return new Map([...Map.groupBy(names, (it) => it)].map(([name, all]) => [name, all.length]));
}

Deno.test("of fifty events one is a person, three are auctions, and half the bids are of one", () => {
  assert.deepEqual([people, auctions, bids].map(({ length }) => length), [60, 180, 2_760]);
  const [first] = auctions;
  const hot = bids.filter(({ auction }) => auction % 100 === 0).length / bids.length;
  assert.ok(hot > 0.45 && hot < 0.55, `hot: ${hot}`);
  assert.deepEqual([first?.id, first?.atMs], [1_000, startMs + 25]);
});

Deno.test("q0, q1 and q2: bids as they are, in euros, of some auctions", async () => {
  assert.deepEqual(valuesOf(await answerOf(queries.q0, "q0")), bids);
  const euros = bids.map((bid) => ({ ...bid, price: bid.price * 0.908 }));
  assert.deepEqual(valuesOf(await answerOf(queries.q1, "q1")), euros);
  const some = bids.filter(({ auction }) => auction % 123 === 0);
  assert.ok(some.length > 0);
  const asked = some.map(({ auction, price }) => ({ auction, price }));
  assert.deepEqual(valuesOf(await answerOf(queries.q2, "q2")), asked);
});

Deno.test("q3: who sells something of category 10 in three states", async () => {
  const expected = auctions.filter(({ category }) => category === 10).flatMap((auction) =>
    people.filter(({ id, state }) => id === auction.seller && ["OR", "ID", "CA"].includes(state))
      .map(({ name, city, state }) => ({ name, city, state, auction: auction.id }))
  );
  assert.ok(expected.length > 0);
  assert.deepEqual(sorted(valuesOf(await answerOf(queries.q3, "q3"))), sorted(expected));
});

Deno.test("q4: what auctions that have ended were sold for, by category", async () => {
  const won = await answerOf(queries.winningBids, "winning-bids");
  const endMs = events.at(-1)?.value.atMs ?? 0;
  const sales = auctions.filter(({ expiresMs }) => expiresMs <= endMs).flatMap((auction) => {
    const offers = bids.filter((bid) =>
      bid.auction === auction.id && bid.atMs >= auction.atMs && bid.atMs < auction.expiresMs
    ).map(({ price }) => price);
    const { id, category } = auction;
    return offers.length === 0 ? [] : [{ auction: id, category, price: Math.max(...offers) }];
  });
  assert.ok(sales.length > 20);
  assert.deepEqual(sorted(valuesOf(won)), sorted(sales));
  const inputs = won.map(({ value }) => inputOf("winning-bids", value, startMs));
  const prices = latest(await answerOf(queries.q4, "q4", inputs));
  for (const [category, ofIt] of Map.groupBy(sales, ({ category }) => String(category))) {
    const mean = ofIt.reduce((sum, { price }) => sum + price, 0) / ofIt.length;
    const { price = 0 } = prices.get(category) as { price?: number };
    assert.ok(Math.abs(price - mean) < 1e-6 * mean, `${category}: ${price}, not ${mean}`);
  }
});

Deno.test("q5: the auctions with the most bids of ten seconds, every two", async () => {
  const heats = await answerOf(queries.heats, "heats");
  const inputs = heats.map(({ value }) => inputOf("heats", value, startMs));
  const hottest = latest(await answerOf(queries.q5, "q5", inputs));
  const counts = counted(
    bids.flatMap(({ auction, atMs }) =>
      [0, 1, 2, 3, 4].map((back) => `${window(atMs, 2_000) - 2_000 * back} ${auction}`)
    ),
  );
  const byStart = Map.groupBy(counts, ([name]) => name.split(" ")[0] ?? "");
  assert.equal(hottest.size, byStart.size);
  for (const [start, all] of byStart) {
    const most = Math.max(...all.map(([, count]) => count));
    const expected = all.filter(([, count]) => count === most).map(([name, bids]) => ({
      ...{ auction: Number(name.split(" ")[1]), startMs: Number(start), bids },
    }));
    assert.deepEqual(sorted(hottest.get(start) as unknown[]), sorted(expected));
  }
});

Deno.test("q7: the greatest bid of every ten seconds", async () => {
  const greatest = [...latest(await answerOf(queries.q7, "q7")).values()] as Bid[];
  const expected = [...Map.groupBy(bids, ({ atMs }) => window(atMs)).values()].map((all) =>
    all.reduce((one, other) => other.price > one.price ? other : one)
  );
  assert.deepEqual(sorted(greatest), sorted(expected));
});

Deno.test("q8: who has put something up for sale in the window of their registration", async () => {
  const expected = people.flatMap(({ id, name, atMs }) =>
    auctions.filter((it) => it.seller === id && window(it.atMs) === window(atMs))
      .map(({ reserve }) => ({ id, name, reserve }))
  );
  assert.ok(expected.length > 10);
  assert.deepEqual(sorted(valuesOf(await answerOf(queries.q8, "q8"))), sorted(expected));
});

Deno.test("q11: bids of someone without a pause of ten seconds", async () => {
  const sessions = latest(await answerOf(queries.q11, "q11"));
  const expected: [string, unknown][] = [];
  for (const [bidder, all] of Map.groupBy(bids, ({ bidder }) => String(bidder))) {
    const begins = all.filter(({ atMs }, at) =>
      at === 0 || atMs - (all[at - 1]?.atMs ?? 0) >= 10_000
    );
    for (const [at, { atMs: start }] of begins.entries()) {
      const endMs = begins[at + 1]?.atMs ?? Infinity;
      const bids = all.filter(({ atMs }) => atMs >= start && atMs < endMs).length;
      expected.push([JSON.stringify([bidder, start]), { bids }]);
    }
  }
  assert.ok(expected.length > new Set(bids.map(({ bidder }) => bidder)).size);
  assert.deepEqual(sorted([...sessions]), sorted(expected));
});

Deno.test("q12: bids of someone that have arrived in every ten seconds", async () => {
  const arrivals = latest(await answerOf(queries.q12, "q12"));
  const expected = counted(bids.map(({ bidder, atMs }) => {
    const start = window(atMs);
    return JSON.stringify([String(bidder), start, start + 10_000]);
  }));
  assert.deepEqual(sorted([...arrivals]), sorted([...expected]));
});
