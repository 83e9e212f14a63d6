/**
 * `deno task start`: the whole pipeline in one process, on embedded stores.
 */
import { type MainContext, runMain } from "./app/lifecycle.ts";
import { type StartConfig, startProgram } from "./app/start_config.ts";
import type { FrameSource } from "./feed/frame.ts";
import { sleepUnlessAborted } from "./feed/pacer.ts";
import { Metrics } from "./http/metrics/metrics.ts";
import { PeerAccess } from "./http/peers/peer_access.ts";
import type { FeedKind, LiveView } from "./http/ports.ts";
import { askByFetch } from "./http/within.ts";
import { frameSequenceOf } from "./ingest/frame_records.ts";
import { runIngest } from "./ingest/ingest.ts";
import { memorySpool } from "./ingest/memory_spool.ts";
import type { EmbeddedLog } from "./level/embedded_log.ts";
import { AvroTradeCodec } from "./registry/trade_codec.ts";
import { type EmbeddedServices, openEmbedded } from "./wiring/embedded.ts";
import { liveFeed, replayFeed, simulatedFeed } from "./wiring/feeds.ts";
import { createMarketProcessor, marketStateCodecs } from "./wiring/market_processor.ts";
import { readHttpFiles } from "./wiring/http_files.ts";
import { serveView } from "./wiring/http_server.ts";
import { InputWatch } from "./wiring/input_watch.ts";
import { feedMetricsObserver, ingestMetricsObserver } from "./wiring/observers.ts";
import { farewell, welcome } from "./wiring/start_texts.ts";

/** The simulated market's past: an hour, and some for the minutes in which a symbol is quiet. */
const simulatedHistoryMs = 65 * 60_000;

/** How long a farewell waits for tasks that do not get on, ms. */
const settleMsMax = 10_000;

/** How often it looks, ms. */
const settleLookMs = 100;

async function start(config: StartConfig, context: MainContext): Promise<void> {
  const { clock, logger } = context;
  const files = await readHttpFiles(startProgram.name, config, context);
  await using embedded = await openEmbedded(config, clock);
  const metrics = new Metrics();
  const tradeCodec = await AvroTradeCodec.create({
    registry: embedded.schemas,
    topic: config.topic,
    clock,
  });
  const watch = new InputWatch({ program: "start", clock, logger });
  const { kind, source } = await openFeed(config, context, { embedded, metrics, watch });
  const peers = new PeerAccess({
    application: config.applicationId,
    ask: askByFetch(),
    clock,
  });
  const processor = createMarketProcessor({
    config,
    context,
    feed: kind,
    ports: { ...embedded, sink: embedded.results.sink },
    membership: embedded.membership,
    reader: embedded.results.reader,
    tradeCodec,
    stateCodecs: await marketStateCodecs(embedded.schemas, config.applicationId),
    metrics,
    watch,
    peers,
  });
  const spool = memorySpool(clock);
  metrics.ingest.spool.bounds(spool.limits);
  await using http = await serveView({ config, context, files, metrics }, processor.view, peers);
  logger.info(welcome(kind, config, http.url));
  const processing = processor.run(context.signal);
  await Promise.all([
    processing,
    runIngest({
      source,
      spool,
      appender: embedded.log,
      codec: () => Promise.resolve(tradeCodec),
      topic: config.topic,
      observer: watch.watchingIngest(ingestMetricsObserver(metrics.ingest)),
      ...context,
    }).then(async (totals) => {
      await settled(processing, processor.view, embedded, context);
      const { passed, late, deadLetters } = watch.status;
      logger.info(farewell(kind, context.signal.aborted), { ...totals, passed, late, deadLetters });
      if (totals.waiting === 0) return;
      logger.error("Frames that were received could not be appended", { frames: totals.waiting });
    }),
  ]);
}

/** Waits until everything that is in the log is processed, for as long as the tasks get on. */
async function settled(
  processing: Promise<void>,
  view: LiveView,
  { log, database }: EmbeddedServices,
  { clock, signal }: MainContext,
): Promise<void> {
  let [behind, sinceMs] = [Infinity, clock.monotonicMs()];
  while (clock.monotonicMs() - sinceMs < settleMsMax) {
    const before = behind;
    behind = 0;
    const tasks = new Map(view.tasks().map((task) => [task.partition, task]));
    for (let partition = 0; partition < database.partitionCount(view.topic); partition++) {
      const { endOffset } = await log.bounds({ topic: view.topic, partition });
      behind += endOffset - (tasks.get(partition)?.committedOffset ?? 0);
    }
    if (behind < before) sinceMs = clock.monotonicMs();
    if (behind === 0 || !await sleepUnlessAborted(clock, settleLookMs, signal)) break;
  }
  if (signal.aborted) await processing;
}

/**
 * Where the simulated market's past begins: an hour ago, or where an earlier run in the same folder
 * has ended, so that nothing is there twice and no trade comes behind those that are there.
 */
async function historyFromMs(
  { topic }: StartConfig,
  { clock }: MainContext,
  log: EmbeddedLog,
): Promise<number> {
  const nowMs = clock.nowMs();
  const lastMs = await log.lastTimestampMs(topic) ?? -Infinity;
  return Math.min(nowMs, Math.max(nowMs - simulatedHistoryMs, lastMs));
}

async function openFeed(
  config: StartConfig,
  context: MainContext,
  { embedded: { log }, metrics, watch }: {
    readonly embedded: EmbeddedServices;
    readonly metrics: Metrics;
    readonly watch: InputWatch;
  },
): Promise<{ kind: FeedKind; source: FrameSource }> {
  const { replayFile, finnhubKey, symbols } = config;
  if (replayFile !== undefined) {
    const resumeAfter = (id: string) => Math.max(0, frameSequenceOf(log.progress(id)) - 1);
    const source = await replayFeed({ ...config, replayFile }, context, resumeAfter);
    return { kind: "replay", source };
  }
  if (finnhubKey === undefined) {
    const historyMs = context.clock.nowMs() - await historyFromMs(config, context, log);
    return { kind: "simulated", source: simulatedFeed({ symbols, historyMs }, context) };
  }
  const observer = watch.watchingFeed(feedMetricsObserver(metrics.ingest));
  return { kind: "live", source: liveFeed({ ...config, finnhubKey }, context, observer) };
}

if (import.meta.main) await runMain(startProgram, start);
