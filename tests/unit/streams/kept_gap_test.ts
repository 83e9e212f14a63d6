import assert from "node:assert/strict";
import { CountingWorld } from "../../support/counting_run.ts";
import { measurements } from "../../support/measurements.ts";

const changelog = "app-totals-changelog";

async function worldWithPast(): Promise<CountingWorld> {
  const world = new CountingWorld({ partitions: 1 });
  await world.feed(measurements(5, 20), 2_000_000);
  await world.runToEnd();
  return world;
}

async function failure(world: CountingWorld): Promise<string> {
  const stop = new AbortController();
  const app = world.app();
  const running = app.run(stop.signal);
  for (let turn = 0; turn < 500 && app.tasks[0]?.state !== "failed"; turn++) {
    await new Promise((r) => setTimeout(r, 1));
  }
  const problem = app.tasks[0]?.problem ?? "";
  stop.abort();
  await running;
  return problem;
}

Deno.test("TaskSession refuses a changelog that was cut although the state is kept", async () => {
  const world = await worldWithPast();
  world.log.truncate({ topic: changelog, partition: 0 }, 5);
  assert.match(await failure(world), /Cannot .*app-totals-changelog-0.* holds 5 to \d+/);
});

Deno.test("TaskSession refuses a changelog that was made anew although the state is kept", async () => {
  const world = await worldWithPast();
  world.log.createTopic(changelog, 1);
  assert.match(await failure(world), /Cannot .*app-totals-changelog-0.* holds 0 to 0/);
});
