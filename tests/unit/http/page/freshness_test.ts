import assert from "node:assert/strict";
import { freshnessOf, staleAfterMs } from "../../../../src/http/page/freshness.js";
import { type ElsewhereJson, healthJson } from "../../../../src/http/wire.ts";
import {
  FakeLiveView,
  type FakeLiveViewOptions,
  fakeTask,
} from "../../../support/fake_live_view.ts";

const nowMs = 1_700_000_000_000;

function healthAfterCommit(agesMs: readonly number[], options: FakeLiveViewOptions = {}) {
  const view = new FakeLiveView(options);
  view.statuses = agesMs.map((ageMs) => fakeTask({ lastCommitAtMs: nowMs - ageMs }));
  return healthJson(view, nowMs);
}

const connected = { connected: true, silentMs: 0, healthAgeMs: 0 };

Deno.test("freshnessOf() is good while any task has committed lately", () => {
  const health = healthAfterCommit([500_000, staleAfterMs - 1]);
  assert.deepEqual(freshnessOf({ ...connected, health }), {
    level: "good",
    word: "up to date",
    banner: "",
  });
});

Deno.test("freshnessOf() is stale once no task has, by the server's clock and the time since", () => {
  const health = healthAfterCommit([staleAfterMs - 1_000], { feed: "replay" });
  const { level, banner } = freshnessOf({ ...connected, health, healthAgeMs: 1_000 });
  assert.equal(level, "warn");
  assert.match(banner, /nothing new for 15 s; the replay has ended or stands still/);
});

Deno.test("freshnessOf() does not look at event times: a replay of 2013 is up to date", () => {
  const view = new FakeLiveView({ feed: "replay", startMs: Date.UTC(2013, 9, 7) });
  view.commit(nowMs);
  const health = healthJson(view, nowMs + 1_000);
  assert.equal(freshnessOf({ ...connected, health }).level, "good");
});

Deno.test("freshnessOf() names what stands in the way of readiness", () => {
  const view = new FakeLiveView();
  view.readiness = { ready: false, problems: ["a does not answer", "b restores"] };
  const { level, banner } = freshnessOf({ ...connected, health: healthJson(view, nowMs) });
  assert.equal(level, "bad");
  assert.equal(banner, "a does not answer · b restores");
});

Deno.test("freshnessOf() says that the connection is lost, whatever was known before", () => {
  const lost = { connected: false, silentMs: 65_000, healthAgeMs: 65_000 };
  const health = healthAfterCommit([0]);
  const { word, banner } = freshnessOf({ ...lost, health });
  assert.equal(word, "connection lost");
  assert.match(banner, /^1 min 5 s ago, trying again/);
  assert.equal(freshnessOf({ ...lost, health: undefined }).word, "no connection");
});

Deno.test("freshnessOf() before the first state and before the first commit is no alarm", () => {
  assert.equal(freshnessOf({ ...connected, health: undefined }).word, "connecting");
  const health = healthJson(new FakeLiveView(), nowMs);
  assert.equal(freshnessOf({ ...connected, health }).word, "no data yet");
});

Deno.test("freshnessOf() is stale while all that is shown comes from an earlier run", () => {
  const view = new FakeLiveView({ feed: "replay" });
  const counts = { ...fakeTask().counts, read: 7 };
  view.statuses = [fakeTask({ counts })];
  const { level, word, banner } = freshnessOf({ ...connected, health: healthJson(view, nowMs) });
  assert.deepEqual([level, word], ["warn", "stale"]);
  assert.match(banner, /^nothing new since the start; the replay has ended/);
});

function elsewhereWith(overrides: Partial<ElsewhereJson>): ElsewhereJson {
  return { heard_partitions: [], missing_partitions: [], last_commit: null, ...overrides };
}

Deno.test("freshnessOf() is good while another instance commits, whatever this one does", () => {
  const health = healthAfterCommit([500_000]);
  const elsewhere = elsewhereWith({ heard_partitions: [1], last_commit: nowMs - 1_000 });
  assert.equal(freshnessOf({ ...connected, health, elsewhere }).word, "up to date");
});

Deno.test.each([
  [["A", "B"], "no instance answers for partitions 1, 3. Not up to date: A, B"],
  [
    ["A", "B", "C", "D", "E", "F"],
    "no instance answers for partitions 1, 3. Not up to date: A, B, C, D and 2 more",
  ],
  [[], "no instance answers for partitions 1, 3; symbols may be missing here"],
])("freshnessOf() names what nobody is heard of, and %s", (lostSymbols, banner) => {
  const elsewhere = elsewhereWith({ missing_partitions: [1, 3] });
  const health = healthAfterCommit([0]);
  assert.deepEqual(freshnessOf({ ...connected, health, elsewhere, lostSymbols }), {
    level: "warn",
    word: "incomplete",
    banner,
  });
});

Deno.test("freshnessOf() says that nothing gets through, and why, before anything else", () => {
  const health = healthAfterCommit([0]);
  const blocked = "all 40 trades are ahead of this machine's clock";
  const input = { ...health.input, blocked };
  assert.deepEqual(
    freshnessOf({ ...connected, health: { ...health, ready: false, problems: ["x"], input } }),
    { level: "bad", word: "nothing gets through", banner: blocked },
  );
});

Deno.test("freshnessOf() passes on what is to be known of a feed without trades", () => {
  const notices = ["no trade came for 10 minutes"];
  for (const ageMs of [0, 500_000]) {
    const health = { ...healthAfterCommit([ageMs]), notices };
    assert.deepEqual(
      freshnessOf({ ...connected, health }),
      { level: "warn", word: "feed silent", banner: notices[0] },
    );
  }
});
