/**
 * `deno task produce`: trades from Finnhub to Kafka.
 */
import { type MainContext, runMain } from "./app/lifecycle.ts";
import { type ProduceConfig, produceProgram } from "./app/produce_config.ts";
import { Metrics } from "./http/metrics/metrics.ts";
import { runIngest } from "./ingest/ingest.ts";
import { connectKafka } from "./kafka/connection.ts";
import { AvroTradeCodec } from "./registry/trade_codec.ts";
import { readAuthorities } from "./wiring/authorities.ts";
import { readHttpFiles } from "./wiring/http_files.ts";
import { serveHealth } from "./wiring/http_server.ts";
import { kafkaOptions } from "./wiring/kafka.ts";
import { schemaRegistry } from "./wiring/registry.ts";
import { watchedFeed } from "./wiring/watched_feed.ts";
import { feedMetricsObserver, ingestMetricsObserver } from "./wiring/observers.ts";
import { InputWatch } from "./wiring/input_watch.ts";
import { diskSpool } from "./wiring/disk_spool.ts";

async function produce(config: ProduceConfig, context: MainContext): Promise<void> {
  const { brokers, topic, firstRun, extraSubject } = config;
  const { clock, logger } = context;
  const authorities = await readAuthorities(produceProgram.name, config);
  const files = await readHttpFiles(produceProgram.name, config, context);
  const metrics = new Metrics();
  const watch = new InputWatch({ program: "produce", clock, logger });
  await using disk = await diskSpool(config, context, (n) => metrics.ingest.spool.dropped(n));
  metrics.ingest.spool.bounds(disk.spool.limits);
  await using http = await serveHealth({ config, context, files, metrics }, () => watch.health);
  await using kafka = connectKafka(
    kafkaOptions(config, context, { clientId: "produce", authorities }),
  );
  await using appender = kafka.appender();
  const registry = schemaRegistry(config, authorities, clock);
  const subject = firstRun ? { subjectAlso: extraSubject } : {};
  const feedObserver = watch.watchingFeed(feedMetricsObserver(metrics.ingest));
  void watch.run(context.signal);
  logger.info("Producing", { topic, brokers, symbols: config.symbols, metrics: http.url });
  const totals = await runIngest({
    source: await watchedFeed(config, context, feedObserver),
    spool: disk.spool,
    appender,
    codec: async () => {
      // A login that Kafka refuses is named now, and not with the first trade.
      await kafka.brokerCount();
      return await AvroTradeCodec.create({ registry, topic, clock, ...subject });
    },
    topic,
    observer: watch.watchingIngest(ingestMetricsObserver(metrics.ingest)),
    ...context,
  });
  logger.info("Stopped producing", { ...totals });
  if (totals.waiting > 0) {
    logger.warn("Frames wait in the spool: the next start sends them", { frames: totals.waiting });
  }
}

if (import.meta.main) await runMain(produceProgram, produce);
