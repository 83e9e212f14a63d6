/** Each of a task's inputs is read one fetch ahead of its processing. */
import assert from "node:assert/strict";
import { ReadAhead } from "../../../src/streams/processing/read_ahead.ts";
import type { Fetched } from "../../../src/streams/ports.ts";
import { settle } from "../../../src/streams/testing/simulated_clock.ts";

/** An input of three records, of which each fetch brings one, until none comes any more. */
function openInput() {
  const said: string[] = [];
  let offset = 0;
  const reader = {
    next(): Promise<Fetched> {
      said.push(`read from ${offset}`);
      if (offset === 3) return Promise.reject(new Error("no connection"));
      offset++;
      return Promise.resolve({
        ...{ records: [], nextOffset: offset, endOffset: 3, leaderEpoch: undefined },
      });
    },
    [Symbol.asyncDispose]: () => Promise.resolve(void said.push("closed")),
  };
  const { signal } = new AbortController();
  const onArrival = () => said.push("arrival");
  const from = { offset, endOffset: 3 };
  return { said, ahead: new ReadAhead("t", reader, from, onArrival, signal) };
}

Deno.test("ReadAhead fetches what follows once something is taken, and tells of each arrival", async () => {
  const { said, ahead } = openInput();
  ahead.start();
  assert.equal(ahead.take(), undefined, "nothing has arrived");
  await settle();
  assert.deepEqual(said, ["read from 0", "arrival"]);
  assert.equal(ahead.take()?.nextOffset, 1);
  assert.deepEqual([ahead.take(), ahead.behind], [undefined, true]);
  await settle();
  assert.deepEqual(said.slice(2), ["read from 1", "arrival"]);
});

Deno.test("ReadAhead is behind until all is taken that is known of, and throws what the reader did", async () => {
  const { said, ahead } = openInput();
  ahead.start();
  for (const behind of [true, true, false]) {
    await settle();
    ahead.take();
    assert.equal(ahead.behind, behind);
  }
  await settle();
  assert.equal(said.at(-1), "arrival");
  assert.throws(() => ahead.take(), /no connection/);
  await ahead[Symbol.asyncDispose]();
  assert.equal(said.at(-1), "closed");
});
