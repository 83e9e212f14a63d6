/** What lies in the spool: of an earlier run, of another version, or nothing of ours. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { Random } from "../../src/base/random.ts";
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

/** What no frame has as its number, or as the time at which it was received. */
const strange = [0, -1, 1.5, 2 ** 37, 2 ** 53 - 1, 2 ** 60, 1e300, NaN, Infinity];

everyInputIsSurvived<Uint8Array>({
  name: "frames of the spool",
  together: 1_000,
  draw: drawFrame,
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

function drawFrame(random: Random): Uint8Array {
  const kind = random.next();
  if (kind < 0.1) return randomBytes(30, random);
  if (kind < 0.7) return mutatedBytes(pick(spooled, random), random);
  const frame = frameOf(text, pick([1, ...strange], random));
  return encodeFrame({ ...frame, receivedAtMs: pick([7, ...strange], random) }, "finnhub-1");
}
