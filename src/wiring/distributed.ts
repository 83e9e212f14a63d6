import type { MainContext } from "../app/lifecycle.ts";
import type { ProcessConfig } from "../app/process_config.ts";
import type { Clock } from "../base/clock.ts";
import { type PatienceOptions, patiently } from "../base/patience.ts";
import { connectCassandra } from "../cassandra/connect.ts";
import type { Metrics } from "../http/metrics/metrics.ts";
import type { PeerAccess } from "../http/peers/peer_access.ts";
import type { InputStatus, LiveView } from "../http/ports.ts";
import { type DrainDeadline, drainDeadline } from "../ingest/drain.ts";
import { connectKafka, type KafkaConnection } from "../kafka/connection.ts";
import type { TradeCodec } from "../market/codec.ts";
import { type MarketOptions, resultsTopic } from "../market/job.ts";
import { noTables } from "../market/queries.ts";
import type { SchemaRegistry } from "../registry/ports.ts";
import { createResultCodec } from "../registry/result_codec.ts";
import type { StateCodecs } from "../registry/state_codecs.ts";
import { AvroTradeCodec } from "../registry/trade_codec.ts";
import type { GroupMembership, StateStores } from "../streams/ports.ts";
import type { Authorities } from "./authorities.ts";
import { cassandraOptions } from "./cassandra.ts";
import { InputWatch } from "./input_watch.ts";
import { kafkaOptions } from "./kafka.ts";
import { createMarketProcessor, marketStateCodecs } from "./market_processor.ts";
import { schemaRegistry } from "./registry.ts";

/** How long a shutdown, which has ten seconds, waits for what Kafka owes an answer to, ms. */
const answersMsMax = 8_000;

/** What a processor over Kafka and Cassandra is made from. */
export interface DistributedOptions {
  readonly config: ProcessConfig;
  readonly context: MainContext;
  readonly authorities: Authorities;
  readonly stores: StateStores;
  readonly metrics: Pick<Metrics, "stream">;
  readonly peers: Pick<PeerAccess, "ask" | "peerOf">;
  readonly membership: (kafka: KafkaConnection) => GroupMembership;
  /** Told what is waited for at the start, and why. */
  readonly onWait: (problem: string) => void;
  /** Told of the view once services have answered, before the group is joined. */
  readonly onView: (view: LiveView) => void;
}

/** The way to Kafka of a processor; its owner disposes of it. */
export function processKafka(
  { config, context, authorities }: Pick<DistributedOptions, "config" | "context" | "authorities">,
  cut: AbortSignal,
): KafkaConnection {
  const clientId = `process-${config.applicationId}`;
  return connectKafka(kafkaOptions(config, context, { clientId, authorities, cut }));
}

/** Fires some time after the shutdown was asked for: no answer is worth waiting for any more. */
export function lastAnswers({ signal, clock }: MainContext): DrainDeadline {
  return drainDeadline(signal, answersMsMax, clock);
}

/**
 * Processes until the context's signal fires and every task is committed and closed.
 *
 * @returns What became of the input.
 */
export async function runDistributed(options: DistributedOptions): Promise<InputStatus> {
  const { config, context, authorities, stores, metrics, peers } = options;
  const { applicationId: application } = config;
  using last = lastAnswers(context);
  await using kafka = processKafka(options, last.signal);
  const patience = { ...context, onWait: options.onWait };
  const codecs = await registerSchemas(config, patience, authorities);
  await using tables = config.results.includes("cassandra")
    ? await patiently(
      "connect to Cassandra",
      () => connectCassandra(cassandraOptions(config, context, { ...config, authorities })),
      patience,
    )
    : undefined;
  await tables?.verify();
  const watch = new InputWatch({ program: "process", ...context });
  const processor = createMarketProcessor({
    config: tables === undefined ? { ...config, tradesTables: [] } : config,
    context,
    feed: "live",
    ports: {
      log: kafka.log(),
      commitLog: kafka.commitLog(application),
      stores,
      sink: tables?.sink,
    },
    membership: options.membership(kafka),
    reader: tables?.reader ?? noTables,
    ...codecs,
    metrics,
    watch,
    peers,
  });
  options.onView(processor.view);
  await processor.run(context.signal);
  return watch.status;
}

async function registerSchemas(
  config: ProcessConfig,
  patience: PatienceOptions,
  authorities: Authorities,
): Promise<
  { tradeCodec: TradeCodec; stateCodecs: StateCodecs } & Pick<MarketOptions, "published">
> {
  const { clock } = patience;
  const { topic, applicationId, results } = config;
  const registry = schemaRegistry(config, authorities, clock);
  return await patiently("register the schemas", async () => ({
    tradeCodec: await AvroTradeCodec.create({ registry, topic, clock }),
    stateCodecs: await marketStateCodecs(registry, applicationId),
    ...results.includes("topic")
      ? { published: await publishedTo(resultsTopic(applicationId), registry, clock) }
      : {},
  }), patience);
}

async function publishedTo(topic: string, registry: SchemaRegistry, clock: Clock) {
  return { topic, codec: await createResultCodec({ registry, topic, clock }) };
}
