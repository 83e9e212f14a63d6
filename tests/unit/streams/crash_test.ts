import assert from "node:assert/strict";
import { CountingWorld, Crash } from "../../support/counting_run.ts";
import { expectedRollUps, expectedWindows, measurements } from "../../support/measurements.ts";

const input = measurements(7, 60);
const expected = expectedWindows(input);
const receivedAtMs = 2_000_000;

/** Asserts everything a user can see of the job against the plain computation. */
function assertComplete(world: CountingWorld): void {
  assert.deepEqual(world.sink.violations, []);
  const windows = [...world.sink.rows.values()].filter((row) => row.kind === "window");
  const shown = new Map(
    windows.map(({ key, startMs, count, sum, final }) => [
      `${key}@${startMs}`,
      { key, startMs, count, sum, final },
    ]),
  );
  assert.deepEqual(new Map([...shown].sort()), new Map([...expected.windows].sort()));
  assert.deepEqual(rolledUp(world), new Map([...expectedRollUps(input)].sort()));
  const events = [...world.sink.rows.values()].filter((row) => row.kind === "event");
  assert.equal(events.length, input.flat().length);
  assert.equal(world.log.visible("input-late").length, expected.late);
  assert.deepEqual(world.counts(), expected.counts);
}

/** The newest rows of rolled-up windows, without write times. */
function rolledUp(world: CountingWorld): Map<string, unknown> {
  const rows = [...world.sink.rows].filter(([, { kind }]) => kind === "roll-up");
  return new Map(
    rows.map(([id, { kind: _, versionUs: __, ...row }]): [string, unknown] => [id, row]).sort(),
  );
}

async function worldWithInput(): Promise<CountingWorld> {
  const world = new CountingWorld({ rollUps: true });
  await world.feed(input, receivedAtMs);
  return world;
}

/** Makes the process die at the `n`th call of a hook: whatever it does after that fails, too. */
function dieAt(step: string, n: number): (at: string) => void {
  let calls = 0;
  return (at) => {
    if (at === step) calls += 1;
    if (calls >= n) throw new Crash(`crash at ${step} ${n}`);
  };
}

function plant(world: CountingWorld, step: string, n: number): void {
  const hook = dieAt(step, n);
  world.sink.hook = hook;
  world.log.hook = hook;
  world.stores.hook = hook;
}

Deno.test("StreamsApp gives the windows of a plain computation", async () => {
  const world = await worldWithInput();
  assert.equal(await world.runToEnd(), "done");
  assertComplete(world);
});

Deno.test("StreamsApp: all items end as aggregated, late, dead letter or duplicate", async () => {
  const world = await worldWithInput();
  await world.log.append([{ topic: "input", timestampMs: receivedAtMs, key: null, value: null }]);
  assert.equal(await world.runToEnd(), "done");
  const counts = world.counts();
  assert.equal(counts.read, expected.counts.read + 1);
  assert.equal(counts.deadLetters, 1);
  assert.equal(
    counts.read,
    counts.aggregated + counts.late + counts.deadLetters + counts.duplicates,
  );
});

const steps = [
  "before-write",
  "after-write",
  "records-sent",
  "offsets-sent",
  "before-end",
  "after-end",
  "before-apply",
  "after-apply",
];

for (const state of ["kept", "deleted"] as const) {
  Deno.test.each(steps.map((step) => ({ step })))(
    `StreamsApp with state ${state} is complete after a crash at $step`,
    async ({ step }) => {
      for (const n of [1, 2, 5]) {
        const world = await worldWithInput();
        plant(world, step, n);
        assert.equal(await world.runToEnd(), "crashed", `no crash at ${step} ${n}`);
        if (state === "deleted") world.stores.wipe();
        plant(world, "never", 1);
        assert.equal(await world.runToEnd(), "done");
        assertComplete(world);
      }
    },
  );
}

// The positions say which commit was the last. Without them its results stayed unwritten.
Deno.test("StreamsApp is complete after a crash, though the group's positions are forgotten", async () => {
  for (const n of [1, 3, 6]) {
    const world = await worldWithInput();
    plant(world, "after-end", n);
    assert.equal(await world.runToEnd(), "crashed");
    world.log.forgetPositions("app");
    plant(world, "never", 1);
    assert.equal(await world.runToEnd(), "done");
    assertComplete(world);
  }
});

Deno.test("StreamsApp leaves the same state whether or not it crashed", async () => {
  const longInput = measurements(11, 800);
  const calm = new CountingWorld({ rollUps: true });
  await calm.feed(longInput, receivedAtMs);
  await calm.runToEnd();
  const shaken = new CountingWorld({ rollUps: true });
  await shaken.feed(longInput, receivedAtMs);
  for (const step of steps) {
    plant(shaken, step, 1);
    assert.equal(await shaken.runToEnd(), "crashed", `no crash at ${step}`);
  }
  plant(shaken, "never", 1);
  assert.equal(await shaken.runToEnd(), "done");
  assert.deepEqual(shaken.stores.contents(), calm.stores.contents());
});
