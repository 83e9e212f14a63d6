/**
 * `deno task dev bench:peers`: the same work by this engine and by Kafka Streams, in turn, on one
 * broker of this machine.
 *
 *     deno task dev bench:peers --symbols 64 --trades 4000000 --rounds 3
 *     deno task dev bench:peers --suite
 *
 * Needs Java 17 or newer and Maven, which the services need as well. Linux only: processor time and
 * memory are read from /proc.
 */
import { benchOptions } from "../bench_options.ts";
import { print, printError } from "../../scripts/lib/print.ts";
import { stopServices } from "../../scripts/services/down.ts";
import { findJava } from "../../scripts/services/java.ts";
import { ensureJars } from "../../scripts/services/maven.ts";
import { defaultSettings } from "../../scripts/services/settings.ts";
import { startServices } from "../../scripts/services/up.ts";
import { systemClock } from "../../src/base/clock.ts";
import { silentLogger } from "../../src/base/logger.ts";
import { connectKafka } from "../../src/kafka/connection.ts";
import { HttpSchemaRegistry } from "../../src/registry/registry_client.ts";
import { AvroTradeCodec } from "../../src/registry/trade_codec.ts";
import { surroundings } from "../report.ts";
import { type Figures, measure } from "./measure.ts";
import { kafkaStreams, ownProcess, type Peer, streamsJars } from "./peers.ts";
import { type Comparison, row, table, writeReport } from "./report.ts";
import { fill, titleOf, type Workload } from "./workload.ts";

const values = benchOptions({
  measures: "The same work by this engine and by Kafka Streams, in turn, on one broker.",
  command: "bench:peers",
}, {
  trades: { type: "string", default: "4000000", says: "how many trades" },
  symbols: { type: "string", default: "64", says: "of how many symbols" },
  "per-record": { type: "string", default: "1", says: "trades of a record" },
  partitions: { type: "string", default: "1", says: "of the topic" },
  rounds: { type: "string", default: "3", says: "how often each peer runs" },
  "in-turn": {
    type: "boolean",
    default: false,
    says: "symbols in turn, not drawn: each as often as the others",
  },
  suite: {
    type: "boolean",
    default: false,
    says: "a series of workloads in place of one; writes docs/BENCHMARKS.md",
  },
});

/** What the options ask for. */
const asked: Workload = {
  trades: Number(values.trades),
  symbols: Number(values.symbols),
  perRecord: Number(values["per-record"]),
  partitions: Number(values.partitions),
  inTurn: values["in-turn"],
};

/** The growth curve over symbols, a million of them once each, and many partitions. */
const suite: readonly Workload[] = [
  { ...asked, trades: 4_000_000, symbols: 64 },
  { ...asked, trades: 2_000_000, symbols: 1_000 },
  { ...asked, trades: 2_000_000, symbols: 10_000 },
  { ...asked, trades: 1_000_000, symbols: 200_000 },
  { ...asked, trades: 1_000_000, symbols: 1_000_000 },
  { ...asked, trades: 1_000_000, symbols: 1_000_000, inTurn: true },
  { ...asked, trades: 4_000_000, symbols: 64, partitions: 16 },
];

const rounds = Number(values.rounds);

const settings = {
  ...defaultSettings(await Deno.makeTempDir({ prefix: "peers-" }), Deno.env.toObject()),
  services: ["kafka", "registry"] as const,
  autoPorts: true,
  say: printError,
};
const java = await findJava(settings.javaHome);
const peers: readonly Peer[] = [
  ownProcess(),
  kafkaStreams(java, await ensureJars(streamsJars, settings)),
];
const { environment: services, dir } = await startServices(settings);
try {
  const brokers = (services["KAFKA_URL"] ?? "").split(",");
  await using kafka = connectKafka({ brokers, clientId: "peers", logger: silentLogger });
  const registry = new HttpSchemaRegistry({
    url: services["SCHEMA_REGISTRY_URL"] ?? "",
    clock: systemClock,
  });
  const comparisons: Comparison[] = [];
  for (const [number, workload] of (values.suite ? suite : [asked]).entries()) {
    const topic = `trades-${number}`;
    printError(`writing ${titleOf(workload)}`);
    const codec = await AvroTradeCodec.create({ registry, topic });
    await fill(kafka, topic, { workload, codec });
    const runs = new Map(peers.map(({ name }) => [name, [] as Figures[]]));
    for (let round = 1; round <= rounds; round++) {
      for (const [index, peer] of peers.entries()) {
        const application = `peer${index}-${number}-${round}`;
        const figures = await measure(peer, kafka, { services, topic, application, workload });
        runs.get(peer.name)?.push(figures);
        printError(`round ${round} ${row(peer.name, figures)}`);
      }
    }
    await kafka.deleteTopic(topic);
    comparisons.push({ workload, runs });
    print(table({ workload, runs }));
  }
  if (values.suite) await writeReport(comparisons, { rounds, ...await surroundings() });
} finally {
  await stopServices(settings, { wipe: true });
  await Deno.remove(dir, { recursive: true });
}
