/**
 * `deno task start`: the whole pipeline in one process, on embedded stores.
 */
import { type MainContext, runMain } from "./app/lifecycle.ts";
import { type StartConfig, startProgram } from "./app/start_config.ts";
import type { FrameSource } from "./feed/frame.ts";
import { Metrics } from "./http/metrics.ts";
import type { FeedKind } from "./http/ports.ts";
import { frameSequenceOf } from "./ingest/frame_records.ts";
import { runIngest } from "./ingest/ingest.ts";
import { memorySpool } from "./ingest/memory_spool.ts";
import { AvroTradeCodec } from "./registry/trade_codec.ts";
import { type EmbeddedServices, openEmbedded } from "./wiring/embedded.ts";
import { liveFeed, replayFeed, simulatedFeed } from "./wiring/feeds.ts";
import { createMarketProcessor, marketStateCodecs, serveView } from "./wiring/market_processor.ts";
import { feedMetricsObserver, ingestMetricsObserver } from "./wiring/observers.ts";
import { farewell, welcome } from "./wiring/start_texts.ts";

async function start(config: StartConfig, context: MainContext): Promise<void> {
  const { clock, logger } = context;
  await using embedded = await openEmbedded(config, clock);
  const metrics = new Metrics();
  const tradeCodec = await AvroTradeCodec.create({
    registry: embedded.schemas,
    topic: config.topic,
    clock,
  });
  const { kind, source } = await openFeed(config, context, embedded, metrics);
  const processor = createMarketProcessor({
    config,
    context,
    feed: kind,
    ports: { ...embedded, sink: embedded.results.sink },
    membership: embedded.membership,
    reader: embedded.results.reader,
    tradeCodec,
    stateCodecs: await marketStateCodecs(
      embedded.schemas,
      config.applicationId,
      config.conditionPolicy,
    ),
    metrics,
  });
  const spool = memorySpool(clock);
  metrics.ingest.spool.bounds(spool.limits);
  await using http = serveView(config, context, processor.view, metrics);
  logger.info(welcome(kind, config, http.url));
  await Promise.all([
    processor.run(context.signal),
    runIngest({
      source,
      spool,
      appender: embedded.log,
      codec: () => Promise.resolve(tradeCodec),
      topic: config.topic,
      observer: ingestMetricsObserver(metrics.ingest),
      ...context,
    }).then((totals) => {
      logger.info(farewell(kind, context.signal.aborted), { ...totals });
      if (totals.waiting === 0) return;
      logger.error("Frames that were received could not be appended", { frames: totals.waiting });
    }),
  ]);
}

async function openFeed(
  config: StartConfig,
  context: MainContext,
  { log }: EmbeddedServices,
  metrics: Metrics,
): Promise<{ kind: FeedKind; source: FrameSource }> {
  const { replayFile, finnhubKey, symbols } = config;
  if (replayFile !== undefined) {
    const resumeAfter = (id: string) => Math.max(0, frameSequenceOf(log.progress(id)) - 1);
    const source = await replayFeed({ ...config, replayFile }, context, resumeAfter);
    return { kind: "replay", source };
  }
  if (finnhubKey === undefined) {
    return { kind: "simulated", source: simulatedFeed({ symbols }, context) };
  }
  const observer = feedMetricsObserver(metrics.ingest);
  return { kind: "live", source: liveFeed({ ...config, finnhubKey }, context, observer) };
}

if (import.meta.main) await runMain(startProgram, start);
