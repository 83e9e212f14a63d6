/**
 * `deno task record`: frames from Finnhub to compressed files.
 */
import { type MainContext, runMain } from "./app/lifecycle.ts";
import { type RecordConfig, recordProgram } from "./app/record_config.ts";
import { noFeedObserver } from "./feed/feed_observer.ts";
import { sleepUnlessAborted } from "./feed/pacer.ts";
import { Recorder } from "./feed/recorder.ts";
import { watchedFeed } from "./wiring/watched_feed.ts";

/** How often the recorder is asked whether something has to be written, ms. */
const lookMs = 500;

async function record(config: RecordConfig, context: MainContext): Promise<void> {
  const { folder, fileBytesMax, fileAgeSeconds, finnhubKey, symbols } = config;
  const { clock, logger, signal } = context;
  await using recorder = new Recorder({
    folder,
    fileBytesMax,
    fileAgeMsMax: fileAgeSeconds === 0 ? Infinity : fileAgeSeconds * 1000,
    secret: finnhubKey,
    clock,
    logger,
  });
  logger.info("Recording", { folder, symbols });
  const feed = await watchedFeed(config, context, noFeedObserver);
  const ended = new AbortController();
  const receive = async () => {
    try {
      for await (const frame of feed.frames(signal)) {
        await recorder.add(frame);
      }
    } finally {
      ended.abort();
    }
  };
  await Promise.all([receive(), flushNowAndThen(recorder, context, ended.signal)]);
  logger.info("Stopped recording", { frames: recorder.frames });
}

async function flushNowAndThen(
  recorder: Recorder,
  { clock }: MainContext,
  ended: AbortSignal,
): Promise<void> {
  while (await sleepUnlessAborted(clock, lookMs, ended)) await recorder.flushIfDue();
}

if (import.meta.main) await runMain(recordProgram, record);
