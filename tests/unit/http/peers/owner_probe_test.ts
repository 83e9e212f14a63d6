import assert from "node:assert/strict";
import { OwnerProbe } from "../../../../src/http/peers/owner_probe.ts";
import { settle, SimulatedClock } from "../../../../src/streams/testing/simulated_clock.ts";

Deno.test("OwnerProbe takes an instance that answers 200 for reachable, and no other", async () => {
  const clock = new SimulatedClock();
  const probe = new OwnerProbe(
    clock,
    (url) =>
      url === "http://refuses/livez"
        ? Promise.reject(new TypeError("refused"))
        : Promise.resolve(new Response("", { status: url === "http://lives/livez" ? 200 : 500 })),
  );
  assert.ok(await probe.isReachable("http://lives"));
  assert.ok(!(await probe.isReachable("http://broken")));
  assert.ok(!(await probe.isReachable("http://refuses")));
});

Deno.test("OwnerProbe gives up an instance that hangs after half a second", async () => {
  const clock = new SimulatedClock();
  const probe = new OwnerProbe(clock, (_url, signal) => {
    const { promise, reject } = Promise.withResolvers<Response>();
    signal.addEventListener("abort", () => reject(new Error("aborted")));
    return promise;
  });
  const answers: boolean[] = [];
  const asking = probe.isReachable("http://hangs").then((reachable) => answers.push(reachable));
  await settle();
  await clock.advance(499);
  assert.deepEqual(answers, []);
  await clock.advance(1);
  await asking;
  assert.deepEqual(answers, [false]);
});

Deno.test("OwnerProbe looks once in two seconds, however many ask", async () => {
  const clock = new SimulatedClock();
  let looks = 0;
  const probe = new OwnerProbe(clock, () => {
    looks += 1;
    return Promise.resolve(new Response(""));
  });
  await Promise.all([probe.isReachable("http://a"), probe.isReachable("http://a")]);
  await clock.advance(1_999);
  await probe.isReachable("http://a");
  assert.equal(looks, 1);
  await clock.advance(1);
  await probe.isReachable("http://a");
  assert.equal(looks, 2);
});
