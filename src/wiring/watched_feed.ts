import { symbolLines } from "../app/forms.ts";
import type { MainContext } from "../app/lifecycle.ts";
import { describeError, PipelineError } from "../base/errors.ts";
import type { Secret } from "../base/secret.ts";
import type { FeedObserver } from "../feed/feed_observer.ts";
import type { FinnhubClient } from "../feed/finnhub_client.ts";
import { sleepUnlessAborted } from "../feed/pacer.ts";
import { liveFeed } from "./feeds.ts";

/** How often the file is looked at, ms; SIGHUP makes it happen at once. */
const lookMs = 2_000;

/** Where the feed is and what to subscribe. */
export interface WatchedFeedConfig {
  readonly traceFeed: boolean;
  readonly finnhubUrl: string;
  readonly finnhubKey: Secret;
  readonly symbols: readonly string[];
  readonly symbolsFile: string | undefined;
}

/**
 * The live feed, whose symbols follow a file if there is one. A file that cannot be read or holds
 * no list of symbols is named, and the symbols stay as they were.
 *
 * @throws {PipelineError} `CONFIG_INVALID` if it is so from the start.
 */
export async function watchedFeed(
  config: WatchedFeedConfig,
  context: MainContext,
  observer: FeedObserver,
): Promise<FinnhubClient> {
  const { symbolsFile } = config;
  if (symbolsFile === undefined) return liveFeed(config, context, observer);
  const text = await readFile(symbolsFile);
  const feed = liveFeed({ ...config, symbols: symbolsOf(symbolsFile, text) }, context, observer);
  void follow(symbolsFile, text, feed, context);
  return feed;
}

/** Never ends before the program is asked to; never throws. */
async function follow(
  path: string,
  textAtStart: string,
  feed: FinnhubClient,
  { clock, logger, signal }: MainContext,
): Promise<void> {
  let seen = textAtStart;
  let said: string | undefined;
  const look = async () => {
    try {
      const text = await readFile(path);
      said = undefined;
      if (text === seen) return;
      seen = text;
      const symbols = symbolsOf(path, text);
      feed.changeSymbols(symbols);
      logger.info("Subscribed to the symbols that the file lists now", {
        file: path,
        symbols: symbols.length,
      });
    } catch (error) {
      const problem = describeError(error);
      if (problem !== said) logger.warn("Symbols stay as they were", { problem });
      said = problem;
    }
  };
  const hangUp = () => void look();
  if (Deno.build.os !== "windows") Deno.addSignalListener("SIGHUP", hangUp);
  while (await sleepUnlessAborted(clock, lookMs, signal)) await look();
  if (Deno.build.os !== "windows") Deno.removeSignalListener("SIGHUP", hangUp);
}

async function readFile(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (cause) {
    throw new PipelineError(
      "CONFIG_INVALID",
      `Cannot subscribe as FINHUB_SYMBOLS_FILE must be a file that can be read: "${path}"`,
      { cause },
    );
  }
}

function symbolsOf(path: string, text: string): readonly string[] {
  const symbols = symbolLines(text);
  if (symbols !== undefined) return symbols;
  throw new PipelineError(
    "CONFIG_INVALID",
    `Cannot subscribe as "${path}" must hold symbols, each once, one a line or between commas`,
  );
}
