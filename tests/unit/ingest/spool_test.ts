import assert from "node:assert/strict";
import { MemoryQueue } from "../../../src/ingest/memory_queue.ts";
import { Spool, type SpoolLimits } from "../../../src/ingest/spool.ts";
import { decodeFrame, encodeFrame } from "../../../src/ingest/spooled_frame.ts";
import { settle, SimulatedClock } from "../../../src/streams/testing/simulated_clock.ts";
import type { Frame } from "../../../src/feed/frame.ts";

const limits: SpoolLimits = { bytesMax: 10_000, ageMsMax: 60_000, whenFull: "stop" };
const batch = { items: 10, bytes: 1_000_000 };

function spoolOf(change: Partial<SpoolLimits> = {}) {
  const clock = new SimulatedClock(1_000_000);
  const queue = new MemoryQueue();
  const dropped: number[] = [];
  const spool = new Spool(queue, { ...limits, ...change }, clock, (n) => dropped.push(n));
  return { clock, queue, spool, dropped };
}

function frames(from: number, count: number, clock: SimulatedClock): Frame[] {
  return Array.from({ length: count }, (_, index) => ({
    text: `frame ${from + index} ${"x".repeat(900)}`,
    sequence: from + index,
    receivedAtMs: clock.nowMs(),
  }));
}

const sequences = (read: readonly Frame[]) => read.map(({ sequence }) => sequence);

Deno.test("A frame is the same after the spool, with the producer that received it", () => {
  const frame: Frame = { text: 'é {"p":1}', sequence: 2 ** 36, receivedAtMs: 1.5e12 };
  const value = encodeFrame(frame, "finnhub-1");
  assert.deepEqual(decodeFrame({ position: 3, value, damaged: false }, 0), {
    ...frame,
    producerId: "finnhub-1",
  });
});

Deno.test("A frame that is no text is the same bytes after the spool", () => {
  const bytes = new Uint8Array(1_000).fill(0xff);
  const whole = { lengthBytes: 5_000_000, sha256: "ab" };
  const frame = { text: "", unreadable: { bytes, fault: "long", whole }, sequence: 1 };
  const value = encodeFrame({ ...frame, receivedAtMs: 2 }, "p");
  const { unreadable } = decodeFrame({ position: 3, value, damaged: false }, 0);
  assert.deepEqual(unreadable, frame.unreadable);
});

Deno.test("decodeFrame() takes bytes of any other form for a damaged frame", () => {
  const value = encodeFrame({ text: "é", sequence: 1, receivedAtMs: 2 }, "p");
  for (const other of [value.subarray(0, 7), value.subarray(3), new Uint8Array(30).fill(0xff)]) {
    const frame = decodeFrame({ position: 3, value: other, damaged: false }, 0);
    assert.equal(frame.producerId, "damaged-in-spool");
    assert.deepEqual(frame.unreadable?.bytes, other);
  }
});

Deno.test("Nothing of a damaged frame is trusted", () => {
  const value = encodeFrame({ text: "t", sequence: 5, receivedAtMs: 6 }, "finnhub-1");
  const frame = decodeFrame({ position: 3, value, damaged: true }, 77);
  assert.deepEqual([frame.sequence, frame.receivedAtMs], [4, 77]);
  assert.notEqual(frame.producerId, "finnhub-1");
  assert.match(frame.unreadable?.fault ?? "", /damaged/);
});

Deno.test("Spool gives frames in order and keeps them until they are done", async () => {
  const { spool, queue, clock } = spoolOf();
  await spool.append(frames(1, 3, clock), "p");
  const first = await spool.next({ items: 2, bytes: 1_000_000 });
  assert.deepEqual(sequences(first.frames), [1, 2]);
  assert.equal(spool.depth.frames, 3);
  const second = await spool.next(batch);
  assert.deepEqual(sequences(second.frames), [3]);
  await spool.done(first);
  await spool.done(second);
  assert.deepEqual(spool.depth, { frames: 0, bytes: 0, oldestReceivedAtMs: undefined });
  assert.equal(queue.count, 0);
});

Deno.test("What was not done is given again to the next spool over the same queue", async () => {
  const { spool, queue, clock } = spoolOf();
  await spool.append(frames(1, 3, clock), "run-1");
  await spool.done(await spool.next({ items: 1, bytes: 1_000_000 }));
  await spool.next(batch); // under way when the process ends
  const again = new Spool(queue, limits, clock);
  await again.append(frames(1, 1, clock), "run-2");
  const { frames: given } = await again.next(batch);
  assert.deepEqual(given.map((it) => `${it.producerId} ${it.sequence}`), [
    "run-1 2",
    "run-1 3",
    "run-2 1",
  ]);
});

Deno.test("Spool.next() waits for the first frame, and ends once closed", async () => {
  const { spool, clock } = spoolOf();
  const next = spool.next(batch);
  await settle();
  await spool.append(frames(1, 1, clock), "p");
  assert.deepEqual(sequences((await next).frames), [1]);
  const last = spool.next(batch);
  await settle();
  spool.close();
  assert.deepEqual((await last).frames, []);
});

Deno.test("A full spool stops, and says what to do", async () => {
  const { spool, clock } = spoolOf();
  await spool.append(frames(1, 12, clock), "p");
  await assert.rejects(spool.append(frames(13, 1, clock), "p"), {
    code: "SPOOL_FULL",
    message: /SPOOL_BYTES_MAX/,
  });
});

Deno.test("A spool is full, too, when its oldest frame has waited for too long", async () => {
  const { spool, clock } = spoolOf();
  await spool.append(frames(1, 1, clock), "p");
  await clock.advance(60_000);
  await spool.append(frames(2, 1, clock), "p");
  await clock.advance(1);
  await assert.rejects(spool.append(frames(3, 1, clock), "p"), { code: "SPOOL_FULL" });
});

Deno.test("A full spool drops its oldest frames, but none under way to the log", async () => {
  const { spool, clock, dropped } = spoolOf({ whenFull: "drop-oldest" });
  await spool.append(frames(1, 8, clock), "p");
  const underWay = await spool.next({ items: 3, bytes: 1_000_000 });
  await spool.append(frames(9, 4, clock), "p");
  await spool.append(frames(13, 2, clock), "p");
  assert.deepEqual(dropped, [9]);
  await spool.done(underWay);
  assert.deepEqual(sequences((await spool.next(batch)).frames), [13, 14]);
});

Deno.test("Age drops only what is too old", async () => {
  const { spool, clock, dropped } = spoolOf({ whenFull: "drop-oldest" });
  await spool.append(frames(1, 3, clock), "p");
  await spool.next({ items: 1, bytes: 1 });
  await clock.advance(30_000);
  await spool.append(frames(4, 1, clock), "p");
  await clock.advance(30_001);
  await spool.append(frames(5, 1, clock), "p");
  assert.deepEqual(dropped, [2]);
  assert.deepEqual(sequences((await spool.next(batch)).frames), [4, 5]);
});

Deno.test("A full spool makes a source wait that can", async () => {
  const { spool, clock } = spoolOf({ whenFull: "wait" });
  await spool.append(frames(1, 12, clock), "p");
  let appended = false;
  const appending = spool.append(frames(13, 1, clock), "p").then(() => appended = true);
  await settle();
  assert.ok(!appended);
  await spool.done(await spool.next(batch));
  await appending;
  assert.deepEqual(sequences((await spool.next(batch)).frames), [11, 12, 13]);
});

Deno.test("Spool.close() ends an append that waits", async () => {
  const { spool, clock } = spoolOf({ whenFull: "wait" });
  await spool.append(frames(1, 12, clock), "p");
  const appending = spool.append(frames(13, 1, clock), "p");
  await settle();
  spool.close();
  await assert.rejects(appending, { code: "ABORTED" });
});

// A supervisor started produce again and again while Kafka was away: the second start used up the
// room that the first had given up, and the third could not open the spool any more.
Deno.test("A spool on a full disk takes nothing before what it had is sent", async () => {
  const { clock, queue, spool: before } = spoolOf();
  await before.append(frames(1, 2, clock), "p");
  const spool = new Spool(queue, { ...limits, drainsFirst: true }, clock);
  let appended = 0;
  const appending = spool.append(frames(3, 1, clock), "p").then(() => appended++);
  await spool.done(await spool.next({ ...batch, items: 1 }));
  await settle();
  assert.deepEqual([appended, queue.count], [0, 1]);
  await spool.done(await spool.next(batch));
  await appending;
  await spool.append(frames(4, 1, clock), "p");
  assert.deepEqual(sequences((await spool.next(batch)).frames), [3, 4]);
});
