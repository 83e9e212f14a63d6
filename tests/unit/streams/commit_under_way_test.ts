import assert from "node:assert/strict";
import { CommitUnderWay } from "../../../src/streams/commit/commit_under_way.ts";

Deno.test("CommitUnderWay is busy until its commit is done, and reports the end", async () => {
  let ends = 0;
  const { signal } = new AbortController();
  await using underWay = new CommitUnderWay(signal, () => ends += 1);
  assert.ok(!underWay.busy);
  const { promise, resolve } = Promise.withResolvers<void>();
  underWay.begin(() => promise);
  assert.ok(underWay.busy);
  assert.equal(ends, 0);
  resolve();
  await underWay.ended();
  assert.ok(!underWay.busy);
  assert.equal(ends, 1);
  assert.ok(!underWay.signal.aborted);
});

Deno.test("CommitUnderWay keeps what a commit failed with, and wakes who waits", async () => {
  let ends = 0;
  const { signal } = new AbortController();
  await using underWay = new CommitUnderWay(signal, () => ends += 1);
  const error = new RangeError("of the commit");
  underWay.begin(() => Promise.reject(error));
  await assert.rejects(underWay.ended(), error);
  assert.throws(() => underWay.check(), error);
  assert.equal(underWay.failure?.error, error);
  assert.ok(underWay.busy && underWay.signal.aborted);
  assert.equal(ends, 1);
});

Deno.test("CommitUnderWay ends its commit when it is disposed of, and waits for that", async () => {
  const { signal } = new AbortController();
  let ended = false;
  {
    await using underWay = new CommitUnderWay(signal, () => {});
    underWay.begin((signal) =>
      new Promise((resolve) =>
        signal.addEventListener("abort", () => {
          ended = true;
          resolve();
        })
      )
    );
    assert.ok(!ended);
  }
  assert.ok(ended);
});
