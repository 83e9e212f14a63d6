/**
 * The original's producer writes records without a key, several symbols in one, into any partition.
 * The processor is switched first, the producer later, and both processors are killed meanwhile:
 * the windows must be those of records with their key.
 */
import assert from "node:assert/strict";
import { seededRandom } from "../../src/base/random.ts";
import { fileLines } from "../../src/feed/file_lines.ts";
import { parseFrame } from "../../src/feed/parse_frame.ts";
import type { Trade } from "../../src/market/trade.ts";
import { HttpSchemaRegistry } from "../../src/registry/registry_client.ts";
import { AvroTradeCodec } from "../../src/registry/trade_codec.ts";
import { systemClock } from "../../src/base/clock.ts";
import type { OutputRecord } from "../../src/streams/record.ts";
import { encodeText } from "../../src/streams/text.ts";
import { connectTestKafka, kafkaBrokers } from "../support/kafka_harness.ts";
import { eightSymbols, type MarketRun, marketRun, runPartitions } from "../support/market_run.ts";
import { committedBy, ProcessInstance } from "../support/process_instance.ts";
import { recompute } from "../support/recompute.ts";
import { type Recording, writeRecording } from "../support/recordings.ts";
import { say } from "../support/say.ts";

const ignore = kafkaBrokers().length === 0;
const seed = 5;
const kills = 4;
/** Partitions are read at paces of their own, so nothing may be late. */
const graceMs = 3_600_000;
const catchUpMsMax = 120_000;

async function tradesOf(path: string): Promise<(readonly Trade[])[]> {
  const frames: (readonly Trade[])[] = [];
  for await (const line of fileLines(path)) {
    const frame = parseFrame(line.text);
    if (frame.kind === "trades") frames.push(frame.trades);
  }
  return frames;
}

type Placed = Pick<OutputRecord, "key" | "value" | "partition">;

/** A record as the original's producer writes it: a frame, without a key, anywhere. */
function keyless(
  trades: readonly Trade[],
  codec: AvroTradeCodec,
  partition: number,
): Placed[] {
  return [{ key: null, value: codec.encode(trades), partition }];
}

function keyed(trades: readonly Trade[], codec: AvroTradeCodec): Placed[] {
  return [...Map.groupBy(trades, ({ symbol }) => symbol)].map(([symbol, own]) => ({
    key: encodeText(symbol),
    value: codec.encode(own),
  }));
}

async function writeInput(
  { pipeline, recording, services }: MarketRun,
): Promise<() => Promise<void>> {
  const { topic } = pipeline;
  const url = services.environment["SCHEMA_REGISTRY_URL"] ?? "";
  const registry = new HttpSchemaRegistry({ url, clock: systemClock });
  const codec = await AvroTradeCodec.create({ registry, topic });
  const random = seededRandom(seed);
  const frames = await tradesOf(recording.path);
  const half = Math.floor(frames.length / 2);
  const records: OutputRecord[] = frames.flatMap((trades, i) =>
    i < half
      ? keyless(trades, codec, Math.floor(random.next() * runPartitions))
      : keyed(trades, codec)
  ).map((record) => ({ topic, timestampMs: Date.now(), ...record }));
  const portion = Math.ceil(records.length / (kills + 1));
  let written = 0;
  return async () => {
    await using kafka = connectTestKafka();
    await using appender = kafka.appender();
    await appender.append(records.slice(written, written + portion));
    written += portion;
  };
}

/** Gives each trade of a symbol a time of its own: of two at once, chance decides which is first. */
async function separateTimes(recording: Recording): Promise<void> {
  const taken = new Set<string>();
  const frames = (await Deno.readTextFile(recording.path)).trimEnd().split("\n");
  const lines = frames.map((text) => {
    const frame = JSON.parse(text);
    for (const trade of frame.data ?? []) {
      while (taken.has(`${trade.s} ${trade.t}`)) trade.t += 1;
      taken.add(`${trade.s} ${trade.t}`);
    }
    return JSON.stringify(frame);
  });
  await Deno.writeTextFile(recording.path, `${lines.join("\n")}\n`);
}

Deno.test({
  name: "records without key, and then with one, give the same windows, over kills",
  ignore,
  async fn() {
    await using run = await marketRun((folder) =>
      writeRecording(`${folder}/frames.jsonl`, { frames: 4_000, seed, symbols: eightSymbols })
    );
    const { pipeline, recording, services } = run;
    await separateTimes(recording);
    await pipeline.provision();
    const instances = ["one", "two"].map((name) =>
      new ProcessInstance({
        ...pipeline.environment,
        STATE_DIR: `${run.folder}/${name}`,
        WINDOW_GRACE_MS: String(graceMs),
      })
    );
    await using closing = new AsyncDisposableStack();
    for (const instance of instances) closing.use(instance);
    for (const instance of instances) instance.start();
    const writeMore = await writeInput(run);
    const random = seededRandom(seed);
    for (let kill = 0; kill < kills; kill++) {
      await writeMore();
      await new Promise((resolve) => setTimeout(resolve, 500 + random.next() * 2_000));
      const instance = instances[kill % 2] as ProcessInstance;
      await instance.program?.kill();
      instance.start();
    }
    await writeMore();
    const read = await committedBy(instances, recording.trades, catchUpMsMax);
    assert.equal(read, recording.trades);
    const tasks = (await Promise.all(instances.map((instance) => instance.tasks()))).flat();
    const rekeyed = tasks.reduce((sum, { counts }) => sum + counts.rekeyed, 0);
    say(`${read} trades, ${rekeyed} of them came without a key`);
    assert.ok(rekeyed > recording.trades / 3);
    assert.equal(tasks.reduce((sum, { counts }) => sum + counts.late, 0), 0);
    for (const instance of instances) assert.equal(await instance.program?.stop(), 0);
    const { equal, report } = await recompute([
      ...["--frames", recording.path, "--grace-ms", String(graceMs)],
      ...["--keyspace", pipeline.keyspace],
      ...["--cassandra", `${services.cassandraHost}:${services.cassandraPort}`],
    ]);
    assert.ok(equal, report);
    say(report);
  },
});
