/** `deno task state` on the folder of `start`: what it shows, resets and repartitions. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { programCommand } from "../../scripts/lib/program_command.ts";
import { Program } from "../support/program.ts";
import { expectedCandles, walkCandles } from "../support/candle_walk.ts";
import { makeFrames, tradesOf, twoDays, writeRecording } from "../support/recordings.ts";

/** With the permissions of its task. */
const task = programCommand("state");

/** What a command prints, which must end well. */
async function state(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", ...task.flags, task.entry, ...args],
    env: { ENV_FILE: "" },
  }).output();
  const out = new TextDecoder().decode(stdout);
  assert.equal(code, 0, out + new TextDecoder().decode(stderr));
  return out;
}

/** Runs `start` on a recording until everything is committed, and looks at its page then. */
async function replayed(
  data: string,
  recording: string,
  { settings = {}, look = () => Promise.resolve() }: {
    readonly settings?: Readonly<Record<string, string>>;
    readonly look?: (page: string) => Promise<void>;
  } = {},
): Promise<void> {
  const args = ["--data", data, "--replay", recording, "--speed", "max"];
  await using program = new Program("start", {
    args,
    env: { HTTP_PORT: "0", WINDOW_RETENTION_MS: "3600000", ...settings },
  });
  await program.line("The recording is at its end");
  const { message } = await program.line("Replaying");
  await look(/page +(\S+)/.exec(message)?.[1] ?? "");
  assert.equal(await program.stop(), 0);
}

/** Two days of trades are there in one walk, of which the state keeps an hour. */
async function assertTwoDays(page: string): Promise<void> {
  const places = new Set<string>();
  for (const [path, expected] of expectedCandles(tradesOf(makeFrames(twoDays).lines), 60_000)) {
    const walked = await walkCandles((next) => fetch(page + next), `${path}&limit=499`);
    assert.deepEqual(walked.candles, expected, path);
    for (const place of walked.places) places.add(place);
  }
  assert.deepEqual(places, new Set(["state", "sqlite"]));
}

/** Candles as they stand, by what is said of their times. */
function candles(data: string): { values: unknown[]; received: unknown[]; versions: number[] } {
  using database = new DatabaseSync(`${data}/results.db`, { readOnly: true });
  const rows = database
    .prepare("SELECT * FROM candles ORDER BY symbol, resolution, window_start").all()
    .map(({ version_us: version, ingest_timestamp: received, ...values }) => ({
      ...{ version: Number(version), received, values: { ...values } },
    }));
  return {
    values: rows.map(({ values }) => values),
    received: rows.map(({ received }) => received),
    versions: rows.map(({ version }) => version),
  };
}

/** The partitions that `ls` shows. */
async function partitionsOf(data: string): Promise<string[]> {
  const lines = (await state("ls", "--data", data)).trimEnd().split("\n").slice(1);
  return lines.map((line) => line.split(/ +/)[0] as string);
}

Deno.test("state looks into the folder of start, resets it, and what is made again wins", async () => {
  const folder = await Deno.makeTempDir({ prefix: "state-" });
  const data = `${folder}/the data`;
  const recording = await writeRecording(`${folder}/frames.jsonl`, twoDays);
  await replayed(data, recording.path, { look: assertTwoDays });
  const verified = await state("verify", "--data", data);
  assert.match(verified, /sound; \d+ rows, as the changelog has them/);
  assert.match(await state("scan", "--data", data, "--limit", "2"), /^AAPL +15s +2024-/m);
  const before = candles(data);
  const dry = await state("reset", "--data", data);
  assert.match(dry, /topic market-windows-changelog, 2 partitions/);
  assert.match(dry, /"deno task state reset --yes --data '.*the data'" does it/);
  assert.match(await state("verify", "--data", data), /sound; \d+ rows, as the changelog has them/);
  assert.match(await state("reset", "--yes", "--data", data), /begins at offset 0/);
  await replayed(data, recording.path);
  const { versions, ...rows } = candles(data);
  assert.deepEqual(rows, { values: before.values, received: before.received });
  assert.ok(versions.every((version, i) => version > (before.versions[i] as number)));
  await Deno.remove(folder, { recursive: true });
});

Deno.test("state repartition moves the state of start, and the rows are as if it had been so", async () => {
  const folder = await Deno.makeTempDir({ prefix: "state-" });
  const recording = await writeRecording(`${folder}/frames.jsonl`, { frames: 800, seed: 9 });
  const lines = (await Deno.readTextFile(recording.path)).trimEnd().split("\n");
  const half = `${folder}/half.jsonl`;
  const [moved, always] = [`${folder}/moved`, `${folder}/always`];
  await state("repartition", "5", "--yes", "--data", always);
  for (const part of [lines.slice(0, lines.length / 2), lines]) {
    await Deno.writeTextFile(half, part.join("\n") + "\n");
    // Another policy continues with the same state.
    const settings = { CONDITION_POLICY: part === lines ? "consolidated" : "all" };
    await replayed(moved, half, { settings });
    await replayed(always, half, { settings });
    if (part === lines) break;
    const dry = await state("repartition", "5", "--data", moved);
    assert.match(dry, /state: made for 2 partitions, then 5\nNothing was done/);
    const done = await state("repartition", "5", "--yes", "--data", moved);
    assert.match(done, /from 2 to 5 partitions; [1-9]\d* entries copied, [1-9]\d* deleted/);
  }
  assert.equal((await partitionsOf(moved)).length, 5);
  assert.deepEqual(candles(moved).values, candles(always).values);
  const verified = await state("verify", "--data", moved);
  assert.equal(verified.match(/sound; \d+ rows, as the changelog has them/g)?.length, 5);
  await Deno.remove(folder, { recursive: true });
});
