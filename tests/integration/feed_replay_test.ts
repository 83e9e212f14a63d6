import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { fileLines } from "../../src/feed/file_lines.ts";
import { openReplay, type ReplayOptions, type ReplayProgress } from "../../src/feed/replay.ts";
import { collect, entry, tradeText } from "../support/frames.ts";
import { JumpingClock } from "../support/jumping_clock.ts";

const nowMs = 1_700_000_000_000;
const recordedMs = 1_000_000_000_000;
const never = new AbortController().signal;

/** A file with the given bytes that goes away with the test. */
class TemporaryFile implements AsyncDisposable {
  readonly path: string = Deno.makeTempFileSync({ prefix: "feed-replay-" });

  constructor(content: string | Uint8Array) {
    Deno.writeFileSync(
      this.path,
      typeof content === "string" ? new TextEncoder().encode(content) : content,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path);
  }
}

/** Three frames, one second and nine seconds apart; the newest trade is not the last one. */
const frames = [
  tradeText(entry({ t: recordedMs }), entry({ t: recordedMs - 50 })),
  tradeText(entry({ t: recordedMs + 1_000 })),
  tradeText(entry({ t: recordedMs + 10_000 }), entry({ t: recordedMs + 9_000 })),
];

async function replay(path: string, options: Partial<ReplayOptions> = {}) {
  const clock = new JumpingClock(nowMs);
  const source = await openReplay({ path, clock, speed: "max", times: "recorded", ...options });
  const got = await collect(source.frames(never));
  return { source, clock, got, times: got.map(({ text }) => JSON.parse(text).data[0].t) };
}

Deno.test.each([
  { name: "text", content: `${frames.join("\n")}\n` },
  { name: "text without a last line feed", content: frames.join("\n") },
  { name: "text of Windows", content: `\ufeff${frames.join("\r\n")}\r\n` },
  { name: "text with empty lines", content: `\n\n${frames.join("\n\n")}\n\n` },
  { name: "gzip", content: gzipSync(frames.join("\n")) },
  {
    name: "several gzip files in one",
    content: new Uint8Array(frames.flatMap((text) => [...gzipSync(`${text}\n`)])),
  },
])("openReplay() reads $name", async ({ content }) => {
  await using file = new TemporaryFile(content);
  const clock = new JumpingClock(nowMs);
  const source = await openReplay({ path: file.path, clock, speed: "max", times: "recorded" });
  const got = await collect(source.frames(never));
  assert.deepEqual(got.map(({ text }) => text), frames);
  assert.deepEqual(got.map(({ sequence }) => sequence), [1, 2, 3]);
});

Deno.test("ReplaySource keeps the recorded distances at speed 1, and a tenth at speed 10", async () => {
  await using file = new TemporaryFile(frames.join("\n"));
  for (const [speed, elapsedMs] of [[1, 10_000], [10, 1_000]] as const) {
    const { clock, got, times } = await replay(file.path, { speed });
    assert.equal(clock.nowMs() - nowMs, elapsedMs);
    assert.deepEqual(got.map(({ receivedAtMs }) => receivedAtMs - nowMs), [
      0,
      elapsedMs / 10,
      elapsedMs,
    ]);
    assert.equal(times[0], recordedMs);
  }
});

Deno.test("ReplaySource shifted: the first trade is now at speed 1", async () => {
  await using file = new TemporaryFile(frames.join("\n"));
  const { times } = await replay(file.path, { speed: 1, times: "shifted" });
  assert.deepEqual(times, [nowMs, nowMs + 1_000, nowMs + 10_000]);
});

Deno.test.each([10, "max" as const])(
  "ReplaySource shifted: the newest trade is now at speed %s",
  async (speed) => {
    await using file = new TemporaryFile(frames.join("\n"));
    const { times } = await replay(file.path, { speed, times: "shifted" });
    assert.deepEqual(times, [nowMs - 10_000, nowMs - 9_000, nowMs]);
  },
);

// A replay stood still for three thousand years at such a line, or moved all others that far back.
Deno.test("ReplaySource neither waits for a frame of another time nor moves others by it", async () => {
  const stray = tradeText(entry({ t: 99_000_000_000_000 }));
  const [first, ...others] = frames;
  for (const content of [[first, stray, ...others], [...frames, stray], [stray, ...frames]]) {
    await using file = new TemporaryFile(content.join("\n"));
    for (const times of ["recorded", "shifted"] as const) {
      for (const speed of [1, "max"] as const) {
        const { clock, got } = await replay(file.path, { speed, times });
        assert.ok(clock.nowMs() - nowMs <= 10_000);
        const good = got.filter((_, i) => content[i] !== stray).flatMap(({ text }) =>
          JSON.parse(text).data.map(({ t }: { readonly t: number }) => t)
        );
        const endMs = times === "recorded" ? recordedMs + 10_000 : clock.nowMs();
        assert.equal(Math.max(...good), endMs, `${times} ${speed}`);
        assert.ok(Math.min(...good) >= endMs - 11_000);
      }
    }
  }
});

Deno.test("ReplaySource continues after a frame with the same numbers", async () => {
  await using file = new TemporaryFile(frames.join("\n"));
  const { got } = await replay(file.path, { fromSequence: 2, speed: 1 });
  assert.deepEqual(got.map(({ text, sequence }) => [text, sequence]), [[frames[2], 3]]);
});

Deno.test("ReplaySource is named after the content, and after the shift", async () => {
  await using file = new TemporaryFile(frames.join("\n"));
  await using copy = new TemporaryFile(frames.join("\n"));
  await using longer = new TemporaryFile(`${frames.join("\n")}\n`);
  const id = async (path: string) => (await replay(path)).source.producerId;
  assert.equal(await id(file.path), await id(copy.path));
  assert.notEqual(await id(file.path), await id(longer.path));
  const shifted = await replay(file.path, { times: "shifted" });
  assert.equal(shifted.source.producerId, `${await id(file.path)}-shifted`);
});

Deno.test("ReplaySource passes on lines that are no frames", async () => {
  const lines = ["broken", `{"type":"ping"}`, frames[0] ?? "", "null"];
  await using file = new TemporaryFile(lines.join("\n"));
  const clock = new JumpingClock(nowMs);
  const source = await openReplay({ path: file.path, clock, speed: 2, times: "shifted" });
  const texts = (await collect(source.frames(never))).map(({ text }) => text);
  assert.deepEqual([texts[0], texts[1], texts[3]], [lines[0], lines[1], lines[3]]);
});

Deno.test("ReplaySource tells how far it is", async () => {
  const text = Array(2_500).fill(frames[0]).join("\n");
  await using file = new TemporaryFile(gzipSync(text));
  const reports: ReplayProgress[] = [];
  await replay(file.path, { onProgress: (progress) => reports.push(progress) });
  assert.deepEqual(reports.map((report) => report.frames), [1_000, 2_000, 2_500]);
  assert.deepEqual(reports.at(-1), { frames: 2_500, trades: 5_000, percent: 100 });
});

Deno.test("ReplaySource ends with the signal and leaves the file closed", async () => {
  await using file = new TemporaryFile(gzipSync(Array(50_000).fill(frames[0]).join("\n")));
  const clock = new JumpingClock(nowMs);
  const source = await openReplay({ path: file.path, clock, speed: "max", times: "recorded" });
  const stop = new AbortController();
  let count = 0;
  for await (const _ of source.frames(stop.signal)) if (++count === 10) stop.abort();
  assert.equal(count, 10);
});

Deno.test("fileLines() takes lines of up to a megabyte, across chunks", async () => {
  const lines = ["é".repeat(500_000), "x".repeat(1_000_000), "end"];
  await using file = new TemporaryFile(lines.join("\n"));
  assert.deepEqual(await collect(fileLines(file.path)), lines.map((text) => ({ text })));
});

Deno.test.each([
  { why: "gzip cut short", content: gzipSync(frames.join("\n")).subarray(0, 60) },
  { why: "damaged gzip", content: gzipSync(frames.join("\n")).fill(7, 20, 60) },
])("fileLines() names the file that ends with $why", async ({ content }) => {
  await using file = new TemporaryFile(content);
  await assert.rejects(collect(fileLines(file.path)), {
    code: "RECORD_MALFORMED",
    message: new RegExp(`Cannot replay "${file.path}"`),
  });
});

// One line of a recording ended the replay, and every later one at the same place.
Deno.test("ReplaySource replays what stands behind a line that no frame can be", async () => {
  const long = "é".repeat(500_001);
  const latin = new Uint8Array([0x7b, 0xe9, 0x7d]);
  const endless = new Uint8Array(7_000_000).fill(0x20);
  const parts: BlobPart[] = [
    long,
    "\n",
    latin,
    "\n",
    endless,
    "\r\n",
    JSON.stringify([1, long]),
    "\n",
  ];
  parts.push(frames[0] ?? "");
  await using file = new TemporaryFile(new Uint8Array(await new Blob(parts).arrayBuffer()));
  const clock = new JumpingClock(nowMs);
  const source = await openReplay({ path: file.path, clock, speed: "max", times: "recorded" });
  const got = await collect(source.frames(never));
  assert.deepEqual(got.map(({ text, unreadable }) => unreadable?.fault ?? text), [
    "message is longer than 1000000 bytes: 1000002",
    "message is not UTF-8",
    "message is longer than 1000000 bytes: 7000001",
    "message is longer than 1000000 bytes: 1000002",
    frames[0],
  ]);
  assert.deepEqual(got[1]?.unreadable?.bytes, latin);
});

Deno.test("fileLines() drops the byte order mark of the file, and no other", async () => {
  await using file = new TemporaryFile("\uFEFFa\n\uFEFFb");
  assert.deepEqual(await collect(fileLines(file.path)), [{ text: "a" }, { text: "\uFEFFb" }]);
});

// `start --replay` of such a file ended with one line, and was ready.
Deno.test.each([
  { content: "", kind: "empty" },
  { content: `{"type":"ping"}\n{"type":"ping"}\n`, kind: "frames of other kinds, 2 pings" },
  { content: utf16(`${frames[0]}\n`), kind: "UTF-16: save it as UTF-8" },
  { content: utf16(`\ufeff${frames[0]}\n`), kind: "UTF-16: save it as UTF-8" },
  { content: "s,p,t,v\nAAPL,1,1700000000000,2\n", kind: "CSV: write each trade as a frame" },
  { content: `{'type': 'trade', 'data': [{'s': 'AAPL'}]}\n`, kind: "what Python prints" },
  { content: `{\n  "type": "trade"\n}\n`, kind: "JSON over several lines" },
  { content: `{"s":"AAPL","p":1}\n`, kind: "JSON of another form, as type must be trade" },
  { content: "PK\u0003\u0004...", kind: "a zip archive: unpack it" },
  { content: "<html>", kind: "a web page" },
])("openReplay() says that a file without a trade seems to be $kind", async ({ content, kind }) => {
  await using file = new TemporaryFile(content);
  await assert.rejects(replay(file.path), ({ code, message }) => {
    assert.equal(code, "CONFIG_INVALID");
    assert(message.includes(`it seems to be ${kind}`), message);
    return true;
  });
});

Deno.test("openReplay() takes a file whose trades are all impossible: each is a dead letter", async () => {
  await using file = new TemporaryFile(tradeText(entry({ t: recordedMs / 1_000 })));
  assert.equal((await replay(file.path)).got.length, 1);
});

function utf16(text: string): Uint8Array {
  return new Uint8Array(Uint16Array.from(text, (char) => char.charCodeAt(0)).buffer);
}

Deno.test("openReplay() names a file that cannot be opened", async () => {
  for (const path of ["/nowhere/frames.jsonl", Deno.cwd()]) {
    await assert.rejects(replay(path), { code: "CONFIG_INVALID", message: /Cannot replay ".+"/ });
  }
});
