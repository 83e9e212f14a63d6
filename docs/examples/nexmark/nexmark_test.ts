/** Each query's answer, compared with one that looks at all events at once. */
import assert from "node:assert/strict";
import { decodeText, type Job } from "@finhub/streams";
import { type TestInput, TopologyTestDriver } from "@finhub/streams/testing";
import { answers, differences, eventsOf, type QueryRecord, saidBy } from "./answers.ts";
import { type NexmarkEvent, nexmarkEvents } from "./events.ts";
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
const all = eventsOf(events);
const { people, auctions, bids } = all;

/** What a job makes of inputs, with a crash on the way; values of keys where the latest counts. */
async function answerOf<E, A>(
  job: Job<E, A>,
  topic: string,
  inputs: readonly TestInput[] = events.map((it) => inputOf(it.topic, it.value, it.value.atMs)),
): Promise<QueryRecord[]> {
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

/** Compares what a query has said with its answer, of at least so many values. */
function check(query: string, records: readonly QueryRecord[], atLeast = 1): void {
  const answer = answers[query]?.(all) ?? { values: [] };
  assert.ok(answer.values.length >= atLeast, `${query}: only ${answer.values.length}`);
  assert.deepEqual(differences(saidBy(query, records), answer), []);
}

Deno.test("of fifty events one is a person, three are auctions, and half the bids are of one", () => {
  assert.deepEqual([people, auctions, bids].map(({ length }) => length), [60, 180, 2_760]);
  const [first] = auctions;
  const hot = bids.filter(({ auction }) => auction % 100 === 0).length / bids.length;
  assert.ok(hot > 0.45 && hot < 0.55, `hot: ${hot}`);
  assert.deepEqual([first?.id, first?.atMs], [1_000, startMs + 25]);
});

Deno.test("q0, q1 and q2: bids as they are, in euros, of some auctions", async () => {
  check("q0", await answerOf(queries.q0, "q0"));
  check("q1", await answerOf(queries.q1, "q1"));
  check("q2", await answerOf(queries.q2, "q2"));
});

Deno.test("q3: who sells something of category 10 in three states", async () => {
  check("q3", await answerOf(queries.q3, "q3"));
});

Deno.test("q4: what auctions that have ended were sold for, by category", async () => {
  const won = await answerOf(queries.winningBids, "winning-bids");
  check("winningBids", won, 20);
  const inputs = won.map(({ value }) => inputOf("winning-bids", value, startMs));
  check("q4", await answerOf(queries.q4, "q4", inputs));
});

Deno.test("q5: the auctions with the most bids of ten seconds, every two", async () => {
  const heats = await answerOf(queries.heats, "heats");
  const inputs = heats.map(({ value }) => inputOf("heats", value, startMs));
  check("q5", await answerOf(queries.q5, "q5", inputs), 30);
});

Deno.test("q7: the greatest bid of every ten seconds", async () => {
  check("q7", await answerOf(queries.q7, "q7"), 7);
});

Deno.test("q8: who has put something up for sale in the window of their registration", async () => {
  check("q8", await answerOf(queries.q8, "q8"), 10);
});

Deno.test("q11: bids of someone without a pause of ten seconds", async () => {
  check("q11", await answerOf(queries.q11, "q11"), new Set(bids.map(({ bidder }) => bidder)).size);
});

Deno.test("q12: bids of someone that have arrived in every ten seconds", async () => {
  check("q12", await answerOf(queries.q12, "q12"));
});
