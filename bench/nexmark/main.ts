/**
 * The Nexmark queries over real Kafka, exactly once, changelog on, one after the other.
 *
 *     KAFKA_URL=127.0.0.1:9092 deno task dev bench:engine bench/nexmark/main.ts --events 1000000
 *
 * Topics are JSON, of as many partitions as are asked for, without keys; each query reads what it
 * needs of them from the beginning with nothing kept. A rate counts the records that it reads, from
 * the start of the job to its last commit. The broker must have none of these topics yet.
 */
import { parseArgs } from "node:util";
import { setTimeout as sleep } from "node:timers/promises";
import { nexmarkEvents } from "../../docs/examples/nexmark/events.ts";
import * as queries from "../../docs/examples/nexmark/queries.ts";
import { print } from "../../scripts/lib/print.ts";
import { seededRandom } from "../../src/base/random.ts";
import { kafka, type KafkaRuntime } from "../../src/runtime/kafka.ts";
import { encodeText, type OutputRecord, run, type StreamsApp } from "../../src/streams/mod.ts";
import { otherInputs } from "../../src/streams/topology/topology.ts";
import { appendAll } from "../pipeline/append_all.ts";
import { ownCpuMs } from "../pipeline/cpu_time.ts";

const { values } = parseArgs({
  options: {
    events: { type: "string", default: "1000000" },
    /** Events of a second of event time. */
    "per-second": { type: "string", default: "10000" },
    partitions: { type: "string", default: "1" },
    /** Names of queries, or all. */
    only: { type: "string", default: "" },
  },
});
const count = Number(values.events);
const partitions = Number(values.partitions);
const random = seededRandom(1);
const brokers = (Deno.env.get("KAFKA_URL") ?? "").split(",").filter(Boolean);

/** How often there is a look at how far a query is, ms. */
const lookMs = 50;

type Query = typeof queries[keyof typeof queries];
type Apps = readonly StreamsApp<unknown, unknown, unknown>[];

/** Jobs that others read the results of come first. */
const inOrder: readonly [string, Query][] = Object.entries(queries)
  .sort(([one], [other]) => Number(one.startsWith("q")) - Number(other.startsWith("q")));

/** Those of all events, in turn over the partitions. */
function* records(): Generator<OutputRecord> {
  const perSecond = Number(values["per-second"]);
  let index = 0;
  for (
    const { topic, value } of nexmarkEvents({
      count,
      startMs: Date.now(),
      perSecond,
      next: () => random.next(),
    })
  ) {
    yield {
      ...{ topic, key: null, partition: index++ % partitions, timestampMs: value.atMs },
      value: encodeText(JSON.stringify(value)),
    };
  }
}

/** Runs a query until nothing is left to read. */
async function measure(name: string, query: Query, runtime: KafkaRuntime): Promise<void> {
  await runtime.open([query]);
  const stop = new AbortController();
  const started = Promise.withResolvers<Apps>();
  const [beganMs, usedMs] = [performance.now(), ownCpuMs()];
  const running = run([query], runtime, { signal: stop.signal, onStart: started.resolve });
  const isThrough = (apps: Apps) => {
    const tasks = apps.flatMap((app) => app.tasks);
    return tasks.length === partitions &&
      tasks.every(({ state, lagRecords }) => state === "running" && lagRecords === 0);
  };
  const apps = await started.promise;
  while (!isThrough(apps)) await Promise.race([sleep(lookMs), running]);
  const counted = apps.flatMap((app) => app.tasks)
    .reduce((sum, { counts: { aggregated } }) => sum + aggregated, 0);
  const seconds = (performance.now() - beganMs) / 1_000;
  const cpuUs = (ownCpuMs() - usedMs) * 1_000;
  stop.abort();
  await running;
  const log = runtime.connection.log();
  let read = 0;
  for (const topic of [query.source.topic, ...otherInputs(query)]) {
    for (let partition = 0; partition < partitions; partition++) {
      const { startOffset, endOffset } = await log.bounds({ topic, partition });
      read += endOffset - startOffset;
    }
  }
  print(
    `${name}: ${read} records, ${counted} counted, ${Math.round(read / seconds)}/s, ` +
      `${(cpuUs / read).toFixed(1)} us of processor a record`,
  );
}

const stateDir = await Deno.makeTempDir({ prefix: "nexmark-" });
{
  await using runtime = await kafka({ brokers, stateDir, partitions });
  await runtime.open([queries.q8, queries.q7]); // makes the topics
  await using appender = runtime.connection.appender();
  await appendAll(appender, records());
  print(`${count} events, ${partitions} partitions`);
  const only = values.only.split(",").filter(Boolean);
  for (const [name, query] of inOrder) {
    if (only.length === 0 || only.includes(name)) await measure(name, query, runtime);
  }
}
await Deno.remove(stateDir, { recursive: true });
