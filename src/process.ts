/**
 * `deno task process`: trades on Kafka to windows and rows in Cassandra.
 */
import { type MainContext, runMain } from "./app/lifecycle.ts";
import { type ProcessConfig, processProgram } from "./app/process_config.ts";
import { connectCassandra } from "./cassandra/connect.ts";
import { Metrics } from "./http/metrics.ts";
import { connectKafka } from "./kafka/connection.ts";
import { LevelStateStores } from "./level/state_store.ts";
import { HttpSchemaRegistry } from "./registry/registry_client.ts";
import { AvroTradeCodec } from "./registry/trade_codec.ts";
import { cassandraOptions } from "./wiring/cassandra.ts";
import { createMarketProcessor, marketStateCodecs } from "./wiring/market_processor.ts";
import { patiently } from "./wiring/patience.ts";

async function processTrades(config: ProcessConfig, context: MainContext): Promise<void> {
  const { applicationId, topic, stateDir } = config;
  const { clock, random, logger, signal } = context;
  await using stores = await LevelStateStores.open(stateDir, applicationId);
  await using kafka = connectKafka({
    brokers: config.brokers,
    clientId: `process-${applicationId}`,
    clock,
    random,
    logger,
  });
  const registry = new HttpSchemaRegistry({ url: config.registryUrl, clock });
  const tradeCodec = await patiently(
    "register the trade schema",
    () => AvroTradeCodec.create({ registry, topic, clock }),
    context,
  );
  const stateCodecs = await patiently(
    "register the state schemas",
    () => marketStateCodecs(registry, applicationId),
    context,
  );
  await using results = await patiently(
    "connect to Cassandra",
    () => connectCassandra(cassandraOptions(config, context, config)),
    context,
  );
  await results.verify();
  await using processor = createMarketProcessor({
    config,
    context,
    feed: "live",
    ports: {
      log: kafka.log(),
      commitLog: kafka.commitLog(applicationId),
      stores,
      sink: results.sink,
    },
    membership: kafka.membership(applicationId, {
      memberIdFile: `${stateDir}/${applicationId}/member-id`,
    }),
    reader: results.reader,
    tradeCodec,
    stateCodecs,
    metrics: new Metrics(),
  });
  logger.info("Processing", { topic, application: applicationId, page: processor.http.url });
  await processor.run(signal);
  logger.info("Stopped processing; everything is committed");
}

if (import.meta.main) await runMain(processProgram, processTrades);
