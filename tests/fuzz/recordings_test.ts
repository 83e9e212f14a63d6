/** Files that people replay. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { Random } from "../../src/base/random.ts";
import { encodeText } from "../../src/base/text.ts";
import { splitLines } from "../../src/feed/file_lines.ts";
import { foreignKindOf } from "../../src/feed/foreign_file.ts";
import type { ParsedFrame } from "../../src/feed/frame.ts";
import { parseFrame, parseMessage } from "../../src/feed/parse_frame.ts";
import { frameOfLine, recordedLine } from "../../src/feed/recorded_frame.ts";
import { momentOf, ReplayPacing } from "../../src/feed/replay_pacing.ts";
import { entry, tradeText } from "../support/frames.ts";
import { below, everyInputIsSurvived, mutatedBytes, mutatedJson, pick } from "../support/fuzz.ts";
import { JumpingClock } from "../support/jumping_clock.ts";

const dayMs = 86_400_000;
const recordedMs = 1_600_000_000_000;
const text = tradeText(entry({ t: recordedMs }), entry({ t: recordedMs + 5 }));
const lines = [text, recordedLine({ receivedAtMs: recordedMs, text })];
const goodLine = encodeText(`\n${text}\n`);
const times = [-1, 0, 40_000_000_000, recordedMs + dayMs, 99_000_000_000_000, 2 ** 53 - 1];
const modes = [["recorded", 1], ["shifted", 1], ["recorded", 10], ["shifted", "max"]] as const;
const never = new AbortController().signal;

everyInputIsSurvived<Uint8Array>({
  name: "lines of recordings",
  together: 500,
  draw: drawLine,
  async take(inputs) {
    for (const [times, speed] of modes) {
      const clock = new JumpingClock();
      const pacing = new ReplayPacing({ speed, times, clock }, recordedMs + 5);
      for (const line of inputs) {
        const startedMs = clock.nowMs();
        const [last] = (await replayed([line, goodLine], pacing)).slice(-1);
        assert.equal(last?.kind === "trades" && last.trades.length, 2, "the line behind it");
        assert.ok(clock.nowMs() - startedMs <= 11 * dayMs, "must not be waited for");
      }
    }
  },
  show: (bytes) => Buffer.from(bytes).toString("latin1"),
});

/** What is replayed of a file's bytes. */
async function replayed(
  chunks: readonly Uint8Array[],
  pacing: ReplayPacing,
): Promise<ParsedFrame[]> {
  const frames: ParsedFrame[] = [];
  for await (const line of splitLines(chunks)) {
    const { message, receivedAtMs } = frameOfLine(line);
    assert.ok(await pacing.reach(momentOf(parseMessage(message), receivedAtMs), never));
    frames.push(parseFrame(pacing.shifted(message.text)));
  }
  return frames;
}

function drawLine(random: Random): Uint8Array {
  const line = pick(lines, random);
  if (random.next() < 0.5) return mutatedBytes(encodeText(line), random);
  if (random.next() < 0.5) return encodeText(JSON.stringify(mutatedJson(JSON.parse(line), random)));
  const time = pick(times, random) + below(3, random);
  return encodeText(line.replaceAll(String(recordedMs), String(time)));
}

const foreign = [
  "s,p,t,v\nAAPL,1,1700000000000,2\n",
  "{'type': 'trade', 'data': [{'s': 'AAPL'}]}\n",
  '{\n  "type": "trade"\n}\n',
  "PK\u0003\u0004...",
  "\u0000{\u0000",
  '{"type":"ping"}\n',
];

everyInputIsSurvived<Uint8Array>({
  name: "files that are no recordings",
  together: 1_000,
  draw: (random) => mutatedBytes(encodeText(pick(foreign, random)), random),
  async take(inputs) {
    for (const bytes of inputs) {
      const kind = await foreignKindOf(splitLines([bytes]));
      assert.ok(kind !== undefined && kind.length < 200, kind);
      assert.equal(await foreignKindOf(splitLines([bytes, goodLine])), undefined);
    }
  },
  show: (bytes) => Buffer.from(bytes).toString("latin1"),
});
