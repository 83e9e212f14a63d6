import assert from "node:assert/strict";
import { Pacer } from "../../../src/feed/pacer.ts";
import { JumpingClock } from "../../support/jumping_clock.ts";

const never = new AbortController().signal;

Deno.test("Pacer keeps moments as far apart as they are", async () => {
  const clock = new JumpingClock(0);
  const pacer = new Pacer(clock);
  const reached: number[] = [];
  for (const momentMs of [5_000, 5_010, 5_010, 7_000]) {
    assert(await pacer.reach(momentMs, never));
    reached.push(clock.monotonicMs());
  }
  assert.deepEqual(reached, [0, 10, 10, 2_000]);
});

Deno.test("Pacer lets an earlier moment happen at once and keeps its place", async () => {
  const clock = new JumpingClock(0);
  const pacer = new Pacer(clock);
  for (const momentMs of [100_000, 10_000, 100_050]) await pacer.reach(momentMs, never);
  assert.equal(clock.monotonicMs(), 50);
});

Deno.test("Pacer makes up for a short delay", async () => {
  const clock = new JumpingClock(0);
  const pacer = new Pacer(clock);
  await pacer.reach(0, never);
  clock.pass(900);
  await pacer.reach(500, never);
  assert.equal(clock.monotonicMs(), 900);
  await pacer.reach(1_000, never);
  assert.equal(clock.monotonicMs(), 1_000);
});

Deno.test("Pacer does not flood a reader that stood still", async () => {
  const clock = new JumpingClock(0);
  const pacer = new Pacer(clock);
  await pacer.reach(0, never);
  clock.pass(60_000);
  await pacer.reach(1_000, never);
  await pacer.reach(2_000, never);
  assert.equal(clock.monotonicMs(), 61_000);
});

Deno.test("Pacer stops with the signal", async () => {
  assert(!await new Pacer(new JumpingClock()).reach(0, AbortSignal.abort()));
});
