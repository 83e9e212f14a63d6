import assert from "node:assert/strict";
import { fakeStandby, fakeTask } from "../../support/fake_live_view.ts";
import { nowMs, surface } from "./harness.ts";

Deno.test("/livez answers 200 whatever the state of the work", async () => {
  const { view, ask } = surface();
  view.readiness = { ready: false, problems: ["everything is down"] };
  const response = await ask("/livez");
  assert.equal(response.status, 200);
  assert.deepEqual(await response.json(), { status: "alive" });
});

Deno.test("/readyz answers 200 when ready", async () => {
  const response = await surface().ask("/readyz");
  assert.equal(response.status, 200);
  assert.deepEqual(await response.json(), { status: "ready" });
});

Deno.test("/readyz answers 200 with what should be known all the same", async () => {
  const { view, ask } = surface();
  view.readiness = { ready: true, problems: [], notices: ["no trade came for 5 min"] };
  const response = await ask("/readyz");
  assert.equal(response.status, 200);
  assert.deepEqual(await response.json(), {
    status: "ready",
    notices: ["no trade came for 5 min"],
  });
});

Deno.test("/readyz answers 503 with every problem when not", async () => {
  const { view, ask } = surface();
  const problems = ["trade1-0 restores: 12 records left", "sink does not answer"];
  view.readiness = { ready: false, problems };
  const response = await ask("/readyz");
  assert.equal(response.status, 503);
  const body = await response.json();
  assert.deepEqual(body.problems, problems);
  assert.equal(body.detail, problems.join("; "));
});

Deno.test("/api/tasks shows each task, null where nothing is known", async () => {
  const { view, ask } = surface({ seconds: 0 });
  const restore = { position: 10, restoredRecords: 10, remainingOffsets: 90, recordsPerSecond: 5 };
  view.statuses = [
    fakeTask({ state: "restoring", restore, committedOffset: undefined, lagRecords: undefined }),
  ];
  view.inputStatus = {
    passed: 7,
    late: 1,
    deadLetters: 2,
    lastPassedMs: nowMs,
    blocked: undefined,
  };
  view.readiness = { ready: true, problems: [], notices: ["the feed is silent"] };
  view.standbyStatuses = [fakeStandby({ remainingOffsets: undefined })];
  const { resolutions: _, ...state } = await (await ask("/api/tasks")).json();
  assert.deepEqual(state, {
    application: "market",
    topic: "trade1",
    feed: "simulated",
    ready: true,
    problems: [],
    notices: ["the feed is silent"],
    input: { passed: 7, late: 1, dead_letters: 2, last_passed: nowMs, blocked: null },
    now: nowMs,
    tasks: [{
      topic: "trade1",
      partition: 0,
      state: "restoring",
      committed_offset: null,
      lag_records: null,
      changelog_position: 0,
      last_commit: null,
      last_commit_duration_ms: null,
      restore: { restored_records: 10, remaining_offsets: 90, records_per_second: 5 },
      counts: { read: 0, aggregated: 0, late: 0, dead_letters: 0, duplicates: 0, rekeyed: 0 },
      problem: null,
    }],
    standbys: [{
      topic: "trade1",
      partition: 1,
      state: "following",
      changelog_position: 40,
      remaining_offsets: null,
      problem: null,
    }],
  });
});

Deno.test("/api/tasks announces exactly the resolutions that /api/candles answers", async () => {
  const { ask } = surface();
  const { resolutions } = await (await ask("/api/tasks")).json();
  const names: string[] = resolutions.map(({ name }: { name: string }) => name);
  for (const name of names) {
    const { resolution } = await (await ask(`/api/candles?symbol=AAPL&resolution=${name}`)).json();
    assert.equal(resolution, name);
  }
  const refusal = await (await ask("/api/candles?symbol=AAPL&resolution=none")).json();
  assert(refusal.detail.includes(`one of ${names.join(", ")}:`), refusal.detail);
  const sizes: number[] = resolutions.map(({ size_ms }: { size_ms: number }) => size_ms);
  assert.deepEqual(sizes, sizes.toSorted((a, b) => a - b));
});
