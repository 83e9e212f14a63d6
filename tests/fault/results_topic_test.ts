/**
 * `RESULTS=topic`: a processor without Cassandra is killed again and again. Whoever reads what is
 * committed must see each change of a window once, in order, and end with the right windows.
 */
import assert from "node:assert/strict";
import avro from "avsc";
import { Buffer } from "node:buffer";
import { seededRandom } from "../../src/base/random.ts";
import { resultsTopic } from "../../src/market/job.ts";
import { readAll } from "../contract/log_harness.ts";
import { connectTestKafka, kafkaBrokers } from "../support/kafka_harness.ts";
import { eightSymbols, type MarketRun, marketRun } from "../support/market_run.ts";
import { candlesOf, type PlainCandle } from "../support/plain_candles.ts";
import { committedBy } from "../support/process_instance.ts";
import { firstCommit } from "../support/process_start.ts";
import { tradesOf, writeRecording } from "../support/recordings.ts";

const ignore = kafkaBrokers().length === 0;
const partitions = 2;
const kills = 3;
const msMax = 60_000;
/** Nothing listens there. */
const noCassandra = { CASSANDRA_HOST: "127.0.0.1", CASSANDRA_PORT: "1" };

/** A record of the topic, by the names of its schema. */
interface Published {
  readonly symbol: string;
  readonly window_start: number;
  readonly window_end: number;
  readonly trade_count: number;
  readonly price_volume_multiply: number;
  readonly write_time: number;
  readonly [column: string]: unknown;
}

/** As a reader in another language would: with the registry's schema, whatever we call things. */
async function published({ pipeline, services }: MarketRun): Promise<Published[]> {
  const topic = resultsTopic(pipeline.application);
  const registry = services.environment["SCHEMA_REGISTRY_URL"];
  const { schema } = await (await fetch(`${registry}/subjects/${topic}-value/versions/latest`))
    .json();
  const type = avro.Type.forSchema(JSON.parse(schema));
  await using kafka = connectTestKafka();
  const read = (partition: number) => readAll(kafka.log(), { topic, partition });
  const records = await Promise.all(Array.from({ length: partitions }, (_, p) => read(p)));
  return records.flat().map(({ key, value, headers }) => {
    const row: Published = type.fromBuffer(Buffer.from(value ?? []).subarray(5));
    const { symbol, window_start, window_end } = row;
    const text = (bytes: Uint8Array | null | undefined) =>
      new TextDecoder().decode(bytes ?? undefined);
    assert.deepEqual(JSON.parse(text(key)), [symbol, window_start, window_end]);
    assert.equal(text(headers["window-start"]), String(window_start));
    return row;
  });
}

function candleOf(row: Published): PlainCandle {
  const { window_start: startMs, window_end: endMs, trade_count: count } = row;
  const { price_volume_multiply: priceVolumeMultiply, ...columns } = row;
  const { symbol, open, high, low, close, volume, vwap, final } = columns;
  return {
    ...{ kind: "window", symbol, sizeMs: endMs - startMs, startMs, endMs, open, high, low, close },
    ...{ volume, count, priceVolumeMultiply, vwap, final },
  } as PlainCandle;
}

Deno.test({
  name: `the results topic shows each change once after ${kills} kills, without Cassandra`,
  ignore,
  async fn() {
    const settings = { ...noCassandra, RESULTS: "topic" };
    await using run = await marketRun(
      (folder) =>
        writeRecording(`${folder}/frames.jsonl`, { frames: 2_000, seed: 8, symbols: eightSymbols }),
      { partitions, settings },
    );
    const { pipeline, recording } = run;
    await pipeline.provision();
    const instance = pipeline.instance();
    instance.start();
    await pipeline.produce(60);
    const random = seededRandom(9);
    for (let kill = 0; kill < kills; kill++) {
      await firstCommit(instance, msMax);
      await new Promise((resolve) => setTimeout(resolve, random.next() * 1_500));
      await instance.program?.kill();
      instance.start();
    }
    assert.equal(await committedBy([instance], recording.trades, msMax), recording.trades);
    assert.equal(await instance.program?.stop(), 0);

    const latest = new Map<string, Published>();
    for (const row of await published(run)) {
      const key = `${row.symbol} ${row.window_end - row.window_start} ${row.window_start}`;
      const before = latest.get(key)?.write_time ?? 0;
      assert.ok(row.write_time > before, `${key}: ${row.write_time} after ${before}`);
      latest.set(key, row);
    }
    const lines = (await Deno.readTextFile(recording.path)).trimEnd().split("\n");
    const actual = [...latest].map(([key, row]) => [key, candleOf(row)] as const);
    assert.deepEqual(
      new Map(actual.sort()),
      new Map([...candlesOf(tradesOf(lines), 60_000)].sort()),
    );
  },
});
