import assert from "node:assert/strict";
import { forEachInFlight, Slots, withLessRoom } from "../../../src/cassandra/in_flight.ts";

Deno.test("forEachInFlight() works on every item, at most so many at once", async () => {
  let running = 0;
  let most = 0;
  const seen: number[] = [];
  await forEachInFlight([1, 2, 3, 4, 5, 6, 7], new Slots(3), async (item) => {
    most = Math.max(most, ++running);
    await settled();
    seen.push(item);
    running -= 1;
  });
  assert.deepEqual([seen, most, running], [[1, 2, 3, 4, 5, 6, 7], 3, 0]);
});

Deno.test("forEachInFlight() of nothing does nothing", async () => {
  await forEachInFlight([], new Slots(3), () => Promise.reject(new Error("called")));
});

Deno.test("forEachInFlight() starts nothing after a failure, and throws the first error", async () => {
  const started: number[] = [];
  const work = async (item: number) => {
    started.push(item);
    await settled();
    if (item >= 3) throw new Error(`item ${item}`);
  };
  await assert.rejects(forEachInFlight([1, 2, 3, 4, 5, 6], new Slots(2), work), /item 3/);
  assert.deepEqual(started, [1, 2, 3, 4]);
});

Deno.test("forEachInFlight() waits for what runs before it throws", async () => {
  const slow = Promise.withResolvers<void>();
  let finished = false;
  const done = forEachInFlight(["fails", "slow"], new Slots(2), async (item) => {
    await settled();
    if (item === "fails") throw new Error("down");
    await slow.promise;
    finished = true;
  });
  slow.resolve();
  await assert.rejects(done, /down/);
  assert.ok(finished);
});

Deno.test("forEachInFlight() makes one item ahead, and throws what the items throw", async () => {
  const made: number[] = [];
  function* items(): Generator<number> {
    for (let item = 1; item <= 4; item++) {
      made.push(item);
      yield item;
    }
    throw new Error("no fifth item");
  }
  const gate = Promise.withResolvers<void>();
  const finished: number[] = [];
  const done = forEachInFlight(items(), new Slots(2), async (item) => {
    await gate.promise;
    finished.push(item);
  });
  await settled();
  assert.deepEqual(made, [1, 2, 3]);
  gate.resolve();
  await assert.rejects(done, /no fifth item/);
  assert.deepEqual(finished, [1, 2, 3, 4]);
});

Deno.test("forEachInFlight() shares its room with other calls, in turn", async () => {
  const slots = new Slots(2);
  const gates: PromiseWithResolvers<void>[] = [];
  const started: string[] = [];
  const work = (item: string) => {
    started.push(item);
    const gate = Promise.withResolvers<void>();
    gates.push(gate);
    return gate.promise;
  };
  const both = [
    forEachInFlight(["a1", "a2", "a3", "a4"], slots, work),
    forEachInFlight(["b1", "b2"], slots, work),
  ];
  for (let finished = 0; finished < 6; finished++) {
    await settled();
    assert.equal(started.length, Math.min(finished + 2, 6));
    gates[finished]?.resolve();
  }
  await Promise.all(both);
  assert.deepEqual(started, ["a1", "b1", "a2", "b2", "a3", "a4"]);
});

Deno.test("forEachInFlight() gives its room back after a failure", async () => {
  const slots = new Slots(1);
  const fails = () => Promise.reject(new Error("down"));
  await assert.rejects(forEachInFlight([1, 2], slots, fails), /down/);
  const seen: number[] = [];
  await forEachInFlight([3], slots, (item) => Promise.resolve(void seen.push(item)));
  assert.deepEqual(seen, [3]);
});

/** Lets everything happen that waits for nothing but its turn. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

Deno.test("Slots halves its room with each failure, down to one, and wins it back", () => {
  const slots = new Slots(16);
  const limits = [slots.limit];
  for (let failures = 0; failures < 6; failures++) {
    slots.narrow();
    limits.push(slots.limit);
  }
  assert.deepEqual(limits, [16, 8, 4, 2, 1, 1, 1]);
  let successes = 0;
  for (; slots.limit < 16 && successes < 1_000; successes++) slots.widen();
  assert.ok(successes > 16 && successes < 160, `${successes} successes`);
  slots.widen();
  assert.equal(slots.limit, 16);
});

Deno.test("withLessRoom() comes through to one that manages few at once", async () => {
  const slots = new Slots(16);
  let running = 0;
  let done = 0;
  /** Refuses whatever arrives while two are on their way. */
  const send = async () => {
    const tooMany = running >= 2;
    running += 1;
    await settled();
    running -= 1;
    if (tooMany) throw new Error("overloaded");
    done += 1;
  };
  const options = { slots, isOverload: () => true, triesMax: 5 };
  const items = Array.from({ length: 40 }, (_, i) => i);
  await forEachInFlight(items, slots, () => withLessRoom(send, options));
  assert.equal(done, 40);
  assert.ok(slots.limit < 16);
});

Deno.test("withLessRoom() repeats nothing that is no overload, and not for ever", async () => {
  for (const [overload, expected] of [[false, 1], [true, 3]] as const) {
    let tries = 0;
    const work = () => {
      tries += 1;
      return Promise.reject(new Error("refused"));
    };
    const options = { slots: new Slots(4), isOverload: () => overload, triesMax: 3 };
    await assert.rejects(withLessRoom(work, options), /refused/);
    assert.equal(tries, expected);
  }
});
