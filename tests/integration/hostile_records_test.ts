/** Field reports, on the program itself: each of these records stopped its task, at every start. */
import assert from "node:assert/strict";
import type { Trade } from "../../src/market/trade.ts";
import { recordsPerBatchMax } from "../../src/kafka/read/batch_decoder.ts";
import { unpackedBytesMax } from "../../src/kafka/wire/unpacked_bytes.ts";
import { HttpSchemaRegistry } from "../../src/registry/registry_client.ts";
import { AvroTradeCodec } from "../../src/registry/trade_codec.ts";
import type { OutputRecord } from "../../src/streams/record.ts";
import { encodeText } from "../../src/streams/text.ts";
import { produceBatches } from "../support/foreign_batches.ts";
import { javaBatches } from "../support/java_batches.ts";
import { connectTestKafka, kafkaBrokers } from "../support/kafka_harness.ts";
import { anonymous, packed } from "../support/packed_batches.ts";
import { type MarketRun, marketRun } from "../support/market_run.ts";
import type { ProcessInstance } from "../support/process_instance.ts";
import { writeRecording } from "../support/recordings.ts";
import { tradeWith } from "../support/trade_codecs.ts";
import { until } from "../support/until.ts";

const ignore = kafkaBrokers().length === 0;
const partition = 0;

/** What is in a record of a foreign writer. */
type Foreign = Pick<OutputRecord, "key" | "value"> & Partial<OutputRecord>;

function hostileRecords(codec: AvroTradeCodec): Foreign[] {
  const of = (key: string | null, ...trades: Partial<Trade>[]): Foreign => ({
    key: key === null ? null : encodeText(key),
    value: codec.encode(trades.map((fields) => tradeOf(fields))).slice(),
  });
  const sound = of("AAPL", {});
  return [
    of("A".repeat(70_000), { symbol: "A".repeat(70_000) }),
    of(null, { symbol: "A".repeat(129) }),
    of("\uFEFFAAPL", { symbol: "\uFEFFAAPL" }),
    of("AAPL", { price: 1e308, volume: 1e308 }, { price: -1e308, volume: 1e308 }),
    of("AAPL"),
    { ...sound, value: null },
    { ...sound, value: new Uint8Array(100_000).fill(0xff) },
    { ...sound, value: sound.value?.subarray(0, -3) ?? null },
    { ...sound, value: Uint8Array.of(0, 0, 0, 0x77, 0x77, 1) },
    of("AAPL", { eventTimeMs: Date.now() + 3 * 3_600_000 }),
    { ...of("AAPL", { symbol: "" }), timestampMs: Date.now() + 2 * 3_600_000 },
    { ...of("AAPL", { symbol: "" }), headers: { "producer-id": new Uint8Array(300) } },
  ];
}

function tradeOf(fields: Partial<Trade>): Trade {
  return tradeWith({ symbol: "AAPL", price: 100, volume: 1, eventTimeMs: Date.now(), ...fields });
}

/** Writes every hostile record and batch, and a good record behind each; gives the good ones. */
async function attack({ pipeline, services }: MarketRun): Promise<number> {
  const { topic } = pipeline;
  const registry = new HttpSchemaRegistry({ url: services.registryUrl });
  const codec = await AvroTradeCodec.create({ registry, topic });
  await using kafka = connectTestKafka();
  await using appender = kafka.appender();
  let good = 0;
  const append = async (record: Foreign) => {
    await appender.append([{ topic, partition, timestampMs: Date.now(), ...record }]);
  };
  const goodBehind = async () => {
    await append({ key: encodeText("AAPL"), value: codec.encode([tradeOf({})]) });
    good++;
  };
  for (const record of hostileRecords(codec)) {
    await append(record);
    await goodBehind();
  }
  const zeros = new Uint8Array(unpackedBytesMax);
  const nulls = new Array<null>(recordsPerBatchMax + 1).fill(null);
  const batches = [
    anonymous(javaBatches.snappy()),
    anonymous(javaBatches.lz4()),
    packed("zstd", [zeros]),
    packed("lz4", [zeros]),
    packed("lz4", nulls),
  ];
  for (const batch of batches) {
    await produceBatches({ topic, partition }, [batch]);
    await goodBehind();
  }
  return good;
}

/** Trades of AAPL in the candles that a processor shows. */
async function counted(instance: ProcessInstance): Promise<number> {
  const url = new URL("/api/candles?symbol=AAPL&resolution=1d", await instance.url());
  const { candles = [] } = await (await fetch(url)).json();
  return candles.reduce((sum: number, { count }: { readonly count: number }) => sum + count, 0);
}

/** What became dead letters since it started, by cause. */
async function deadLetters(instance: ProcessInstance): Promise<Record<string, number>> {
  const found = (await instance.metrics()).matchAll(
    /^stream_dead_letters_total\{cause="([\w-]+)"\} ([1-9]\d*)$/gm,
  );
  return Object.fromEntries([...found].map(([, cause, count]) => [cause ?? "", Number(count)]));
}

Deno.test({
  name: "process counts every good trade behind a hostile record, and again after a restart",
  ignore,
  async fn() {
    await using run = await marketRun(
      (folder) =>
        writeRecording(`${folder}/frames.jsonl`, { frames: 1, seed: 1, symbols: ["AAPL"] }),
      { partitions: 1 },
    );
    const { pipeline } = run;
    await pipeline.provision();
    const instance = pipeline.instance();
    let good = 0;
    for (let start = 0; start < 2; start++) {
      instance.start();
      good += await attack(run);
      const what = async () =>
        `${good} trades: ${await counted(instance)} ${await instance.state()}`;
      await until(async () => await counted(instance) === good, { what, msMax: 90_000 });
      const [task] = await instance.tasks();
      assert.equal(task?.state, "running", task?.problem ?? "");
      assert.deepEqual(await deadLetters(instance), {
        malformed: 3 + 2 * 20, // what the foreign codecs hold are no trades
        "unreadable-batch": 3,
        "schema-unknown": 1,
        "impossible-value": 7,
        "far-future": 1,
        empty: 1,
      });
      assert.equal(await instance.program?.stop(), 0);
    }
  },
});
