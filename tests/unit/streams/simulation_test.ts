import assert from "node:assert/strict";
import type { InputRecord } from "../../support/simulation/input.ts";
import { PartitionModel } from "../../support/simulation/model.ts";
import { describeOutcome, simulate } from "../../support/simulation/simulate.ts";

const windows = { advanceMs: 10_000, rollUps: false, unwindowed: false };
const rules = {
  graceMs: 5_000,
  retentionMs: 20_000,
  rollUpRetentionMs: 0,
  maxFutureMs: 60_000,
  agreeingEvents: 1_000,
  revision: "1",
};

/** Everything that a drawn job may be made of. */
const operators = [
  ...["add", "copies", "fail", "keep", "reject"],
  ...["key", "none", "record", "value"],
  ...["branch", "global", "lookup", "number", "output", "remind"],
  ...["join", "leftJoin", "outerJoin"],
  ...["hopping", "session", "sliding", "tumbling"],
  ...["count", "fields", "list", "newest", "reduce"],
].sort();

function newModel(): PartitionModel {
  const model = new PartitionModel(0, windows);
  model.change(0, rules);
  return model;
}

function at(timeMs: number, value: number | null = 1): InputRecord {
  return {
    key: "k",
    timestampMs: 5_000_000,
    events: [{ key: "k", timeMs, value }],
    sent: undefined,
  };
}

Deno.test("PartitionModel counts, closes, refuses and purges by plain arithmetic", () => {
  const model = newModel();
  model.add(0, at(4_999_000));
  model.add(1, at(5_005_000));
  model.add(2, at(4_999_000));
  model.add(3, at(5_001_000, null));
  model.add(4, { ...at(0), events: undefined });
  const counts = { read: 5, aggregated: 2, late: 1, deadLetters: 2, duplicates: 0, rekeyed: 0 };
  assert.deepEqual(model.counts, counts);
  assert.equal(model.stateAt(1).get("window k 4990000"), "1 1 false 5000000000 5000000");
  assert.equal(model.stateAt(2).get("window k 4990000"), "1 1 true 5000000001 5000000");
  assert.equal(model.stateAt(2).get("key k"), "5005000 5000000 [5000000] 4980000");
  assert.deepEqual(model.late, [{ offset: 2, text: "2/0 4990000" }]);
  model.add(5, at(5_022_000));
  assert.equal(model.stateAt(6).get("window k 4990000"), undefined);
});

Deno.test("simulate() finds nothing wrong in a few seeds, and says the same twice", async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const outcome = await simulate(seed);
    assert.equal(outcome.violation, undefined);
    assert.equal((await simulate(seed)).hash, outcome.hash);
  }
});

Deno.test("simulate() finds nothing wrong with jobs drawn from all operators, and draws them again", async () => {
  const drawn = new Set<string>();
  for (let seed = 1; seed <= 200; seed++) {
    const outcome = await simulate(seed, { kind: "graph" });
    assert.equal(outcome.violation, undefined, describeOutcome(outcome));
    for (const [, name = ""] of outcome.scenario.matchAll(/"(?:op|kind|fold|by)":"(\w+)"/g)) {
      drawn.add(name);
    }
    if (seed <= 20) assert.equal((await simulate(seed, { kind: "graph" })).hash, outcome.hash);
  }
  assert.deepEqual([...drawn].sort(), operators);
});

Deno.test("PartitionModel counts what its producer sent before as a duplicate", () => {
  const model = newModel();
  const named = { ...at(5_000_000), sent: { producerId: "p", sequence: 1 } };
  model.add(0, named);
  model.add(1, { ...named, sent: { producerId: "q", sequence: 1 } });
  model.add(2, named);
  const counts = { read: 3, aggregated: 2, late: 0, deadLetters: 0, duplicates: 1, rekeyed: 0 };
  assert.deepEqual(model.counts, counts);
});
