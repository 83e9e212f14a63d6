/**
 * `deno task feed`: a server that speaks Finnhub's protocol, on a simulated market or a recording.
 */
import { type FeedConfig, feedProgram } from "./app/feed_config.ts";
import { type MainContext, runMain } from "./app/lifecycle.ts";
import { fired } from "./base/signals.ts";
import type { FrameSource } from "./feed/frame.ts";
import { serveFinnhub } from "./feed/server.ts";
import { replayFeed, simulatedFeed } from "./wiring/feeds.ts";

async function feed(config: FeedConfig, context: MainContext): Promise<void> {
  const { host, port, acceptedKey, symbolLimit, symbols, replayFile } = config;
  const { clock, logger, signal } = context;
  await using server = serveFinnhub({
    source: await openSource(config, context),
    clock,
    logger,
    hostname: host,
    port,
    symbolLimit,
    ...(acceptedKey === undefined ? {} : { key: acceptedKey }),
    ...(replayFile === undefined ? { knownSymbols: new Set(symbols) } : {}),
  });
  logger.info("Serving Finnhub's protocol", {
    FINHUB_API_URL: server.url,
    market: replayFile ?? `simulated: ${symbols.join(", ")}`,
    key: acceptedKey === undefined ? "any" : "as configured",
  });
  await fired(signal);
  logger.info("Stopped serving", { ...server.sent });
}

function openSource(config: FeedConfig, context: MainContext): Promise<FrameSource> {
  const { replayFile } = config;
  if (replayFile === undefined) return Promise.resolve(simulatedFeed(config, context));
  return replayFeed({ ...config, replayFile }, context, () => 0);
}

if (import.meta.main) await runMain(feedProgram, feed);
