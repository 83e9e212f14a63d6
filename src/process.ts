/**
 * `deno task process`: trades on Kafka to windows and rows in Cassandra.
 */
import { type MainContext, runMain } from "./app/lifecycle.ts";
import { type ProcessConfig, processProgram } from "./app/process_config.ts";
import type { Clock } from "./base/clock.ts";
import { type PatienceOptions, patiently } from "./base/patience.ts";
import { connectCassandra } from "./cassandra/connect.ts";
import { ownAddresses, reachWarning } from "./http/addresses.ts";
import { MemberPulses } from "./http/member_pulses.ts";
import { LateView } from "./http/late_view.ts";
import { Metrics } from "./http/metrics.ts";
import { PeerAccess } from "./http/peer_access.ts";
import { askByFetch } from "./http/within.ts";
import { drainDeadline } from "./ingest/drain.ts";
import { connectKafka } from "./kafka/connection.ts";
import { LevelStateStores } from "./level/state_store.ts";
import type { TradeCodec } from "./market/codec.ts";
import { marketChangelog, type MarketOptions, resultsTopic } from "./market/job.ts";
import { noTables } from "./market/queries.ts";
import type { SchemaRegistry } from "./registry/ports.ts";
import { createResultCodec } from "./registry/result_codec.ts";
import type { StateCodecs } from "./registry/state_codecs.ts";
import { AvroTradeCodec } from "./registry/trade_codec.ts";
import { type Authorities, readAuthorities } from "./wiring/authorities.ts";
import { cassandraOptions } from "./wiring/cassandra.ts";
import { readHttpFiles } from "./wiring/http_files.ts";
import { serveView } from "./wiring/http_server.ts";
import { InputWatch } from "./wiring/input_watch.ts";
import { kafkaOptions } from "./wiring/kafka.ts";
import { createMarketProcessor, marketStateCodecs } from "./wiring/market_processor.ts";
import { schemaRegistry } from "./wiring/registry.ts";

/** How long a shutdown, which has ten seconds, waits for what Kafka owes an answer to, ms. */
const answersMsMax = 8_000;

async function processTrades(config: ProcessConfig, context: MainContext): Promise<void> {
  const { applicationId: application, topic, stateDir } = config;
  const changelog = marketChangelog(application);
  const authorities = await readAuthorities(processProgram.name, config);
  const files = await readHttpFiles(processProgram.name, config, context);
  await using stores = await LevelStateStores.open(stateDir, changelog);
  const metrics = new Metrics();
  const view = new LateView({ application, topic, feed: "live" });
  using client = Deno.createHttpClient(
    authorities.http === undefined ? {} : { caCerts: [authorities.http] },
  );
  const peers = new PeerAccess({
    application,
    token: files.token,
    hosts: config.httpPeerHosts,
    ask: askByFetch(client),
    ...context,
  });
  await using http = await serveView({ config, context, files, metrics }, view, peers);
  const addresses = peers.vouchFor(ownAddresses(config, http));
  const warning = reachWarning(addresses);
  if (warning !== undefined) context.logger.warn(warning);
  context.logger.info("Processing", { topic, application, page: http.url });
  using last = drainDeadline(context.signal, answersMsMax, context.clock);
  await using kafka = connectKafka(
    kafkaOptions(config, context, {
      clientId: `process-${application}`,
      authorities,
      cut: last.signal,
    }),
  );
  const patience = { ...context, onWait: (problem: string) => view.waitFor(problem) };
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
    membership: kafka.membership(application, {
      identityFile: `${stateDir}/${changelog}/identity`,
      standbyReplicas: config.standbyReplicas,
      addresses,
      watch: new MemberPulses({ peers, clock: context.clock }),
    }),
    reader: tables?.reader ?? noTables,
    ...codecs,
    metrics,
    watch,
    peers,
  });
  view.show(processor.view);
  await processor.run(context.signal);
  const { passed, late, deadLetters } = watch.status;
  context.logger.info("Stopped processing; everything is committed", { passed, late, deadLetters });
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

if (import.meta.main) await runMain(processProgram, processTrades);
