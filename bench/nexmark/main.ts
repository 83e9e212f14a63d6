/**
 * `deno task dev bench:nexmark`: the Nexmark queries over a Kafka of its own, exactly once, changelog
 * on, one after the other; `--report` puts what it found into docs/BENCHMARKS.md.
 *
 * Topics are JSON, of as many partitions as are asked for, without keys; each query reads what it
 * needs of them from the beginning with nothing kept. Needs Java 17 and Maven, as the services do.
 */
import { benchOptions } from "../bench_options.ts";
import { setTimeout as sleep } from "node:timers/promises";
import { nexmarkEvents } from "../../docs/examples/nexmark/events.ts";
import * as queries from "../../docs/examples/nexmark/queries.ts";
import { print, printError } from "../../scripts/lib/print.ts";
import { stopServices } from "../../scripts/services/down.ts";
import { kafkaVersions } from "../../scripts/services/kafka.ts";
import { defaultSettings } from "../../scripts/services/settings.ts";
import { startServices } from "../../scripts/services/up.ts";
import { seededRandom } from "../../src/base/random.ts";
import { kafka, type KafkaRuntime } from "../../src/runtime/kafka.ts";
import {
  encodeText,
  type OutputRecord,
  run,
  type StreamsApp,
  type TaskListener,
} from "../../src/streams/mod.ts";
import { otherInputs } from "../../src/streams/topology/topology.ts";
import { appendAll } from "../pipeline/append_all.ts";
import { ownCpuMs } from "../pipeline/cpu_time.ts";
import { surroundings, writePart } from "../report.ts";

const values = benchOptions({
  measures: "The Nexmark queries over a Kafka of their own, exactly once.",
  command: "bench:nexmark",
}, {
  events: { type: "string", default: "500000", says: "how many events" },
  "per-second": { type: "string", default: "10000", says: "events of a second of event time" },
  partitions: { type: "string", default: "1", says: "of each topic" },
  only: { type: "string", default: "", says: "names of queries; all without it" },
  report: { type: "boolean", default: false, says: "writes its part of docs/BENCHMARKS.md" },
});
const count = Number(values.events);
const partitions = Number(values.partitions);
const random = seededRandom(1);

/** How often there is a look at how far a query is, ms. */
const lookMs = 20;

type Query = typeof queries[keyof typeof queries];
type Apps = readonly StreamsApp<unknown, unknown, unknown>[];

/** What each query does; those whose results others read come before them. */
const titles: Readonly<Record<keyof typeof queries, string>> = {
  q0: "q0: bids as they are",
  q1: "q1: in euros",
  q2: "q2: of some auctions",
  q3: "q3: who sells in three states, a join without windows",
  winningBids: "q4, first job: the winning bid of each auction",
  q4: "q4, second job: its mean by category",
  heats: "q5, first job: bids of an auction in ten seconds, every two",
  q5: "q5, second job: the auctions with the most",
  q7: "q7: the greatest bid of ten seconds",
  q8: "q8: who sells when they register, a join within ten seconds",
  q11: "q11: bids of someone in a session",
  q12: "q12: bids of someone in ten seconds",
};

/** What was measured of a query. */
interface Figures {
  readonly title: string;
  /** Of its inputs. */
  readonly records: number;
  /** Records of its topic. */
  readonly results: number;
  readonly seconds: number;
  readonly cpuUs: number;
}

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

/** Time and processor time from when a task begins to read until its last commit. */
class Stopwatch implements TaskListener<unknown> {
  #began: readonly [wallMs: number, cpuMs: number] | undefined;
  #ended: readonly [wallMs: number, cpuMs: number] = [0, 0];

  opened(): void {
    this.#began ??= [performance.now(), ownCpuMs()];
  }

  fetched(): void {}

  committed(): void {
    this.#ended = [performance.now(), ownCpuMs()];
  }

  failed(): void {}

  closed(): void {}

  get figures(): Pick<Figures, "seconds" | "cpuUs"> {
    const [beganMs, usedMs] = this.#began ?? this.#ended;
    const [endedMs, usedThenMs] = this.#ended;
    return { seconds: (endedMs - beganMs) / 1_000, cpuUs: (usedThenMs - usedMs) * 1_000 };
  }
}

/** Runs a query until nothing is left to read. */
async function measure(title: string, query: Query, runtime: KafkaRuntime): Promise<Figures> {
  await runtime.open([query]);
  const stop = new AbortController();
  const started = Promise.withResolvers<Apps>();
  const stopwatch = new Stopwatch();
  const running = run([query], runtime, {
    signal: stop.signal,
    onStart(apps) {
      for (const app of apps) app.listen(stopwatch);
      started.resolve(apps);
    },
  });
  const isThrough = (apps: Apps) => {
    const tasks = apps.flatMap((app) => app.tasks);
    return tasks.length === partitions &&
      tasks.every(({ state, lagRecords }) => state === "running" && lagRecords === 0);
  };
  const apps = await started.promise;
  while (!isThrough(apps)) await Promise.race([sleep(lookMs), running]);
  const { figures } = stopwatch;
  stop.abort();
  await running;
  const outputs = [...query.topics ?? [], ...query.streams ?? []].map(({ topic }) => topic);
  return {
    title,
    ...figures,
    records: await recordsIn([query.source.topic, ...otherInputs(query)], runtime),
    results: await recordsIn(outputs, runtime),
  };
}

/** Counts what is committed, by reading all of it. */
async function recordsIn(topics: readonly string[], runtime: KafkaRuntime): Promise<number> {
  await using log = runtime.connection.log();
  const signal = AbortSignal.timeout(60_000);
  let count = 0;
  for (const topic of topics) {
    for (let partition = 0; partition < partitions; partition++) {
      const { endOffset } = await log.bounds({ topic, partition });
      await using reader = log.open({ topic, partition }, { offset: 0 });
      for (let position = 0; position < endOffset;) {
        const { records, nextOffset } = await reader.next(signal);
        count += records.length;
        position = nextOffset;
      }
    }
  }
  return count;
}

const columns = ["records", "results", "records/s", "µs of processor a record"];

function row({ title, records, results, seconds, cpuUs }: Figures): string {
  const cells = [records, results, records / seconds].map((figure) =>
    figure.toLocaleString("en", { maximumFractionDigits: 0 })
  );
  return `| ${[title, ...cells, (cpuUs / records).toFixed(1)].join(" | ")} |`;
}

const header = `| | ${columns.join(" | ")} |\n| --- | ${columns.map(() => "---:").join(" | ")} |`;

async function writeReport(rows: readonly string[]): Promise<void> {
  const { machine, day } = await surroundings();
  await writePart(
    "nexmark",
    `## Nexmark

\`deno task dev bench:nexmark --report\` needs Java 17, Maven and Linux. It starts a broker of its
own, writes ${
      count.toLocaleString("en")
    } events with the distributions of Apache Beam's generator, and
runs [the queries](examples/nexmark/queries.ts) in one process, one after the other, exactly once,
changelog on, with the defaults. The topics \`people\`, \`auctions\` and \`bids\` are JSON, without keys,
of ${partitions} ${partitions === 1 ? "partition" : "partitions"}, ${
      Number(values["per-second"]).toLocaleString("en")
    } events to a second of event time. A rate is of the
records that a query reads, from when its task begins to read to its last commit; results are the
records of its topic.

One run, ${day}, on ${machine}, which the broker shares; Kafka ${kafkaVersions.current}, Deno
${Deno.version.deno}.

${header}
${rows.join("\n")}
`,
  );
}

const settings = {
  ...defaultSettings(await Deno.makeTempDir({ prefix: "nexmark-" }), Deno.env.toObject()),
  services: ["kafka"] as const,
  autoPorts: true,
  say: printError,
};
try {
  const { environment } = await startServices(settings);
  const brokers = (environment["KAFKA_URL"] ?? "").split(",");
  await using runtime = await kafka({ brokers, stateDir: `${settings.dir}/state`, partitions });
  await runtime.open([queries.q8, queries.q7]); // makes the topics
  {
    await using appender = runtime.connection.appender();
    await appendAll(appender, records());
  }
  print(`${count} events, ${partitions} partitions\n\n${header}`);
  const only = values.only.split(",").filter(Boolean);
  const rows: string[] = [];
  for (const [name, title] of Object.entries(titles)) {
    if (only.length > 0 && !only.includes(name)) continue;
    const figures = await measure(title, queries[name as keyof typeof queries], runtime);
    rows.push(row(figures));
    print(row(figures));
  }
  if (values.report) await writeReport(rows);
} finally {
  await stopServices(settings, { wipe: true });
  await Deno.remove(settings.dir, { recursive: true });
}
