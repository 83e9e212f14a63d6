import type { EngineConfig } from "../app/engine_settings.ts";
import type { MainContext } from "../app/lifecycle.ts";
import type { Metrics } from "../http/metrics/metrics.ts";
import { MarketView } from "../http/view/market_view.ts";
import type { FeedKind, LiveView } from "../http/ports.ts";
import { OwnerProbe } from "../http/peers/owner_probe.ts";
import type { PeerAccess } from "../http/peers/peer_access.ts";
import type { TradeCodec } from "../market/codec.ts";
import type { TradesTable } from "../market/tables.ts";
import type { ResultReader } from "../market/queries.ts";
import type { MarketRow } from "../market/rows.ts";
import { marketChangelog, marketJob, type MarketOptions } from "../market/job.ts";
import { createStateCodecs, type StateCodecs } from "../registry/state_codecs.ts";
import type { SchemaRegistry } from "../registry/ports.ts";
import { CacheBudget } from "../streams/state/cache_budget.ts";
import type { GroupMembership } from "../streams/ports.ts";
import { StreamsApp } from "../streams/app/streams_app.ts";
import type { StreamsPorts } from "../streams/task/streams_ports.ts";
import { meteredSink, taskMetricsListener } from "./observers.ts";
import { remindOfFailedTasks } from "./failed_tasks.ts";
import type { InputWatch } from "./input_watch.ts";
import { sideOutputLog } from "./side_output_log.ts";

/**
 * Rows of trades and changed symbols that wait at most before a commit is made early: about 20 MB
 * of them.
 */
const pendingRowsMax = 20_000;

/** How long tasks may take to commit at the end; the program ends by force after 10 s. */
const closeBoundMs = 6_000;

/** What differs between the embedded and the distributed processor. */
export interface MarketProcessorOptions {
  readonly config: EngineConfig & { readonly tradesTables: readonly TradesTable[] };
  readonly context: MainContext;
  readonly feed: FeedKind;
  readonly ports: Omit<StreamsPorts<MarketRow>, "codecs" | "clock" | "random" | "logger">;
  readonly membership: GroupMembership;
  readonly reader: ResultReader;
  readonly tradeCodec: TradeCodec;
  readonly stateCodecs: StateCodecs;
  readonly published?: MarketOptions["published"];
  readonly metrics: Pick<Metrics, "stream">;
  readonly watch: InputWatch;
  readonly peers: Pick<PeerAccess, "ask" | "peerOf">;
}

/** The codecs of the market job's state, registered under the names of its changelog. */
export function marketStateCodecs(
  registry: SchemaRegistry,
  application: string,
): Promise<StateCodecs> {
  return createStateCodecs({ registry, changelogTopic: marketChangelog(application) });
}

/** The market job with its view; not running yet. */
export interface MarketProcessor {
  readonly view: LiveView;
  /** Runs until the signal fires and every task is committed and closed. */
  run(signal: AbortSignal): Promise<void>;
}

/** Puts topology, engine and view together. */
export function createMarketProcessor(options: MarketProcessorOptions): MarketProcessor {
  const { config, context, metrics, stateCodecs, ports, watch, peers, published } = options;
  const topology = marketJob({
    topic: config.topic,
    graceMs: config.windowGraceMs,
    retentionMs: config.windowRetentionMs,
    maxFutureMs: config.maxFutureMs,
    conditionPolicy: config.conditionPolicy,
    tradeRows: config.tradesTables.length > 0,
    tradeCodec: options.tradeCodec,
    windowCodec: stateCodecs.windowState,
    ...published === undefined ? {} : { published },
    onActivity: (input, activity) => metrics.stream.activity(input, activity),
  });
  const app = new StreamsApp(
    topology,
    {
      ...ports,
      ...context,
      sink: ports.sink && meteredSink(ports.sink, metrics.stream, context.clock),
      codecs: stateCodecs,
      budget: new CacheBudget(config.stateCacheBytesMax),
    },
    options.membership,
    {
      application: config.applicationId,
      commitIntervalMs: config.commitIntervalMs,
      pendingRowsMax,
      closeBoundMs,
      stateCleanupDelayMs: config.stateCleanupDelayMs,
    },
  );
  app.listen(taskMetricsListener(metrics.stream));
  const { topic, maxFutureMs } = config;
  app.listen(sideOutputLog({ ...context, topic, maxFutureMs, watch }));
  const probe = new OwnerProbe(context.clock, peers.ask);
  const view = new MarketView({
    application: config.applicationId,
    feed: options.feed,
    app,
    topology,
    reader: options.reader,
    ownerOf: (partition) => options.membership.ownerOf(partition),
    peerOf: (owner) => peers.peerOf(owner),
    isReachable: (address) => probe.isReachable(address),
    input: watch,
    ...context,
  });
  const run = async (signal: AbortSignal) => {
    const reminders = [watch.run(signal), remindOfFailedTasks(view, context, signal)];
    await app.run(signal);
    await Promise.all(reminders);
  };
  return { view, run };
}
