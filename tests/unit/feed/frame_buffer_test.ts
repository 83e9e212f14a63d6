import assert from "node:assert/strict";
import { noFeedObserver } from "../../../src/feed/feed_observer.ts";
import { FrameBuffer } from "../../../src/feed/frame_buffer.ts";
import { collect } from "../../support/frames.ts";
import { SimulatedClock } from "../../../src/streams/testing/simulated_clock.ts";

function setUp() {
  const calls: string[] = [];
  const sender = { pause: () => calls.push("pause"), resume: () => calls.push("resume") };
  const buffer = new FrameBuffer({
    clock: new SimulatedClock(),
    observer: noFeedObserver,
    bufferBytesMax: 10,
  });
  return { calls, sender, buffer };
}

Deno.test("FrameBuffer holds the sender back while it is full, and keeps what still comes", async () => {
  const { calls, sender, buffer } = setUp();
  buffer.add({ text: "123456789" }, sender);
  assert.deepEqual(calls, []);
  buffer.add({ text: "x" }, sender);
  buffer.add({ text: "y" }, sender);
  assert.deepEqual(calls, ["pause"]);
  const frames = buffer.frames();
  assert.equal((await frames.next()).value?.text, "123456789");
  assert.deepEqual(calls, ["pause", "resume"]);
  buffer.close();
  assert.deepEqual((await collect(frames)).map(({ text }) => text), ["x", "y"]);
});

Deno.test("FrameBuffer does not resume a sender that has ended", async () => {
  const { calls, sender, buffer } = setUp();
  buffer.add({ text: "1234567890" }, sender);
  buffer.forget(sender);
  assert(!buffer.isPaused);
  await buffer.frames().next();
  assert.deepEqual(calls, ["pause"]);
});
