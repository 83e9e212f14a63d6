/** Two real instances of `process`: whichever is asked, there is an answer for every symbol. */
import assert from "node:assert/strict";
import { eightSymbols, marketRun, runPartitions } from "../support/market_run.ts";
import { committedBy, type ProcessInstance } from "../support/process_instance.ts";
import { freePort } from "../support/free_port.ts";
import { writeRecording } from "../support/recordings.ts";
import { until } from "../support/until.ts";

const msMax = 60_000;

interface Answer {
  readonly url: string;
  readonly redirected: boolean;
  readonly from: string;
  readonly candles: readonly unknown[];
}

async function ask(instance: ProcessInstance, path: string): Promise<Answer> {
  const response = await fetch(`${await instance.url()}${path}`);
  assert.equal(response.status, 200, path);
  const { from, candles } = await response.json();
  return { url: response.url, redirected: response.redirected, from, candles };
}

function askCandles(instance: ProcessInstance, symbol: string, query = ""): Promise<Answer> {
  return ask(instance, `/api/candles/${encodeURIComponent(symbol)}?limit=5000${query}`);
}

interface SymbolsAnswer {
  readonly symbols: readonly { readonly symbol: string; readonly partition: number }[];
  readonly missing_partitions: readonly number[];
}

async function askSymbols(instance: ProcessInstance): Promise<SymbolsAnswer> {
  const response = await fetch(`${await instance.url()}/api/symbols`);
  assert.equal(response.status, 200);
  return await response.json();
}

function namesOf({ symbols }: SymbolsAnswer): string[] {
  return symbols.map(({ symbol }) => symbol);
}

async function ownedBy(instance: ProcessInstance): Promise<number> {
  return (await instance.tasks()).filter(({ state }) => state === "running").length;
}

Deno.test("any instance answers for every symbol, also when the owner is killed", async () => {
  await using run = await marketRun((folder) =>
    writeRecording(`${folder}/frames.jsonl`, { frames: 2_000, seed: 6, symbols: eightSymbols })
  );
  const { pipeline, recording: { symbols, trades } } = run;
  await pipeline.provision();
  const [first, second] = [pipeline.instance("-1"), pipeline.instance("-2")];
  first.start();
  second.start();
  const half = runPartitions / 2;
  const isShared = async () => await ownedBy(first) === half && await ownedBy(second) === half;
  await until(isShared, { what: "both have half of the partitions", msMax });
  await pipeline.produce();
  await committedBy([first, second], trades, msMax);

  const ofSecond = new Map<string, readonly unknown[]>();
  for (const symbol of symbols) {
    const [one, other] = await Promise.all([askCandles(first, symbol), askCandles(second, symbol)]);
    assert.deepEqual([one.from, other.from], ["state", "state"], symbol);
    assert.notEqual(one.redirected, other.redirected, symbol);
    assert.deepEqual(one.candles, other.candles);
    assert.ok(one.candles.length > 0, symbol);
    if (one.redirected) ofSecond.set(symbol, one.candles);
  }
  assert.ok(ofSecond.size > 0 && ofSecond.size < symbols.length, "each owns some");

  const all = await askSymbols(first);
  assert.deepEqual(namesOf(all), symbols.toSorted());
  assert.deepEqual(await askSymbols(second), all);
  assert.deepEqual(all.missing_partitions, []);

  const [[symbol = "", expected] = []] = ofSecond;
  const kept = await askCandles(first, symbol, "&redirect=false");
  assert.deepEqual([kept.from, kept.redirected], ["cassandra", false]);
  assert.deepEqual(kept.candles, expected);
  const minutes = await askCandles(second, symbol, "&resolution=1m");
  assert.equal(minutes.from, "state");
  const keptMinutes = await askCandles(first, symbol, "&resolution=1m&redirect=false");
  assert.deepEqual([keptMinutes.from, keptMinutes.candles], ["cassandra", minutes.candles]);
  assert.ok(minutes.candles.length > 1);
  assert.equal((await ask(first, `/api/trades/${encodeURIComponent(symbol)}`)).from, "cassandra");
  const unknown = await fetch(`${await first.url()}/api/candles/NOBODY`);
  assert.equal(unknown.status, 404);
  await unknown.body?.cancel();

  await second.program?.kill();
  const isKept = async () => (await askCandlesIfReached(first, symbol))?.from === "cassandra";
  await until(isKept, { what: "the dead owner is known to be gone", msMax });
  const some = await askSymbols(first);
  assert.deepEqual(namesOf(some), symbols.filter((symbol) => !ofSecond.has(symbol)).sort());
  const lost = all.symbols.filter(({ symbol }) => ofSecond.has(symbol));
  assert.deepEqual(new Set(some.missing_partitions), new Set(lost.map((one) => one.partition)));
  for (const [symbol, expected] of ofSecond) {
    const { from, candles } = await askCandles(first, symbol);
    assert.ok(from === "cassandra" || from === "state", from);
    assert.deepEqual(candles, expected, symbol);
  }
  const isAlone = async () => await ownedBy(first) === runPartitions;
  await until(isAlone, { what: "the other one has every partition", msMax });
  for (const [symbol, expected] of ofSecond) {
    const { from, redirected, candles } = await askCandles(first, symbol);
    assert.deepEqual([from, redirected], ["state", false]);
    assert.deepEqual(candles, expected, symbol);
  }
  assert.deepEqual(await askSymbols(first), all);
  assert.equal(await first.program?.stop(), 0);
});

/** Where only the other instances reach an instance that listens everywhere. */
function everywhere(port: number): Readonly<Record<string, string>> {
  return { HTTP_HOST: "0.0.0.0", HTTP_PEER_URL: `http://127.0.0.1:${port}` };
}

Deno.test("instances that listen everywhere answer for each other, and send nobody away", async () => {
  await using run = await marketRun((folder) =>
    writeRecording(`${folder}/frames.jsonl`, { frames: 500, seed: 7, symbols: eightSymbols })
  );
  const { pipeline, recording: { symbols, trades } } = run;
  await pipeline.provision();
  const instances = ["-1", "-2"].map((folder) => {
    const port = freePort();
    return pipeline.instance(folder, port, everywhere(port));
  });
  for (const instance of instances) instance.start();
  const isShared = async () => {
    const owned = await Promise.all(instances.map(ownedBy));
    return owned.every((count) => count === runPartitions / 2);
  };
  await until(isShared, { what: "both have half of the partitions", msMax });
  await pipeline.produce();
  await committedBy(instances, trades, msMax);

  for (const symbol of symbols) {
    const answers = await Promise.all(instances.map((instance) => askCandles(instance, symbol)));
    const [one, other] = answers;
    assert.deepEqual(answers.map(({ from }) => from).sort(), ["owner", "state"], symbol);
    assert.deepEqual(answers.map(({ redirected }) => redirected), [false, false], symbol);
    assert.ok(one !== undefined && one.candles.length > 0, symbol);
    assert.deepEqual(one.candles, other?.candles, symbol);
  }
  for (const instance of instances) {
    const all = await askSymbols(instance);
    assert.deepEqual([namesOf(all), all.missing_partitions], [symbols.toSorted(), []]);
  }
});

/** `undefined` while the instance still believes in an owner that has just died. */
async function askCandlesIfReached(
  instance: ProcessInstance,
  symbol: string,
): Promise<Answer | undefined> {
  try {
    return await askCandles(instance, symbol);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}
