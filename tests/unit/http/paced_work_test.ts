// A hundred thousand symbols kept the event loop for a third of a second, in which /livez did not
// answer.
import assert from "node:assert/strict";
import type { Clock } from "../../../src/base/clock.ts";
import { seededRandom } from "../../../src/base/random.ts";
import { newest } from "../../../src/http/peers/all_symbols.ts";
import { PacedWork } from "../../../src/http/paced_work.ts";
import { jsonListResponse } from "../../../src/http/response.ts";

/** Time passes as it is looked at: a millisecond each. */
class HurriedClock implements Clock {
  sleeps = 0;
  #elapsedMs = 0;

  nowMs(): number {
    return this.#elapsedMs;
  }

  monotonicMs(): number {
    return this.#elapsedMs++;
  }

  sleep(): Promise<void> {
    this.sleeps += 1;
    return Promise.resolve();
  }
}

function summaries(count: number) {
  const random = seededRandom(3);
  return Array.from({ length: count }, (_, i) => ({
    symbol: `S${Math.floor(random.next() * 1e9)}-${i}`,
    ...{ partition: i % 3, price: i, time: i, volume: 1, count: 1 },
  }));
}

Deno.test.each([{ count: 0 }, { count: 1 }, { count: 999 }, { count: 1_000 }, { count: 12_345 }])(
  "PacedWork.sorted() is toSorted(): $count items",
  async ({ count }) => {
    const items = summaries(count).map(({ symbol }) => symbol);
    const compare = (a: string, b: string) => a < b ? -1 : a > b ? 1 : 0;
    const work = new PacedWork(new HurriedClock());
    assert.deepEqual(await work.sorted(items, compare), items.toSorted(compare));
  },
);

Deno.test("newest() and the text of a long list leave the event loop to others meanwhile", async () => {
  const clock = new HurriedClock();
  const work = new PacedWork(clock);
  const all = await newest([summaries(12_000)], work);
  const listing = clock.sleeps;
  assert.ok(listing > 100, String(listing));
  await jsonListResponse("symbols", all, {}, work);
  assert.ok(clock.sleeps - listing > 15, String(clock.sleeps - listing));
});

Deno.test.each([{ count: 0 }, { count: 1 }, { count: 64 }, { count: 65 }, { count: 1_000 }])(
  "jsonListResponse() gives what JSON.stringify() does: $count items",
  async ({ count }) => {
    const symbols = summaries(count);
    for (const rest of [{}, { partitions: [1] }]) {
      const work = new PacedWork(new HurriedClock());
      const response = await jsonListResponse("symbols", symbols, rest, work);
      assert.equal(await response.text(), JSON.stringify({ symbols, ...rest }));
      assert.equal(response.headers.get("content-type"), "application/json");
    }
  },
);
