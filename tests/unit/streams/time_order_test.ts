/** The order in which a task takes the records of several inputs. */
import assert from "node:assert/strict";
import { ReadAhead } from "../../../src/streams/processing/read_ahead.ts";
import { TimeOrder, type Turn } from "../../../src/streams/processing/time_order.ts";
import type { Fetched } from "../../../src/streams/ports.ts";
import { settle } from "../../../src/streams/testing/simulated_clock.ts";

/** An input whose fetches arrive when the test says so. */
class SlowInput {
  readonly ahead: ReadAhead;
  readonly #topic: string;
  #arrival = Promise.withResolvers<Fetched>();
  #offset = 0;

  constructor(topic: string, endOffset: number) {
    this.#topic = topic;
    const reader = {
      next: () => this.#arrival.promise,
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
    const from = { offset: 0, endOffset };
    const { signal } = new AbortController();
    this.ahead = new ReadAhead(topic, reader, from, () => {}, signal);
    this.ahead.start();
  }

  /** A fetch with records of these times, behind which so many are known to be. */
  async arrives(timesMs: readonly number[], more = 0): Promise<void> {
    const records = timesMs.map((timestampMs) => ({
      ...{ topic: this.#topic, partition: 0, offset: this.#offset++, timestampMs },
      ...{ key: null, value: null, headers: {} },
    }));
    const nextOffset = this.#offset;
    const fetched = { records, nextOffset, endOffset: nextOffset + more, leaderEpoch: undefined };
    const { resolve } = this.#arrival;
    this.#arrival = Promise.withResolvers();
    resolve(fetched);
    await settle();
  }
}

/** The turns that may be taken now. */
function* turns(order: TimeOrder): Generator<Turn> {
  for (let turn = order.next(); turn !== undefined; turn = order.next()) yield turn;
}

/** All that may be taken now. */
function taken(order: TimeOrder): string {
  const records = [...turns(order)].flatMap(({ records }) => records);
  return records.map(({ topic, timestampMs }) => `${topic}${timestampMs}`).join(" ");
}

const clock = { monotonicMs: () => 0 };

Deno.test("TimeOrder waits for an input that is known to have more, however long that takes", async () => {
  const [a, b] = [new SlowInput("a", 2), new SlowInput("b", 3)];
  const order = new TimeOrder([a.ahead, b.ahead], undefined, clock, 0);
  await a.arrives([10, 30]);
  assert.equal(taken(order), ""); // three records of b are to come
  await b.arrives([20], 2);
  assert.equal(taken(order), "a10 b20"); // and two of them still
  await b.arrives([25, 40]);
  assert.equal(taken(order), "b25 a30 b40");
});

Deno.test("TimeOrder does not wait for an input at its end, nor for what was sent on", async () => {
  const [a, b, rekeyed] = [new SlowInput("a", 1), new SlowInput("b", 0), new SlowInput("r", 0)];
  const order = new TimeOrder([a.ahead, b.ahead], rekeyed.ahead, clock, 0);
  await a.arrives([10]);
  assert.equal(taken(order), "a10");
  await rekeyed.arrives([5, 15], 1);
  await a.arrives([12]);
  assert.equal(taken(order), "r5 a12 r15");
});

Deno.test("TimeOrder takes records of one time from the input that stands first", async () => {
  const [a, b] = [new SlowInput("a", 0), new SlowInput("b", 0)];
  const order = new TimeOrder([a.ahead, b.ahead], undefined, clock, 0);
  await a.arrives([20, 30, 40]);
  await b.arrives([10, 20, 20, 30]);
  assert.equal(taken(order), "b10 a20 b20 b20 a30 b30 a40");
});

Deno.test("TimeOrder waits for an input at its end for maxIdle, from the first record that waits", async () => {
  let nowMs = 5_000;
  const [a, b] = [new SlowInput("a", 0), new SlowInput("b", 0)];
  const clock = { monotonicMs: () => nowMs };
  const order = new TimeOrder([a.ahead, b.ahead], undefined, clock, 300);
  assert.deepEqual([taken(order), order.untilDueMs], ["", undefined]);
  await a.arrives([10]);
  assert.deepEqual([taken(order), order.untilDueMs], ["", 300]);
  nowMs += 299;
  assert.deepEqual([taken(order), order.untilDueMs], ["", 1]);
  nowMs += 1;
  assert.deepEqual([taken(order), order.untilDueMs], ["a10", undefined]);
});

Deno.test("TimeOrder says where a read begins and ends, one without records too", async () => {
  const [a, b] = [new SlowInput("a", 0), new SlowInput("b", 0)];
  const order = new TimeOrder([a.ahead, b.ahead], undefined, clock, 0);
  const parts = () =>
    [...turns(order)].map(({ input, first, last }) => ({ topic: input.topic, first, last }));
  await a.arrives([10, 30]);
  await b.arrives([20, 40]);
  assert.deepEqual(parts(), [
    { topic: "a", first: true, last: false },
    { topic: "b", first: true, last: false },
    { topic: "a", first: false, last: true },
    { topic: "b", first: false, last: true },
  ]);
  await a.arrives([]);
  assert.deepEqual(parts(), [{ topic: "a", first: true, last: true }]);
});
