/**
 * The owner of a partition is killed under load and does not come back: how long it takes until
 * another instance commits, with a standby and without one, though its session would last 15 s.
 * Both happen at the same time, so each has half of the machine.
 *
 * `FAULT_WINDOWS` sets how many windows the state has.
 */
import assert from "node:assert/strict";
import { systemClock } from "../../src/base/clock.ts";
import { summaryWindowMs } from "../../src/market/tables.ts";
import { HttpSchemaRegistry } from "../../src/registry/registry_client.ts";
import { AvroTradeCodec } from "../../src/registry/trade_codec.ts";
import { encodeText } from "../../src/streams/text.ts";
import { connectTestKafka, kafkaBrokers } from "../support/kafka_harness.ts";
import { eightSymbols, type MarketRun, marketRun } from "../support/market_run.ts";
import { committedBy, type ProcessInstance } from "../support/process_instance.ts";
import type { LogEntry } from "../support/program.ts";
import { recordingStartMs, writeRecording } from "../support/recordings.ts";
import { say } from "../support/say.ts";
import { until } from "../support/until.ts";

const ignore = kafkaBrokers().length === 0;
const windows = Number((ignore ? undefined : Deno.env.get("FAULT_WINDOWS")) ?? 20_000);
/** Symbols of the windows; each has as many as the others. */
const symbolCount = 64;
const tradesPerRecord = 500;
const fillMsMax = 300_000;
/** Opening or restoring, ms. */
const takeOverMsMax = 90_000;
/** What the others may take to notice, ms: far less than the session of the one that is dead. */
const noticeMsMax = 5_000;
/** What a standby may take from then to its first commit, ms. */
const standbyMsMax = 5_000;

/** Appends trades of the time before the recording, one in each window. */
async function fill({ pipeline, services }: MarketRun): Promise<number> {
  const registry = new HttpSchemaRegistry({ url: services.registryUrl });
  const codec = await AvroTradeCodec.create({
    registry,
    topic: pipeline.topic,
    clock: systemClock,
  });
  await using kafka = connectTestKafka();
  await using appender = kafka.appender();
  const perSymbol = Math.ceil(windows / symbolCount);
  const startMs = recordingStartMs - perSymbol * summaryWindowMs;
  for (let first = 0; first < perSymbol; first += tradesPerRecord) {
    const count = Math.min(tradesPerRecord, perSymbol - first);
    await appender.append(Array.from({ length: symbolCount }, (_, rank) => ({
      topic: pipeline.topic,
      key: encodeText(`S${rank}`),
      timestampMs: recordingStartMs,
      value: codec.encode(Array.from({ length: count }, (_, i) => ({
        symbol: `S${rank}`,
        price: 100 + i % 10,
        volume: 1,
        eventTimeMs: startMs + (first + i) * summaryWindowMs,
        conditions: [],
      }))),
    })));
  }
  return perSymbol * symbolCount;
}

/** Waits until the group knows of so many members; gives when that was, epoch ms. */
async function membersAre(application: string, members: number): Promise<number> {
  await using kafka = connectTestKafka();
  const count = () => kafka.groupMemberCount(application);
  await until(async () => await count() === members, {
    what: async () => `${members} members: ${await count()}`,
    msMax: takeOverMsMax,
    lookMs: 10,
  });
  return Date.now();
}

/** Waits for an instance's first commit; gives when that was, epoch ms. */
async function firstCommitOf(instance: ProcessInstance): Promise<number> {
  let firstMs = 0;
  await until(async () => {
    firstMs = (await instance.tasks())[0]?.last_commit ?? 0;
    return firstMs > 0;
  }, {
    what: async () => `a commit: ${await instance.state()}`,
    msMax: takeOverMsMax,
    lookMs: 25,
  });
  return firstMs;
}

/** Times from the moment of the kill. */
interface TakeOver {
  readonly noticedMs: number;
  readonly assignedMs: number;
  readonly runningMs: number;
  readonly commitMs: number;
  readonly restoredRecords: number;
}

async function takeOver(standbys: number): Promise<TakeOver> {
  await using run = await marketRun(
    (folder) =>
      writeRecording(`${folder}/frames.jsonl`, { frames: 60_000, seed: 4, symbols: eightSymbols }),
    {
      partitions: 1,
      settings: {
        STANDBY_REPLICAS: String(standbys),
        TRADES_TABLES: "",
        WINDOW_RETENTION_MS: String(30 * 86_400_000),
      },
    },
  );
  const { pipeline } = run;
  await pipeline.provision();
  const filled = await fill(run);
  const [owner, other] = [pipeline.instance("-a"), pipeline.instance("-b")];
  owner.start();
  await committedBy([owner], filled, fillMsMax);
  const program = other.start();
  await program.line(standbys > 0 ? "standby is current" : "joined the group");
  await pipeline.produce(60);
  await committedBy([owner], filled + 1_000, fillMsMax);
  const killedMs = Date.now();
  await owner.program?.kill();
  const noticedMs = await membersAre(pipeline.application, 1) - killedMs;
  const commitMs = await firstCommitOf(other) - killedMs;
  const assigned = program.log.findLast(({ message }) => message === "joined the group");
  const running = program.log.find(({ message }) => message === "task is running");
  return {
    noticedMs,
    assignedMs: timeOf(assigned) - killedMs,
    runningMs: timeOf(running) - killedMs,
    commitMs,
    restoredRecords: Number(running?.["restoredRecords"]),
  };
}

function timeOf(entry: LogEntry | undefined): number {
  return Date.parse(String(entry?.["time"]));
}

Deno.test({
  name: `a standby of ${windows} windows goes on at once when their owner dies`,
  ignore,
  async fn() {
    const [cold, warm] = await Promise.all([takeOver(0), takeOver(1)]);
    for (const [what, times] of Object.entries({ cold, warm })) {
      const { noticedMs, assignedMs, runningMs, commitMs, restoredRecords } = times;
      say(
        `${windows} windows, ${what}: noticed after ${noticedMs} ms, assigned ${assignedMs} ms, ` +
          `running ${runningMs} ms, first commit ${commitMs} ms; restored ${restoredRecords}`,
      );
      assert.ok(noticedMs <= noticeMsMax, `${what}: noticed after ${noticedMs} ms`);
    }
    assert.ok(cold.restoredRecords >= windows, "the other one had nothing");
    assert.ok(warm.restoredRecords < 5_000, "the standby had nearly everything");
    const sinceMs = warm.commitMs - warm.noticedMs;
    assert.ok(sinceMs <= standbyMsMax, `${sinceMs} ms`);
  },
});
