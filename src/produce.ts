/**
 * `deno task produce`: trades from Finnhub to Kafka.
 */
import { type MainContext, runMain } from "./app/lifecycle.ts";
import { type ProduceConfig, produceProgram } from "./app/produce_config.ts";
import { noFeedObserver } from "./feed/feed_observer.ts";
import { runIngest } from "./ingest/ingest.ts";
import { connectKafka } from "./kafka/connection.ts";
import { HttpSchemaRegistry } from "./registry/registry_client.ts";
import { AvroTradeCodec } from "./registry/trade_codec.ts";
import { liveFeed } from "./wiring/feeds.ts";
import { patiently } from "./wiring/patience.ts";

async function produce(config: ProduceConfig, context: MainContext): Promise<void> {
  const { brokers, topic, registryUrl, firstRun, extraSubject } = config;
  const { clock, random, logger } = context;
  await using kafka = connectKafka({ brokers, clientId: "produce", clock, random, logger });
  await using appender = kafka.appender();
  const registry = new HttpSchemaRegistry({ url: registryUrl, clock });
  const codec = await patiently("register the trade schema", () =>
    AvroTradeCodec.create({
      registry,
      topic,
      clock,
      ...(firstRun ? { subjectAlso: extraSubject } : {}),
    }), context);
  const source = liveFeed(config, context, noFeedObserver);
  logger.info("Producing", { topic, brokers, symbols: config.symbols });
  const totals = await runIngest({ source, appender, codec, topic, ...context });
  logger.info("Stopped producing", { ...totals });
}

if (import.meta.main) await runMain(produceProgram, produce);
