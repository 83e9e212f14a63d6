import assert from "node:assert/strict";
import { systemClock } from "../../src/base/clock.ts";
import { faultKinds } from "../support/simulation/chaos.ts";
import { describeOutcome, simulate } from "../support/simulation/simulate.ts";

/** How long seeds are tried in a normal run, ms. */
const budgetMs = 20_000;

/** Seeds that are tried on the slowest machine. */
const seedsMin = 500;

Deno.test("simulate() makes the same run of the same seed, event by event", async () => {
  for (let seed = 1; seed <= 40; seed++) {
    const [first, second] = [await simulate(seed), await simulate(seed)];
    assert.deepEqual(second, first);
  }
});

Deno.test("simulate() makes another run of another seed", async () => {
  const hashes = new Set<string>();
  for (let seed = 1; seed <= 40; seed++) hashes.add((await simulate(seed)).hash);
  assert.equal(hashes.size, 40);
});

Deno.test("StreamsApp keeps its promises in thousands of simulated disasters", async () => {
  const startedMs = systemClock.monotonicMs();
  let seed = 0;
  const struck = new Set<string>();
  while (seed < seedsMin || systemClock.monotonicMs() - startedMs < budgetMs) {
    const outcome = await simulate(++seed);
    assert.equal(outcome.violation, undefined, describeOutcome(outcome));
    for (const kind of outcome.strikes.keys()) struck.add(kind);
  }
  assert.deepEqual(faultKinds.filter((kind) => !struck.has(kind)), []);
  const seconds = (systemClock.monotonicMs() - startedMs) / 1000;
  const text = `${seed} seeds, ${Math.round(seed / seconds)} per second\n`;
  Deno.stdout.writeSync(new TextEncoder().encode(text));
});
