/** What lies in the spool: of an earlier run, of another version, or nothing of ours. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { FrameSource } from "../../src/feed/frame.ts";
import { MemoryQueue } from "../../src/ingest/memory_queue.ts";
import { Spool } from "../../src/ingest/spool.ts";
import { encodeFrame } from "../../src/ingest/spooled_frame.ts";
import { decodeText } from "../../src/streams/text.ts";
import { frameOf, tradeText } from "../support/frames.ts";
import { everyInputIsSurvived, mutatedBytes, pick, randomBytes } from "../support/fuzz.ts";
import { ingested } from "../support/ingested.ts";
import { JumpingClock } from "../support/jumping_clock.ts";

const text = tradeText({ c: null, p: 5, s: "AAPL", t: 1_700_000_000_000, v: 1 });
const cut = { fault: "long", whole: { lengthBytes: 5_000_000, sha256: "ab" } };
const spooled: readonly Uint8Array[] = [
  encodeFrame(frameOf(text), "finnhub-1"),
  encodeFrame(frameOf('{"type":"ping"}'), "finnhub-1"),
  encodeFrame(
    { ...frameOf(""), unreadable: { ...cut, bytes: new Uint8Array(40).fill(0xff) } },
    "finnhub-1",
  ),
];
const ended: FrameSource = { producerId: "p", async *frames() {} };
/** What no clock of a machine says, epoch ms. */
const timeMsMax = 9_000_000_000_000;

everyInputIsSurvived<Uint8Array>({
  name: "frames of the spool",
  together: 1_000,
  draw: (random) =>
    random.next() < 0.1 ? randomBytes(30, random) : mutatedBytes(pick(spooled, random), random),
  async take(inputs) {
    const queue = new MemoryQueue();
    const good = inputs.map((_, index) => encodeFrame(frameOf(text, index + 1), "good"));
    await queue.append(inputs.flatMap((bytes, index) => [bytes, good[index] as Uint8Array]));
    const limits = { bytesMax: Infinity, ageMsMax: Infinity, whenFull: "stop" } as const;
    const records = await ingested(ended, new Spool(queue, limits, new JumpingClock()));
    assert.equal(queue.count, 0, "everything is sent");
    const ofGood = records.filter(({ headers }) =>
      decodeText(headers["producer-id"] ?? new Uint8Array()) === "good"
    );
    assert.equal(ofGood.length, inputs.length, "every good frame is a record");
    for (const { timestampMs } of records) {
      assert.ok(timestampMs >= 0 && timestampMs <= timeMsMax, `received at ${timestampMs}`);
    }
  },
  show: (bytes) => Buffer.from(bytes).toString("hex"),
});
