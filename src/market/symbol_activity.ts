import type { KeyTime, Punctuator, TopicPartition } from "../streams/mod.ts";

/** A symbol is quiet when its last trade is this old, ms. */
const quietMs = 300_000;

/** How often a partition's symbols are looked through, ms; 200,000 of them take about a second. */
const lookEveryMs = 30_000;

/** How busy the symbols of a partition are. */
export interface SymbolActivity {
  readonly symbols: number;
  /** Those without a trade in the last five minutes, by event time. */
  readonly quietSymbols: number;
  /** Windows that are not final yet: those of quiet symbols stay so until the next trade. */
  readonly openWindows: number;
}

/** Looks through the symbols of every partition and tells what it saw. */
export function activityPunctuator(
  tell: (input: TopicPartition, activity: SymbolActivity) => void,
): Punctuator {
  return {
    name: "symbol activity",
    everyMs: lookEveryMs,
    run: async ({ input, nowMs, keys }) => tell(input, await activityOf(keys(), nowMs)),
  };
}

async function activityOf(keys: AsyncIterable<KeyTime>, nowMs: number): Promise<SymbolActivity> {
  let symbols = 0;
  let quietSymbols = 0;
  let openWindows = 0;
  for await (const { state } of keys) {
    symbols++;
    openWindows += state.openWindows.length;
    if (nowMs - state.streamTimeMs >= quietMs) quietSymbols++;
  }
  return { symbols, quietSymbols, openWindows };
}
