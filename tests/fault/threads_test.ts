/**
 * One processor with two threads, over four partitions of real Kafka: killed and started again,
 * asked and watched for the symbols of both, its results compared with an independent computation,
 * and ended by SIGTERM; an error that stops one thread ends the process.
 */
import assert from "node:assert/strict";
import { connectTestKafka, kafkaBrokers } from "../support/kafka_harness.ts";
import {
  assertResults,
  eightSymbols,
  type MarketRun,
  marketRun,
  runPartitions,
} from "../support/market_run.ts";
import { committedBy, type ProcessInstance } from "../support/process_instance.ts";
import { writeRecording } from "../support/recordings.ts";

const ignore = kafkaBrokers().length === 0;
const msMax = 180_000;
const threads = { PROCESS_THREADS: "2" };

async function startRun(): Promise<MarketRun> {
  return await marketRun((folder) =>
    writeRecording(`${folder}/frames.jsonl`, { frames: 4_000, seed: 7, symbols: eightSymbols })
  );
}

async function ask(instance: ProcessInstance, path: string): Promise<Response> {
  return await fetch(`${await instance.url()}${path}`);
}

/** Which thread said of each task that it runs. */
function threadsOf(instance: ProcessInstance): Map<string, unknown> {
  const log = instance.program?.log ?? [];
  return new Map(
    log.filter(({ message }) => message === "task is running")
      .map(({ task, thread }) => [String(task), thread]),
  );
}

/** The symbols whose rows the stream brings, until there are as many as there should be. */
async function streamed(instance: ProcessInstance, symbols: number): Promise<Set<string>> {
  const stop = new AbortController();
  const query = eightSymbols.map((symbol) => `row=${encodeURIComponent(symbol)}`).join("&");
  const response = await fetch(`${await instance.url()}/api/stream?${query}`, {
    signal: AbortSignal.any([stop.signal, AbortSignal.timeout(msMax)]),
  });
  const seen = new Set<string>();
  let rest = "";
  const decoder = new TextDecoder();
  for await (const bytes of response.body ?? []) {
    const text = decoder.decode(bytes, { stream: true });
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines.filter((line) => line.includes("price"))) {
      for (const [, symbol] of line.matchAll(/"symbol":"([^"]+)"/g)) seen.add(String(symbol));
    }
    if (seen.size >= symbols) break;
  }
  stop.abort();
  return seen;
}

function counter(metrics: string, name: string): number {
  return Number(new RegExp(`^${name} (\\d+)$`, "m").exec(metrics)?.[1]);
}

Deno.test({
  name: "two threads of a process give every result, after kill -9 as well, and end in order",
  ignore,
  async fn() {
    await using run = await startRun();
    const { pipeline, recording } = run;
    await pipeline.provision();
    const instance = pipeline.instance("", 0, threads);
    instance.start();
    await instance.program?.line("joined the group");
    await pipeline.produce(200);
    await committedBy([instance], 100, msMax);
    await instance.program?.kill();
    instance.start();
    const watched = streamed(instance, eightSymbols.length);
    assert.equal(await committedBy([instance], recording.trades, msMax), recording.trades);
    assert.deepEqual([...await watched].sort(), eightSymbols.toSorted());

    const homes = threadsOf(instance);
    assert.equal(homes.size, runPartitions);
    for (const thread of [0, 1]) {
      assert.equal([...homes.values()].filter((home) => home === thread).length, 2);
    }
    assert.equal((await instance.readiness()).status, 200);
    for (const symbol of eightSymbols) {
      const path = `/api/candles?resolution=15s&symbol=${encodeURIComponent(symbol)}`;
      const answer = await (await ask(instance, path)).json();
      assert.ok(answer.candles.length > 0, symbol);
      assert.equal(answer.parts[0].from, "state", symbol);
    }
    const { symbols, missing_partitions } = await (await ask(instance, "/api/symbols")).json();
    assert.deepEqual(symbols.map((one: { symbol: string }) => one.symbol), eightSymbols.toSorted());
    assert.deepEqual(missing_partitions, []);
    const metrics = await instance.metrics();
    assert.ok(counter(metrics, "sink_rows_total") > 0);
    assert.ok(counter(metrics, "stream_records_read_total") > 0);
    for (let partition = 0; partition < runPartitions; partition++) {
      assert.match(metrics, new RegExp(`stream_task_state{[^}]*partition="${partition}"[^}]*} 1`));
    }

    const startedMs = performance.now();
    assert.equal(await instance.program?.stop(), 0);
    assert.ok(performance.now() - startedMs < 10_000, "within ten seconds");
    await assertResults(run);
  },
});

Deno.test({
  name: "what stops one thread ends the process with its message, and the others in order",
  ignore,
  async fn() {
    await using run = await startRun();
    const { pipeline } = run;
    await pipeline.provision();
    const instance = pipeline.instance("", 0, threads);
    const program = instance.start();
    await program.line("joined the group");
    await using kafka = connectTestKafka();
    await kafka.addPartitions(pipeline.topic, runPartitions + 1);
    assert.equal(await program.ended(), 1);
    const last = program.log.at(-1);
    assert.equal(last?.["code"], "PARTITIONS_CHANGED");
    assert.ok(program.log.every(({ level, code }) => level !== "error" || code === last?.["code"]));
  },
});
