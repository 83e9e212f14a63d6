import { seededRandom } from "../../src/base/random.ts";
import { recordedLine } from "../../src/feed/recorded_frame.ts";
import { SimulatedMarket } from "../../src/feed/simulated_market.ts";
import { simulatedSymbol } from "../../src/feed/simulated_symbol.ts";
import { lateShare } from "./recordings.ts";

/** Longest distance between two frames, ms. */
const gapMsMax = 400;

/** Writes one minute of the simulated market from `startMs` on, with the moments of receipt. */
export async function writeRecordedMinute(
  path: string,
  { startMs, seed, symbols }: {
    readonly startMs: number;
    readonly seed: number;
    readonly symbols: readonly string[];
  },
): Promise<void> {
  const random = seededRandom(seed);
  const market = new SimulatedMarket(symbols.map((symbol) => simulatedSymbol(symbol)), random, {
    lateShare,
  });
  const lines: string[] = [];
  for (let nowMs = startMs; nowMs < startMs + 60_000; nowMs += 1 + random.next() * gapMsMax) {
    const receivedAtMs = Math.floor(nowMs);
    lines.push(recordedLine({ receivedAtMs, text: market.nextFrame(receivedAtMs).text }));
  }
  await Deno.writeTextFile(path, `${lines.join("\n")}\n`);
}
