import assert from "node:assert/strict";
import { QueryGate } from "../../../../src/http/admission/query_gate.ts";
import { Turns } from "../../../../src/http/admission/turns.ts";

/** A clock that is moved by work, and whose sleepers are woken by hand. */
class WorkClock {
  readonly sleeps: { readonly ms: number; readonly wake: () => void }[] = [];
  #nowMs = 0;

  nowMs(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  sleep(ms: number): Promise<void> {
    return new Promise((wake) => this.sleeps.push({ ms, wake }));
  }

  work(ms: number): void {
    this.#nowMs += ms;
  }

  /** Ends the only sleep; gives how long it would have been, ms. */
  async wake(): Promise<number> {
    const [sleep, ...others] = this.sleeps.splice(0);
    assert.ok(sleep && others.length === 0);
    sleep.wake();
    for (let i = 0; i < 20; i++) await Promise.resolve();
    return sleep.ms;
  }
}

Deno.test("Turns begins requests a few at a time, and rests between them as long as they took", async () => {
  const clock = new WorkClock();
  const turns = new Turns(clock);
  let begun = 0;
  for (let request = 0; request < 20; request++) {
    turns.begin("192.0.2.1", () => {
      clock.work(2);
      begun++;
    });
  }
  assert.equal(begun, 8);
  assert.equal(await clock.wake(), 0, "the turn ends");
  assert.equal(await clock.wake(), 16, "as long as they took");
  assert.equal(begun, 16);
  assert.equal(await clock.wake(), 0);
  assert.equal(await clock.wake(), 16);
  assert.equal(begun, 20);
  assert.equal(await clock.wake(), 0);
  assert.equal(await clock.wake(), 8);
  assert.deepEqual(clock.sleeps, [], "nothing waits");
});

Deno.test("Turns ends a turn that took no time without a rest", async () => {
  const clock = new WorkClock();
  const turns = new Turns(clock);
  let begun = 0;
  for (let request = 0; request < 9; request++) turns.begin("192.0.2.1", () => begun++);
  assert.equal(await clock.wake(), 0);
  assert.equal(begun, 9);
});

Deno.test("Turns rests no longer than 25 ms, however long the event loop was busy", async () => {
  const clock = new WorkClock();
  new Turns(clock).begin("192.0.2.1", () => {});
  clock.work(700);
  await clock.wake();
  assert.equal(await clock.wake(), 25);
});

Deno.test("Turns lets addresses take turns, and begins what is urgent at once", async () => {
  const clock = new WorkClock();
  const turns = new Turns(clock);
  const order: string[] = [];
  const begin = (host: number, name: string, urgency?: "urgent") =>
    turns.begin(`192.0.2.${host}`, () => order.push(name), urgency);
  for (let request = 0; request < 8; request++) begin(9, "first");
  order.length = 0;
  for (const name of ["a1", "a2", "a3"]) begin(1, name);
  begin(2, "b1");
  begin(1, "health", "urgent");
  assert.deepEqual(order, ["health"]);
  await clock.wake();
  assert.deepEqual(order, ["health", "a1", "b1", "a2", "a3"]);
});

Deno.test("Turns lets no one take all turns by what is urgent", async () => {
  const clock = new WorkClock();
  const turns = new Turns(clock);
  let begun = 0;
  for (let request = 0; request < 20; request++) {
    turns.begin("192.0.2.1", () => begun++, "urgent");
  }
  assert.equal(begun, 16, "8 besides the 8 of any turn");
  await clock.wake();
  assert.equal(begun, 20);
});

Deno.test("Turns hears clients that connect in a wave before it begins other requests", async () => {
  const clock = new WorkClock();
  const turns = new Turns(clock);
  const order: string[] = [];
  const connect = (count: number) => {
    for (let client = 0; client < count; client++) turns.connected();
  };
  connect(15);
  turns.begin("192.0.2.1", () => order.push("before"));
  connect(1);
  turns.begin("192.0.2.1", () => order.push("behind"));
  turns.begin("192.0.2.2", () => order.push("health"), "urgent");
  assert.deepEqual(order, ["before", "health"]);
  assert.equal(await clock.wake(), 0, "the turn ends");
  connect(16);
  assert.ok(turns.isFull, "queries wait");
  assert.equal(await clock.wake(), 5, "a look, as the wave continues");
  connect(15);
  assert.equal(await clock.wake(), 5, "the last look");
  assert.deepEqual(order, ["before", "health", "behind"]);
});

Deno.test("Turns begins some requests after 100 ms of a wave that does not end", async () => {
  const clock = new WorkClock();
  const turns = new Turns(clock);
  let begun = 0;
  const wave = () => {
    for (let client = 0; client < 16; client++) turns.connected();
  };
  wave();
  for (let request = 0; request < 20; request++) turns.begin("192.0.2.1", () => begun++);
  await clock.wake();
  for (let look = 0; look < 20; look++) {
    assert.equal(begun, 0);
    wave();
    clock.work(5);
    await clock.wake();
  }
  assert.equal(begun, 8);
});

Deno.test("queries that have worked for long wait until everything else had its time", async () => {
  const clock = new WorkClock();
  const limits = { perSecond: 10, burst: 5, bytesPerQuery: 1_000, running: 4 };
  const gate = new QueryGate(
    clock,
    { ...limits, waitingPerAddress: 2, waiting: 3 },
    new Turns(clock),
  );
  let done = 0;
  const asked = Array.from({ length: 4 }, () =>
    gate.pass("192.0.2.1", () => {
      clock.work(3);
      done++;
    }));
  for (let i = 0; i < 20; i++) await Promise.resolve();
  assert.equal(done, 2);
  assert.equal(await clock.wake(), 0, "the turn ends");
  assert.equal(await clock.wake(), 6, "as long as they worked");
  assert.equal(done, 4);
  await Promise.all(asked);
});
