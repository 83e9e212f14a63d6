import assert from "node:assert/strict";
import { Secret } from "../../src/base/secret.ts";
import { fileLines } from "../../src/feed/file_lines.ts";
import { recordedFrame } from "../../src/feed/recorded_frame.ts";
import { Recorder, type RecorderOptions } from "../../src/feed/recorder.ts";
import { openReplay } from "../../src/feed/replay.ts";
import { collect, entry, tradeText } from "../support/frames.ts";
import { JumpingClock } from "../support/jumping_clock.ts";
import { LogLines } from "../support/log_lines.ts";
import { PatientFeed } from "../support/patient_feed.ts";
import { Program } from "../support/program.ts";
import { seconds } from "../support/seconds.ts";

const key = "k3y-0f-mine";
const never = new AbortController().signal;

async function inFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "record-" });
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function recorderIn(folder: string, options: Partial<RecorderOptions> = {}): Recorder {
  return new Recorder({
    folder,
    fileBytesMax: 1e9,
    fileAgeMsMax: Infinity,
    secret: new Secret(key),
    clock: new JumpingClock(),
    logger: new LogLines(),
    ...options,
  });
}

/** Files of a folder in the order of their names, which is that of their times. */
async function filesOf(folder: string): Promise<string[]> {
  const files = await Array.fromAsync(Deno.readDir(folder), ({ name }) => `${folder}/${name}`);
  return files.sort();
}

async function textsOf(folder: string): Promise<string[]> {
  const texts: string[] = [];
  for (const path of await filesOf(folder)) {
    for await (const line of fileLines(path)) texts.push(recordedFrame(line.text).text);
  }
  return texts;
}

const frames = ['{"type":"ping"}', tradeText(entry()), "broken\nframe", "é\u2028 ✓"]
  .map((text, index) => ({ text, sequence: index + 1, receivedAtMs: 1_000_000 + index * 700 }));

Deno.test("A replay of a recording gives the same bytes at the same distances", () =>
  inFolder(async (folder) => {
    {
      await using recorder = recorderIn(folder);
      for (const frame of frames) await recorder.add(frame);
    }
    const [path = ""] = await filesOf(folder);
    const clock = new JumpingClock(5_000_000);
    const source = await openReplay({ path, clock, speed: 1, times: "recorded" });
    const got = await collect(source.frames(never));
    assert.deepEqual(got.map(({ text }) => text), frames.map(({ text }) => text));
    const [first = 0] = got.map(({ receivedAtMs }) => receivedAtMs);
    assert.deepEqual(got.map(({ receivedAtMs }) => receivedAtMs - first), [0, 700, 1_400, 2_100]);
  }));

Deno.test("No file holds the key, though the feed sends it back", () =>
  inFolder(async (folder) => {
    {
      await using recorder = recorderIn(folder);
      const text = `{"type":"error","msg":"token ${key} is in use"}`;
      await recorder.add({ text, sequence: 1, receivedAtMs: 1 });
    }
    assert.deepEqual(await textsOf(folder), [
      `{"type":"error","msg":"token [secret] is in use"}`,
    ]);
  }));

Deno.test("A recording continues in a new file by size", () =>
  inFolder(async (folder) => {
    const logger = new LogLines();
    {
      await using recorder = recorderIn(folder, { fileBytesMax: 1, logger });
      for (const frame of frames) {
        await recorder.add(frame);
        await recorder.flush();
      }
    }
    assert.equal((await filesOf(folder)).length, frames.length);
    assert.deepEqual(await textsOf(folder), frames.map(({ text }) => text));
    assert.equal(logger.lines.filter(({ message }) => message === "Recorded").length, 4);
  }));

Deno.test("A recorder that cannot write says so", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/file`, "");
    const recorder = recorderIn(`${folder}/file/below`);
    await recorder.add({ text: "a", sequence: 1, receivedAtMs: 1 });
    await assert.rejects(recorder.flush(), { code: "STORE_UNAVAILABLE", message: /writable/ });
  }));

Deno.test("record writes what a feed sends, and a kill costs no more than the last seconds", () =>
  inFolder(async (folder) => {
    const texts = Array.from({ length: 300 }, (_, p) => tradeText(entry({ p })));
    await using feed = new PatientFeed(texts);
    const env = { FINHUB_API_URL: feed.url, FINHUB_SECRET_KEY: key, FINHUB_SYMBOLS: "AAPL" };
    await using recording = new Program("record", { args: ["--out", folder], env });
    await recording.line("Recording");
    await seconds(4);
    await recording.kill();
    assert.deepEqual(await textsOf(folder), texts);
    for (const path of await filesOf(folder)) {
      assert.ok(!new TextDecoder("latin1").decode(await Deno.readFile(path)).includes(key));
    }
    assert.ok(!JSON.stringify(recording.log).includes(key));
  }));
