import assert from "node:assert/strict";
import { failure, worldWithPast } from "../../support/counting_past.ts";

const changelog = "app-totals-changelog";

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
