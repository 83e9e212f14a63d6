import assert from "node:assert/strict";
import { forEachInFlight } from "../../../src/cassandra/in_flight.ts";

Deno.test("forEachInFlight() works on every item, at most so many at once", async () => {
  let running = 0;
  let most = 0;
  const seen: number[] = [];
  await forEachInFlight([1, 2, 3, 4, 5, 6, 7], 3, async (item) => {
    most = Math.max(most, ++running);
    await Promise.resolve();
    seen.push(item);
    running -= 1;
  });
  assert.deepEqual([seen, most, running], [[1, 2, 3, 4, 5, 6, 7], 3, 0]);
});

Deno.test("forEachInFlight() of nothing does nothing", async () => {
  await forEachInFlight([], 3, () => Promise.reject(new Error("called")));
});

Deno.test("forEachInFlight() starts nothing after a failure, and throws the first error", async () => {
  const started: number[] = [];
  const work = async (item: number) => {
    started.push(item);
    await Promise.resolve();
    if (item >= 2) throw new Error(`item ${item}`);
  };
  await assert.rejects(forEachInFlight([1, 2, 3, 4, 5, 6], 2, work), /item 2/);
  assert.deepEqual(started, [1, 2, 3]);
});

Deno.test("forEachInFlight() waits for what runs before it throws", async () => {
  const slow = Promise.withResolvers<void>();
  let finished = false;
  const done = forEachInFlight(["fails", "slow"], 2, async (item) => {
    if (item === "fails") throw new Error("down");
    await slow.promise;
    finished = true;
  });
  slow.resolve();
  await assert.rejects(done, /down/);
  assert.ok(finished);
});

Deno.test("forEachInFlight() takes an item only when there is room, and throws what the items throw", async () => {
  const taken: number[] = [];
  function* items(): Generator<number> {
    for (let item = 1; item <= 3; item++) {
      taken.push(item);
      yield item;
    }
    throw new Error("no fourth item");
  }
  const finished: number[] = [];
  const done = forEachInFlight(items(), 2, async (item) => {
    await Promise.resolve();
    finished.push(item);
  });
  assert.deepEqual(taken, [1, 2]);
  await assert.rejects(done, /no fourth item/);
  assert.deepEqual(finished, [1, 2, 3]);
});
