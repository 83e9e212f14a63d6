import type { MainContext } from "../app/lifecycle.ts";
import type { ReplayConfig } from "../app/replay_options.ts";
import { type Random, seededRandom } from "../base/random.ts";
import type { Secret } from "../base/secret.ts";
import { FinnhubClient } from "../feed/finnhub_client.ts";
import type { FeedObserver } from "../feed/feed_observer.ts";
import { openReplay, type ReplaySource } from "../feed/replay.ts";
import { SimulatedMarket } from "../feed/simulated_market.ts";
import { SimulatedSource } from "../feed/simulated_source.ts";
import { simulatedSymbol } from "../feed/simulated_symbol.ts";
import { openWebSocket } from "../feed/ws_socket.ts";

/** A producer that cannot be repeated has a new name in every run. */
export function uniqueProducerId(kind: string): string {
  return `${kind}-${crypto.randomUUID()}`;
}

/** The live feed, or a server that speaks its protocol. */
export function liveFeed(
  config: {
    readonly finnhubUrl: string;
    readonly finnhubKey: Secret;
    readonly symbols: readonly string[];
    readonly traceFeed: boolean;
  },
  context: MainContext,
  observer: FeedObserver,
): FinnhubClient {
  return new FinnhubClient({
    apiUrl: config.finnhubUrl,
    key: config.finnhubKey,
    symbols: config.symbols,
    producerId: uniqueProducerId("finnhub"),
    trace: config.traceFeed,
    openSocket: openWebSocket,
    observer,
    ...context,
  });
}

/** A made-up market. */
export function simulatedFeed(
  options: {
    readonly symbols: readonly string[];
    /** Decides everything but the moments; another one each time without it. */
    readonly seed?: number;
    readonly tradesPerSecond?: number | "max";
    /** Begins so long ago, ms. */
    readonly historyMs?: number;
  },
  { clock, random }: MainContext,
): SimulatedSource {
  const dice: Random = seededRandom(options.seed ?? Math.floor(random.next() * 2 ** 32));
  return new SimulatedSource({
    market: new SimulatedMarket(options.symbols.map((symbol) => simulatedSymbol(symbol)), dice),
    producerId: uniqueProducerId("simulated"),
    clock,
    random: dice,
    ...(options.tradesPerSecond === undefined ? {} : { tradesPerSecond: options.tradesPerSecond }),
    ...(options.historyMs === undefined ? {} : { historyMs: options.historyMs }),
  });
}

/** A recording; continues after the frame that `resumeAfter` names for its producer. */
export function replayFeed(
  config: ReplayConfig & { readonly replayFile: string },
  { clock, logger }: MainContext,
  resumeAfter: (producerId: string) => number,
): Promise<ReplaySource> {
  return openReplay({
    path: config.replayFile,
    speed: Number.isFinite(config.replaySpeed) ? config.replaySpeed : "max",
    times: config.replayTimes,
    clock,
    resumeAfter,
    onProgress: ({ frames, trades, percent }) =>
      logger.debug("replaying", { frames, trades, percent: Math.round(percent) }),
  });
}
