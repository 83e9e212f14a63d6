import assert from "node:assert/strict";
import { CommitUnderWay } from "../../../src/streams/commit/commit_under_way.ts";
import { settle } from "../../../src/streams/testing/simulated_clock.ts";

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

Deno.test("CommitUnderWay does work alongside of commits, once more if it is asked to meanwhile", async () => {
  await using underWay = new CommitUnderWay(new AbortController().signal, () => {});
  const rounds: PromiseWithResolvers<void>[] = [];
  const work = () => {
    const round = Promise.withResolvers<void>();
    rounds.push(round);
    return round.promise;
  };
  underWay.alongside(work);
  assert.ok(!underWay.busy);
  underWay.begin(() => Promise.resolve());
  await underWay.ended();
  assert.equal(rounds.length, 1);
  underWay.alongside(work);
  underWay.alongside(work);
  rounds[0]?.resolve();
  await settle();
  assert.equal(rounds.length, 2);
  rounds[1]?.resolve();
  await settle();
  assert.equal(rounds.length, 2);
  underWay.alongside(work);
  assert.equal(rounds.length, 3);
  rounds[2]?.resolve();
});

Deno.test("CommitUnderWay ends with what is done alongside, and keeps the first failure", async () => {
  let ends = 0;
  await using underWay = new CommitUnderWay(new AbortController().signal, () => ends += 1);
  const error = new RangeError("of the sink");
  underWay.begin((signal) =>
    new Promise((_, reject) =>
      signal.addEventListener("abort", () => reject(new Error("of the commit")))
    )
  );
  underWay.alongside(() => Promise.reject(error));
  await assert.rejects(underWay.ended(), error);
  assert.equal(underWay.failure?.error, error);
  assert.ok(underWay.signal.aborted && ends > 0);
});

Deno.test("CommitUnderWay waits for what is done alongside when it is disposed of", async () => {
  let ended = false;
  {
    await using underWay = new CommitUnderWay(new AbortController().signal, () => {});
    underWay.alongside((signal) =>
      new Promise((_, reject) =>
        signal.addEventListener("abort", () => {
          ended = true;
          reject(new Error("aborted"));
        })
      )
    );
    await settle();
  }
  assert.ok(ended);
});
