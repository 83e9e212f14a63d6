import assert from "node:assert/strict";
import { InvariantError } from "../../../src/base/assert.ts";
import { PipelineError } from "../../../src/base/errors.ts";
import type { Punctuation, Punctuator } from "../../../src/streams/topology/punctuation.ts";
import { type TestInput, TopologyTestDriver } from "../../../src/streams/testing/mod.ts";
import { countingTopology } from "../../support/counting_topology.ts";

function measured(key: string, timeMs: number): TestInput {
  return { key, value: JSON.stringify([{ key, timeMs, value: 1 }]), timestampMs: timeMs };
}

interface Call {
  readonly partition: number;
  readonly nowMs: number;
  readonly keys: readonly string[];
}

/** Notes every call, a minute apart. */
function notingPunctuator(calls: Call[]): Punctuator {
  return {
    name: "notes",
    everyMs: 60_000,
    run: async ({ input, nowMs, keys }: Punctuation) => {
      const all = await Array.fromAsync(keys());
      const times = all.map(({ key, state }) => `${key} ${state.streamTimeMs}`);
      calls.push({ partition: input.partition, nowMs, keys: times });
    },
  };
}

Deno.test("A punctuator is called by the wall clock alone, though nothing is read", async () => {
  const calls: Call[] = [];
  const job = countingTopology({ punctuators: [notingPunctuator(calls)] });
  await using driver = await TopologyTestDriver.start(job, { partitions: 2, startMs: 1_000_000 });
  await driver.advance(59_999);
  assert.deepEqual(calls, []);
  await driver.advance(1);
  await driver.advance(60_000);
  assert.deepEqual(calls.map(({ partition, nowMs }) => `${partition} ${nowMs}`).sort(), [
    "0 1060000",
    "0 1120000",
    "1 1060000",
    "1 1120000",
  ]);
});

Deno.test("A punctuator sees committed keys and their times", async () => {
  const calls: Call[] = [];
  const job = countingTopology({ punctuators: [notingPunctuator(calls)] });
  await using driver = await TopologyTestDriver.start(job);
  await driver.pipe(measured("a", 5_000), measured("b", 7_000));
  await driver.advance(60_000);
  assert.deepEqual(calls.map(({ keys }) => keys), [["a 5000", "b 7000"]]);
});

Deno.test("Calls that were missed are not made up, and none comes after a close", async () => {
  const calls: Call[] = [];
  const job = countingTopology({ punctuators: [notingPunctuator(calls)] });
  await using driver = await TopologyTestDriver.start(job);
  await driver.rebalance([[]]);
  await driver.advance(600_000);
  assert.equal(calls.length, 0);
  await driver.rebalance([[0]]);
  await driver.advance(60_000);
  assert.equal(calls.length, 1);
});

Deno.test("A punctuator that fails is named as the task's problem, and called again", async () => {
  let calls = 0;
  const failing = {
    name: "fails",
    everyMs: 1_000,
    run: () => {
      calls++;
      throw new Error("no answer");
    },
  };
  const job = countingTopology({ punctuators: [failing] });
  await using driver = await TopologyTestDriver.start(job);
  await driver.advance(1_000);
  assert.equal(driver.tasks()[0]?.problem, "no answer");
  assert.equal(driver.tasks()[0]?.state, "running");
  await driver.pipe(measured("a", 5_000));
  await driver.advance(1_000);
  assert.equal(calls, 2);
  assert.equal(driver.counts.aggregated, 1);
});

Deno.test("What a punctuator failed with stays the task's problem until it runs well", async () => {
  let fails = true;
  const failing = {
    name: "fails for a while",
    everyMs: 10_000,
    run() {
      if (fails) throw new Error("no answer");
    },
  };
  const job = countingTopology({ punctuators: [failing] });
  await using driver = await TopologyTestDriver.start(job);
  const problemAfter = async (ms: number) => {
    await driver.advance(ms);
    await driver.pipe(measured("a", 5_000));
    await driver.commit();
    return driver.tasks()[0]?.problem;
  };
  assert.equal(await problemAfter(10_000), "no answer");
  assert.equal(await problemAfter(0), "no answer");
  fails = false;
  assert.equal(await problemAfter(10_000), undefined);
  fails = true;
  await driver.advance(10_000);
  assert.equal(driver.tasks()[0]?.problem, "no answer");
  fails = false;
  await driver.advance(10_000);
  assert.equal(driver.tasks()[0]?.problem, undefined, "though nothing is committed");
});

Deno.test("A punctuator that cannot read the state fails with the task, which begins again", async () => {
  const errors = [
    new PipelineError("STORE_UNAVAILABLE", "Cannot read"),
    new InvariantError("a bug of the engine"),
  ];
  for (const error of errors) {
    const failing = {
      name: "fails",
      everyMs: 10_000,
      run() {
        throw error;
      },
    };
    const job = countingTopology({ punctuators: [failing] });
    await using driver = await TopologyTestDriver.start(job);
    await driver.advance(10_000);
    assert.equal(driver.tasks()[0]?.state, "failed");
  }
});

Deno.test("What a punctuator sees does not depend on it: state and rows are as without", async () => {
  const results = [];
  for (const punctuators of [[], [notingPunctuator([])]]) {
    await using driver = await TopologyTestDriver.start(countingTopology({ punctuators }));
    await driver.pipe(measured("a", 5_000), measured("a", 21_000));
    await driver.advance(120_000);
    await driver.pipe(measured("a", 22_000));
    await driver.commit();
    results.push({ rows: driver.rows, changelog: driver.changelog.map(({ value }) => value) });
  }
  assert.deepEqual(results[0], results[1]);
});
