/**
 * Two real instances of `process`, one of them with two threads, that share a token: whichever is asked, there is an answer for
 * every symbol, and the instances ask each other without showing the token.
 */
import assert from "node:assert/strict";
import type { CandleJson } from "../../src/http/wire.ts";
import { candlesPath, expectedCandles, walkCandles } from "../support/candle_walk.ts";
import { freePort } from "../support/free_port.ts";
import { eightSymbols, marketRun, runPartitions } from "../support/market_run.ts";
import { committedBy, type ProcessInstance } from "../support/process_instance.ts";
import { makeFrames, tradesOf, twoDays, writeRecording } from "../support/recordings.ts";
import { until } from "../support/until.ts";

const msMax = 60_000;

/** Eight symbols over two days; the state keeps an hour. */
const frames = { ...twoDays, symbols: eightSymbols };
const settings = { WINDOW_RETENTION_MS: "3600000" };
const graceMs = 60_000;

async function ask(instance: ProcessInstance, path: string): Promise<Response> {
  return await fetch(`${await instance.url()}${path}`, { headers: await instance.headers() });
}

/** Walks through everything; gives the places that answered. */
async function assertEverything(
  instance: ProcessInstance,
  expected: ReadonlyMap<string, readonly CandleJson[]>,
): Promise<Set<string>> {
  const seen = new Set<string>();
  for (const [path, candles] of expected) {
    const walked = await walkCandles((next) => ask(instance, next), `${path}&limit=499`);
    assert.deepEqual(walked.candles, candles, path);
    for (const place of walked.places) seen.add(place);
  }
  return seen;
}

/** Where the newest candle of a symbol comes from; `undefined` while the instance does not answer. */
async function newestFrom(
  instance: ProcessInstance,
  symbol: string,
  query = "",
): Promise<string | undefined> {
  const response = await ask(instance, `${candlesPath(symbol, 15_000)}&limit=1${query}`);
  assert.equal(response.status, 200);
  return (await response.json()).parts[0]?.from;
}

interface SymbolsAnswer {
  readonly symbols: readonly { readonly symbol: string; readonly partition: number }[];
  readonly missing_partitions: readonly number[];
}

async function askSymbols(instance: ProcessInstance): Promise<SymbolsAnswer> {
  const response = await ask(instance, "/api/symbols");
  assert.equal(response.status, 200);
  return await response.json();
}

function namesOf({ symbols }: SymbolsAnswer): string[] {
  return symbols.map(({ symbol }) => symbol);
}

async function ownedBy(instance: ProcessInstance): Promise<number> {
  return (await instance.tasks()).filter(({ state }) => state === "running").length;
}

/** Where only the other instances reach an instance that listens everywhere. */
function everywhere(port: number): Readonly<Record<string, string>> {
  return { HTTP_HOST: "0.0.0.0", HTTP_PEER_URL: `http://127.0.0.1:${port}` };
}

Deno.test("any instance gives every window of two days in one walk, also when the owner is killed", async () => {
  const folderOf = (folder: string) => writeRecording(`${folder}/frames.jsonl`, frames);
  const tokenFile = await Deno.makeTempFile({ prefix: "market-token-" });
  await Deno.writeTextFile(tokenFile, crypto.randomUUID());
  await using run = await marketRun(folderOf, {
    settings: { ...settings, HTTP_TOKEN_FILE: tokenFile },
  });
  const { pipeline, recording: { symbols, trades } } = run;
  const expected = expectedCandles(tradesOf(makeFrames(frames).lines), graceMs);
  await pipeline.provision();
  const port = freePort();
  const first = pipeline.instance("-1", 0, { PROCESS_THREADS: "2" });
  const second = pipeline.instance("-2", port, everywhere(port));
  first.start();
  second.start();
  const half = runPartitions / 2;
  const isShared = async () => await ownedBy(first) === half && await ownedBy(second) === half;
  await until(isShared, {
    what: async () => `halves of the partitions: ${await first.state()} ${await second.state()}`,
    msMax,
  });
  await pipeline.produce();
  await committedBy([first, second], trades, msMax);

  const ofSecond: string[] = [];
  for (const symbol of symbols) {
    const places = [await newestFrom(first, symbol), await newestFrom(second, symbol)];
    assert.deepEqual(places.toSorted(), ["owner", "state"], symbol);
    if (places[0] === "owner") ofSecond.push(symbol);
  }
  assert.ok(ofSecond.length > 0 && ofSecond.length < symbols.length, "each owns some");
  for (const instance of [first, second]) {
    const places = await assertEverything(instance, expected);
    assert.deepEqual(places, new Set(["state", "owner", "cassandra"]));
  }

  const all = await askSymbols(first);
  assert.deepEqual(namesOf(all), symbols.toSorted());
  assert.deepEqual(await askSymbols(second), all);
  assert.deepEqual(all.missing_partitions, []);

  const [symbol = ""] = ofSecond;
  assert.equal(await newestFrom(first, symbol, "&scope=local"), "cassandra");
  const tradesPath = `/api/trades?${new URLSearchParams({ symbol })}`;
  assert.equal((await (await ask(first, tradesPath)).json()).from, "cassandra");
  const unknown = await ask(first, "/api/candles?symbol=NOBODY");
  assert.equal(unknown.status, 404);
  await unknown.body?.cancel();

  await second.program?.kill();
  assert.deepEqual(await assertEverything(first, expected), new Set(["state", "cassandra"]));
  const some = await askSymbols(first);
  const lost = all.symbols.filter(({ symbol }) => ofSecond.includes(symbol));
  if (await ownedBy(first) === half) {
    assert.deepEqual(namesOf(some), symbols.filter((symbol) => !ofSecond.includes(symbol)).sort());
    assert.deepEqual(new Set(some.missing_partitions), new Set(lost.map((one) => one.partition)));
  }
  const isAlone = async () => await ownedBy(first) === runPartitions;
  await until(isAlone, {
    what: async () => `every partition with the other one: ${await first.state()}`,
    msMax,
  });
  for (const symbol of symbols) assert.equal(await newestFrom(first, symbol), "state");
  await assertEverything(first, expected);
  assert.deepEqual(await askSymbols(first), all);
  assert.equal(await first.program?.stop(), 0);
  await Deno.remove(tokenFile);
});
