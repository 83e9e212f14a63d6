import { eightSymbols, type MarketRun, marketRun } from "./market_run.ts";
import { committedBy, type ProcessInstance } from "./process_instance.ts";
import type { Program } from "./program.ts";
import { writeRecording } from "./recordings.ts";
import type { RealServices } from "./services.ts";

/** Recorded seconds per second: the recording has about 13 trades a second. */
const speed = 150;
/** Frames of one second at that speed. */
export const framesPerSecond = 750;
/** What the feed sends before and after the outage. */
const aroundS = 8;
const catchUpMsMax = 180_000;

/** What an outage has to do with: how long it is, and whose it is. */
export interface OutageOptions {
  readonly outageS: number;
  readonly seed: number;
  readonly services: RealServices;
}

/** A run whose feed continues through an outage of a service. */
export interface OutageRun extends AsyncDisposable {
  readonly run: MarketRun;
  produce(): Promise<Program>;
  /** Waits until half of what comes before the outage is committed. */
  underWay(instance: ProcessInstance): Promise<void>;
  /** Waits until everything is, after the outage; how much that is. */
  caughtUp(instance: ProcessInstance): Promise<number>;
}

/** Prepares a run with services of its own. */
export async function outageRun({ outageS, seed, services }: OutageOptions): Promise<OutageRun> {
  const seconds = outageS + aroundS;
  const options = { frames: framesPerSecond * seconds, seed, symbols: eightSymbols };
  const run = await marketRun(
    (folder) => writeRecording(`${folder}/frames.jsonl`, options),
    { services },
  );
  const { trades } = run.recording;
  return {
    run,
    produce: () => run.pipeline.produce(speed),
    async underWay(instance) {
      await committedBy([instance], trades * 4 / seconds, catchUpMsMax);
    },
    caughtUp: (instance) => committedBy([instance], trades, catchUpMsMax),
    [Symbol.asyncDispose]: () => run[Symbol.asyncDispose](),
  };
}
